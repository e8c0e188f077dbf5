/**
 * Notices bars that anybody publishes into the lake, also another process: the names of its files are compared twice
 * a second while somebody listens, and at once when a feed of this process has a bar. Then the end of each series that
 * is listened to is read from its last known bars on; the bar that is forming is told as not final.
 */
import type { UptrendState } from '../../analysis/uptrend/payload.js';
import { parseInstrument } from '../../market/instrument.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type FormingBar, FormingBars } from '../live/forming-bar.js';
import { rowJson } from '../regime/regime-answers.js';
import type { Services } from '../services.js';
import type { LakeRevision } from './lake-revision.js';
import { nearEnd } from './near-end.js';
import type { ServerMessage, Topic } from './stream-messages.js';
import type { UptrendHeads } from './uptrend-heads.js';

/** New bars in one message at most; more, and the client is asked to load anew. */
const MOST_BARS = 500;

interface Watched {
  readonly topic: Exclude<Topic, { topic: 'jobs' }>;
  readonly instrument: string;
  /** What the bars were when the series was last read. */
  listing: string;
  /** The bar that was forming then. */
  forming: FormingBar | undefined;
  /** Open time of the newest bar told, UTC ms. */
  last: number;
  /** The newest bars as they were told, by open time: one that is another now is told again. */
  told: Map<number, string>;
  /** When something may be new although no file is: a bar closes. */
  due: number;
}

/** Closed bars that are looked at again for a correction. */
const LOOKED_AT = 4;

