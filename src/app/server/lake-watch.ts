/**
 * Notices bars that anybody publishes into the lake, also another process: the names of its files are compared twice
 * a second while somebody listens, and at once when a feed of this process has a bar. Then the end of each series that
 * is listened to is read from its last known bars on; the bar that is forming is told as not final.
 */
import { setImmediate as others } from 'node:timers/promises';
import type { UptrendState } from '../../analysis/uptrend/payload.js';
import { parseInstrument } from '../../market/instrument.js';
import { barClose, bucketOpen, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type FormingBar, FormingBars } from '../live/forming-bar.js';
import { rowJson } from '../regime/regime-answers.js';
import type { Services } from '../services.js';
import type { LakeRevision, Listing } from './lake-revision.js';
import { lateRows } from './late-rows.js';
import { nearEnd } from './near-end.js';
import type { ServerMessage, Topic } from './stream-messages.js';
import type { UptrendHeads } from './uptrend-heads.js';

/** New bars in one message at most; more, and the client is asked to load anew. */
const MOST_BARS = 500;

/** What another process has published is told after this at the latest, and the next poll. */
const LISTED_MS = 450;

/** Series are read for so long at a stretch. */
const STRETCH_MS = 5;

interface Watched {
  readonly topic: Exclude<Topic, { topic: 'jobs' }>;
  readonly instrument: string;
  /** What the bars were when the series was last read. */
  listing: string;
  /** The files of that listing. */
  files: Listing['files'] | undefined;
  /** The bar that was forming then. */
  forming: FormingBar | undefined;
  /** Open time of the newest bar told, UTC ms. */
  last: number;
  /** The newest bars as they were told, by open time: one that is another now is told again. */
  told: Map<number, string>;
  /** When something may be new although no file is: a bar closes. */
  due: number;
  /** Our clock at that reading, UTC ms. */
  readAt: number;
  /** Of the bars in memory when the series was last read. */
  version: number;
}

/** Closed bars that are looked at again for a correction when files changed, and how far back at least. */
const LEAST_LOOKED_AT = 4;
/** Pages of a venue confirm and correct its stream when a bar is five to ten minutes old. */
const LOOKED_BACK_MS = 12 * 60_000;

const lookedAt = (timeframe: Timeframe): number =>
  Math.max(LEAST_LOOKED_AT, Math.ceil(LOOKED_BACK_MS / TIMEFRAME_MS[timeframe]));

const NOTHING: ReadonlySet<number> = new Set();

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
      files: undefined,
      forming: undefined,
      last: Number.NEGATIVE_INFINITY,
      told: new Map(),
      due: 0,
      readAt: 0,
      version: 0,
    };
    await this.read(watched);
    this.watched.set(key, watched);
  }

  /** Forgets what nobody listens to. */
  keep(isWanted: (key: string) => boolean): void {
    for (const key of this.watched.keys()) if (!isWanted(key)) this.watched.delete(key);
  }

  /**
   * Tells what is new as it is found, with the key of its topic. A series that cannot be read at the moment is asked
   * again next time.
   */
  async poll(
    tell: (key: string, message: ServerMessage) => void,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    const { fresh } = this.services.data.lake;
    const now = this.services.clock.now();
    let begun = performance.now();
    for (const [key, watched] of this.watched) {
      const { instrument } = watched;
      // most of hundreds of series have nothing new most of the time, and are not waited for
      const isSame =
        now < watched.due &&
        this.revision.isCurrent(instrument, watched.listing, LISTED_MS) &&
        (watched.topic.topic !== 'bars' || fresh.forming(instrument) === watched.forming);
      if (isSame) continue;
      try {
        for (const message of await this.read(watched)) tell(key, message);
      } catch (error) {
        onFailure(error);
      }
      // what is in memory is read without a pause: requests and frames are not to wait for hundreds of series
      if (performance.now() - begun > STRETCH_MS) {
        await others();
        begun = performance.now();
      }
    }
  }

  private async read(watched: Watched): Promise<ServerMessage[]> {
    const { topic, instrument } = watched;
    const { fresh } = this.services.data.lake;
    // before anything is looked at: what is taken meanwhile is looked at again
    const { version } = fresh;
    const readAt = this.services.clock.now();
    const { key, files } = await this.revision.of(instrument, LISTED_MS);
    const forming = topic.topic === 'bars' ? fresh.forming(instrument) : undefined;
    const isKnown = key === watched.listing && this.services.clock.now() < watched.due;
    if (isKnown && forming === watched.forming) return [];
    const messages =
      isKnown && topic.topic === 'bars'
        ? await this.formingOnly(watched, topic.instrument_id, topic.timeframe)
        : (topic.topic === 'bars' && files === watched.files && this.freshOnly(watched, topic)) ||
          (await this.news(watched, topic, files));
    watched.listing = key;
    watched.files = files;
    watched.forming = forming;
    watched.readAt = readAt;
    watched.version = version;
    return messages;
  }

  /** Bars of a timeframe that were told or passed over, and that rows taken or written since touch: late or corrected. */
  private async touched(
    { instrument, last, version, files: before, readAt }: Watched,
    timeframe: Timeframe,
    files: Listing['files'],
  ): Promise<ReadonlySet<number>> {
    const { lake } = this.services.data;
    const touched = new Set<number>();
    for (const [finer, rows] of lake.fresh.takenAfter(instrument, version)) {
      if (TIMEFRAME_MS[finer] > TIMEFRAME_MS[timeframe]) continue;
      for (const { time } of rows) {
        const open = bucketOpen(time, timeframe);
        if (open <= last) touched.add(open);
      }
    }
    if (before === undefined || before === files) return touched;
    const to = last - lookedAt(timeframe) * TIMEFRAME_MS[timeframe];
    const look = { instrument, timeframe, before, after: files, since: readAt, to };
    for (const open of await lateRows(lake, look)) touched.add(open);
    return touched;
  }

  private async news(
    watched: Watched,
    topic: Watched['topic'],
    files: Listing['files'],
  ): Promise<ServerMessage[]> {
    if (
      topic.topic === 'bars' &&
      watched.last === Number.NEGATIVE_INFINITY &&
      (await this.isAwaited(topic))
    ) {
      // what a feed fetches of the time before is history
      watched.last =
        bucketOpen(this.services.clock.now(), topic.timeframe) - 3 * TIMEFRAME_MS[topic.timeframe];
      return [];
    }
    if (topic.topic === 'uptrend') return this.newStates(watched, topic);
    const message =
      topic.topic === 'bars'
        ? await this.newBars(watched, topic.instrument_id, topic.timeframe, files)
        : await this.newRegime(watched, topic.model_id);
    return message ? [message] : [];
  }

  /** Nothing is stored yet, and a feed of this process will bring it. */
  private async isAwaited({
    instrument_id: instrument,
  }: Extract<Topic, { topic: 'bars' }>): Promise<boolean> {
    const { streams, data } = this.services;
    return streams.follows(instrument) && (await data.lake.span(instrument, '1m')) === undefined;
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
    files: Listing['files'],
  ): Promise<ServerMessage | undefined> {
    const { data, clock } = this.services;
    const isFirst = watched.last === Number.NEGATIVE_INFINITY;
    const length = TIMEFRAME_MS[timeframe];
    const looked = lookedAt(timeframe);
    const touched = isFirst ? NOTHING : await this.touched(watched, timeframe, files);
    const furthest = watched.last - MOST_BARS * length;
    const earliest = Math.min(watched.last - looked * length, ...touched);
    const from = isFirst ? await nearEnd(data.lake, instrument, timeframe) : Math.max(furthest, earliest);
    const { series, complete, kind } = await data.lake.series(instrument, timeframe, { from });
    const now = clock.now();
    const all = Array.from({ length: series.length }, (_, at) => at)
      .slice(-MOST_BARS - looked - 1)
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
      all.slice(-looked - 2).map((bar) => [bar.timestamp, JSON.stringify(bar)] as const),
    );
    const bars = all.filter((bar) => {
      const known = before.get(bar.timestamp);
      if (known === undefined) return bar.timestamp > watched.last || touched.has(bar.timestamp);
      return known !== JSON.stringify(bar);
    });
    // a bar that is forming does not end what closed bars are looked for
    watched.last = all.findLast(({ final }) => final)?.timestamp ?? all.at(-1)?.timestamp ?? watched.last;
    if (isFirst || bars.length === 0) return undefined;
    return {
      type: 'bars',
      instrument_id: instrument,
      timeframe,
      bars: bars.slice(-MOST_BARS),
      reload: bars.length > MOST_BARS || earliest < furthest,
    };
  }

  /**
   * No file has come or gone, so what is new is in memory: minutes after the last one told need no look at the lake.
   * Undefined where that is not the whole of it.
   */
  private freshOnly(
    watched: Watched,
    { instrument_id, timeframe }: Extract<Topic, { topic: 'bars' }>,
  ): ServerMessage[] | undefined {
    const { instrument, last, told, due, version } = watched;
    const { fresh } = this.services.data.lake;
    const now = this.services.clock.now();
    // minutes are never derived, and told as final only what closed before
    if (timeframe !== '1m' || due !== Number.POSITIVE_INFINITY) return undefined;
    const rows = fresh.takenAfter(instrument, version).get(timeframe) ?? [];
    const bars = [];
    for (const { time: timestamp, open, high, low, close, volume } of rows) {
      if (timestamp <= last) {
        // one that has not been told, or otherwise: somebody has to look at what is stored
        const same = { timestamp, open, high, low, close, volume, final: true };
        if (told.get(timestamp) !== JSON.stringify(same)) return undefined;
        continue;
      }
      if (barClose(timestamp, timeframe) > now) return undefined;
      bars.push({ timestamp, open, high, low, close, volume, final: true });
    }
    if (bars.length > 0) watched.last = bars.at(-1)!.timestamp;
    const forming = fresh.forming(instrument);
    if (forming && forming.time > watched.last) {
      const { time: timestamp, open, high, low, close, volume } = forming;
      bars.push({ timestamp, open, high, low, close, volume, final: false });
    }
    for (const bar of bars) told.set(bar.timestamp, JSON.stringify(bar));
    const oldest = last - (lookedAt(timeframe) + 2) * TIMEFRAME_MS[timeframe];
    for (const time of told.keys()) if (time <= oldest) told.delete(time);
    if (bars.length === 0) return [];
    return [
      {
        type: 'bars',
        instrument_id,
        timeframe,
        bars: bars.slice(-MOST_BARS),
        reload: bars.length > MOST_BARS,
      },
    ];
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