export class LakeWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly forming: FormingBars;

  constructor(
    private readonly services: Services,
    private readonly revision: LakeRevision,
    private readonly uptrends: UptrendHeads,
  ) {
    this.forming = new FormingBars(services.data.lake);
  }

  /** Starts to watch from the present state on. @throws TidewatchError `no_data`, `unknown_model` */
  async add(key: string, topic: Topic): Promise<void> {
    if (topic.topic === 'jobs' || this.watched.has(key)) return;
    const watched: Watched = {
      topic,
      instrument:
        topic.topic === 'regime'
          ? this.services.models.load(topic.model_id).instrumentId
          : parseInstrument(topic.instrument_id).id,
      listing: '',
      forming: undefined,
      last: Number.NEGATIVE_INFINITY,
      told: new Map(),
      due: 0,
    };
    await this.read(watched);
    this.watched.set(key, watched);
  }

  /** Forgets what nobody listens to. */
  keep(isWanted: (key: string) => boolean): void {
    for (const key of this.watched.keys()) if (!isWanted(key)) this.watched.delete(key);
  }

  /** What is new, by key of its topic. A series that cannot be read at the moment is asked again next time. */
  async poll(onFailure: (error: unknown) => void): Promise<Map<string, ServerMessage[]>> {
    const news = new Map<string, ServerMessage[]>();
    const { fresh } = this.services.data.lake;
    const now = this.services.clock.now();
    for (const [key, watched] of this.watched) {
      const { instrument } = watched;
      // most of hundreds of series have nothing new most of the time, and are not waited for
      const isSame =
        now < watched.due &&
        this.revision.isCurrent(instrument, watched.listing) &&
        (watched.topic.topic !== 'bars' || fresh.forming(instrument) === watched.forming);
      if (isSame) continue;
      try {
        const messages = await this.read(watched);
        if (messages.length > 0) news.set(key, messages);
      } catch (error) {
        onFailure(error);
      }
    }
    return news;
  }

  private async read(watched: Watched): Promise<ServerMessage[]> {
    const { topic, instrument } = watched;
    const { key } = await this.revision.of(instrument);
    const forming = topic.topic === 'bars' ? this.services.data.lake.fresh.forming(instrument) : undefined;
    const isKnown = key === watched.listing && this.services.clock.now() < watched.due;
    if (isKnown && forming === watched.forming) return [];
    const messages =
      isKnown && topic.topic === 'bars'
        ? await this.formingOnly(watched, topic.instrument_id, topic.timeframe)
        : await this.news(watched, topic);
    watched.listing = key;
    watched.forming = forming;
    return messages;
  }

  private async news(watched: Watched, topic: Watched['topic']): Promise<ServerMessage[]> {
    if (topic.topic === 'uptrend') return this.newStates(watched, topic);
    const message =
      topic.topic === 'bars'
        ? await this.newBars(watched, topic.instrument_id, topic.timeframe)
        : await this.newRegime(watched, topic.model_id);
    return message ? [message] : [];
  }

  /** Every change of state since the last bar told. */
  private async newStates(
    watched: Watched,
    { instrument_id: instrument, timeframe, profile }: Extract<Topic, { topic: 'uptrend' }>,
  ): Promise<ServerMessage[]> {
    const { changes, lastBar, nextClose } = await this.uptrends.head({ instrument, timeframe, profile });
    const told = watched.last;
    watched.last = Number.isNaN(lastBar) ? 0 : lastBar;
    watched.due = nextClose;
    if (told === Number.NEGATIVE_INFINITY) return [];
    return changes
      .filter(({ ts }) => ts > told)
      .map((payload) => ({
        type: 'uptrend_state_change',
        instrument_id: instrument,
        timeframe,
        profile,
        ts: payload.ts,
        available_at: barClose(payload.ts, timeframe),
        from: payload.prev_state as UptrendState,
        to: payload.state,
        payload,
      }));
  }

  private async newBars(
    watched: Watched,
    instrument: string,
    timeframe: Timeframe,
  ): Promise<ServerMessage | undefined> {
    const { data, clock } = this.services;
    const isFirst = watched.last === Number.NEGATIVE_INFINITY;
    const length = TIMEFRAME_MS[timeframe];
    const from = isFirst
      ? await nearEnd(data.lake, instrument, timeframe)
      : watched.last - LOOKED_AT * length;
    const { series, complete, kind } = await data.lake.series(instrument, timeframe, { from });
    const now = clock.now();
    const all = Array.from({ length: series.length }, (_, at) => at)
      .slice(-MOST_BARS - LOOKED_AT - 1)
      .map((at) => ({
        timestamp: series.time[at]!,
        open: series.open[at]!,
        high: series.high[at]!,
        low: series.low[at]!,
        close: series.close[at]!,
        volume: series.volume[at]!,
        final: (kind === 'derived' || complete[at] === 1) && barClose(series.time[at]!, timeframe) <= now,
      }));
    const closing = all.find((bar) => !bar.final && barClose(bar.timestamp, timeframe) > now);
    watched.due = closing ? barClose(closing.timestamp, timeframe) : Number.POSITIVE_INFINITY;
    const forming = await this.forming.of(instrument, timeframe);
    if (forming && !(all.at(-1) && all.at(-1)!.timestamp >= forming.time)) {
      const { time, open, high, low, close, volume } = forming;
      all.push({ timestamp: time, open, high, low, close, volume, final: false });
    }
    const before = watched.told;
    watched.told = new Map(
      all.slice(-LOOKED_AT - 2).map((bar) => [bar.timestamp, JSON.stringify(bar)] as const),
    );
    const bars = all.filter((bar) => {
      const known = before.get(bar.timestamp);
      return known === undefined ? bar.timestamp > watched.last : known !== JSON.stringify(bar);
    });
    // a bar that is forming does not end what closed bars are looked for
    watched.last = all.findLast(({ final }) => final)?.timestamp ?? all.at(-1)?.timestamp ?? watched.last;
    if (isFirst || bars.length === 0) return undefined;
    return {
      type: 'bars',
      instrument_id: instrument,
      timeframe,
      bars: bars.slice(-MOST_BARS),
      reload: bars.length > MOST_BARS,
    };
  }

  /** Nothing has closed: the closed bars need not be read. */
  private async formingOnly(
    watched: Watched,
    instrument: string,
    timeframe: Timeframe,
  ): Promise<ServerMessage[]> {
    const forming = await this.forming.of(instrument, timeframe);
    if (forming === undefined || forming.time <= watched.last) return [];
    const { time: timestamp, open, high, low, close, volume } = forming;
    const bar = { timestamp, open, high, low, close, volume, final: false };
    const text = JSON.stringify(bar);
    if (watched.told.get(timestamp) === text) return [];
    watched.told.set(timestamp, text);
    return [{ type: 'bars', instrument_id: instrument, timeframe, bars: [bar], reload: false }];
  }

  private async newRegime(watched: Watched, modelId: string): Promise<ServerMessage | undefined> {
    const { regimes, clock } = this.services;
    const history = await regimes.history({ modelId, kind: 'filtered', limit: 2, persist: false });
    const { rows } = history;
    const last = rows.rows - 1;
    if (last < 0) return undefined;
    const row = rowJson(history, last);
    const isFirst = watched.last === Number.NEGATIVE_INFINITY;
    const isNew = row.timestamp > watched.last;
    watched.last = row.timestamp;
    const next = barClose(row.available_at, history.regime.stored.timeframe);
    watched.due = next > clock.now() ? next : Number.POSITIVE_INFINITY;
    if (isFirst || !isNew) return undefined;
    const previous = last > 0 ? rows.regime[last - 1]! : null;
    return {
      type: 'regime',
      model_id: modelId,
      timestamp: row.timestamp,
      available_at: row.available_at,
      regime: row.regime,
      label: row.label,
      probs: row.probs,
      price: row.price,
      changed: previous !== row.regime,
      previous,
    };
  }
}
