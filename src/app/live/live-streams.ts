/**
 * The venues' streams inside a server process: follows the instruments that the configuration names, hands every closed
 * bar to the readers of the lake before it is on disk (fresh-bars.ts), shows the forming one, keeps roll-ups going, and
 * says how it is. The feed itself (data/ingest/live-feed.ts) connects, fills gaps and writes the parts.
 *
 *   await services.streams.start();
 *   services.streams.status();
 *   await services.streams.stop();
 */

import type { LiveBar, LiveEvent } from '../../data/ingest/live/live-event.js';
import { type LiveFeed, startLiveFeed } from '../../data/ingest/live-feed.js';
import type { ExchangeId, Venues } from '../../data/venues/open-venues.js';
import { STREAM_DIALECTS } from '../../data/venues/streams/stream-dialects.js';
import { realTimer, type Timer } from '../../data/venues/timer.js';
import type { Clock } from '../../market/clock.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import type { Config } from '../../platform/config-schema.js';
import type { MetricSample } from '../../platform/metric-sources.js';
import type { HomeLake } from '../home-lake.js';
import type { PartHost, ProcessPart } from '../process/part.js';
import type { HealthItem } from '../server/health.js';
import { ClosedBuckets } from './closed-buckets.js';
import { FreshRollUps } from './fresh-roll-ups.js';
import { forgetLanded } from './landed-bars.js';
import { Lull } from './lull.js';
import { MergeStep } from './merge-step.js';
import { RollUpStep } from './roll-up-step.js';
import { type LeftOut, streamsJson } from './streams-json.js';
import type { StreamsJson } from './streams-schema.js';
import { Trouble } from './trouble.js';
import { UNWRITTEN_MS } from './unwritten-bars.js';

export interface LiveStreamsParts {
  readonly config: Config;
  readonly data: HomeLake;
  readonly venues: Venues;
  readonly clock: Clock;
  /** Another way to wait than real time, for simulations; its time is the clock's. */
  readonly timer?: Timer;
  /** Another feed than the one of the venues, for tests. */
  readonly startFeed?: typeof startLiveFeed;
}

/** Between looks whether bars in memory have landed. */
const SWEEP_MINUTES = 1;
/** Data of a connection older than this: amber, then red. */
const LATE_MS = 30_000;
const STALE_MS = 120_000;
const FIRST_MESSAGE_MS = 15_000;

const FAILS_ALONE: PartHost = {
  crashed(error) {
    throw error;
  },
};

export class LiveStreams implements ProcessPart {
  readonly name = 'streams';
  private feed: LiveFeed | undefined;
  private since: number | null = null;
  private leftOut: readonly LeftOut[] = [];
  /** Bars that pages of the venue gave because the stream had not. */
  private readonly filled = new Map<string, number>();
  private ends: (() => void)[] = [];
  private endSweeps: () => Promise<void> = async () => undefined;
  private rollUps: RollUpStep | undefined;
  private merging: MergeStep | undefined;
  private sweeping: Trouble | undefined;

  constructor(private readonly parts: LiveStreamsParts) {}

  /** Roll-ups of what is followed are stored as it closes. */
  get rollsUp(): boolean {
    return this.feed !== undefined && this.parts.config.live.roll_up;
  }

  /**
   * Begins to follow the instruments of the configuration; connecting goes on behind it.
   * @param only these instead
   */
  async start(host: PartHost = FAILS_ALONE, only?: readonly string[]): Promise<void> {
    if (this.feed) return;
    const { config, data, venues, clock } = this.parts;
    const { lake } = data;
    const wanted = only ?? config.live.instruments ?? config.lake.watched;
    const { followed, leftOut } = choose(wanted, config.live.venues);
    this.leftOut = leftOut;
    this.since = clock.now();
    if (followed.length === 0) return;
    const timer = this.parts.timer ?? {
      now: () => clock.now(),
      sleep: (ms, signal) => realTimer.sleep(ms, signal),
    };
    const onTrouble = (problem: string, error: unknown): void => host.troubled?.(problem, error);
    const lull = new Lull(timer);
    const fresh = new FreshRollUps(lake, clock);
    const rollUps = new RollUpStep(data, clock, lull, onTrouble);
    const closed = new ClosedBuckets();
    const crashed = (error: unknown): void => host.crashed(error);
    const feed = (this.parts.startFeed ?? startLiveFeed)({
      instruments: followed,
      venues,
      access: data,
      timer,
      settings: { marks: config.live.marks, liquidations: config.live.liquidations },
      onTrouble,
    });
    const listening = feed.subscribe({
      receive: (events) => {
        try {
          this.receive(events, closed, fresh, rollUps);
        } catch (error) {
          host.crashed(error);
        }
      },
    });
    if (config.live.roll_up) rollUps.start(followed, crashed);
    const sweeping = new Trouble(onTrouble);
    const sweep = async (): Promise<void> => void (await sweeping.attempt(() => forgetLanded(lake, clock)));
    const endSweeps = lull.every(SWEEP_MINUTES, sweep, crashed);
    const merging = new MergeStep(data, clock, lull, onTrouble);
    merging.start(crashed);
    this.ends = [listening];
    this.endSweeps = endSweeps;
    this.feed = feed;
    this.rollUps = rollUps;
    this.merging = merging;
    this.sweeping = sweeping;
  }

  /** Ends the streams; what is in memory is on disk then. */
  async stop(): Promise<void> {
    const { feed, parts } = this;
    if (!feed) return;
    const { fresh } = parts.data.lake;
    this.feed = undefined;
    for (const end of this.ends.splice(0)) end();
    const followed = feed.status().series;
    await Promise.all([feed.stop(), this.rollUps?.stop(), this.merging?.stop()]);
    await this.endSweeps();
    await this.sweeping?.attempt(() => forgetLanded(parts.data.lake, parts.clock));
    for (const { instrumentId } of followed) fresh.stop(instrumentId);
    this.since = null;
  }

  follows(instrument: string): boolean {
    return this.feed?.status().series.some(({ instrumentId }) => instrumentId === instrument) ?? false;
  }

  status(): StreamsJson {
    return streamsJson({
      now: this.parts.clock.now(),
      since: this.since,
      leftOut: this.leftOut,
      filled: this.filled,
      live: this.feed?.status(),
      rolledUp: this.rollUps?.last ?? null,
      priceOf: (instrument) => this.priceOf(instrument),
    });
  }

  /** Age of the data of the slowest connection, and bars that wait for the disk. */
  health(): readonly HealthItem[] {
    const live = this.feed?.status();
    if (!live) return [];
    const running = this.parts.clock.now() - (this.since ?? 0);
    // one that never said anything is as old as the feed, once it has had its time
    const ages = live.streams.map(({ dataAgeMs }) => dataAgeMs ?? (running < FIRST_MESSAGE_MS ? 0 : running));
    const age = Math.max(0, ...ages);
    const waiting = live.waitingMs;
    const one = (trouble: Trouble | undefined): number => (trouble?.problem == null ? 0 : 1);
    const unmerged = one(this.merging?.trouble);
    const notRolled = one(this.rollUps?.trouble);
    return [
      {
        name: 'stream_data_age',
        light: age < LATE_MS ? 'green' : age < STALE_MS ? 'amber' : 'red',
        value: age,
        unit: 'ms',
      },
      {
        name: 'stream_bars_waiting',
        light: waiting < UNWRITTEN_MS.amber ? 'green' : waiting < UNWRITTEN_MS.red ? 'amber' : 'red',
        value: waiting,
        unit: 'ms',
      },
      {
        name: 'stream_merge_problems',
        light: unmerged === 0 ? 'green' : 'amber',
        value: unmerged,
        unit: 'count',
      },
      {
        name: 'stream_roll_up_problems',
        light: notRolled === 0 ? 'green' : 'amber',
        value: notRolled,
        unit: 'count',
      },
    ];
  }

  /** For /metrics. */
  samples(): readonly MetricSample[] {
    if (!this.merging) return [];
    return [
      {
        name: 'tidewatch_merge_failures_total',
        help: 'Looks of the running feed that could not merge parts of the lake',
        type: 'counter',
        value: this.merging.trouble.failures,
      },
      {
        name: 'tidewatch_roll_up_failures_total',
        help: 'Turns of the running feed that could not write roll-ups',
        type: 'counter',
        value: this.rollUps?.trouble.failures ?? 0,
      },
    ];
  }

  private receive(
    events: readonly LiveEvent[],
    closed: ClosedBuckets,
    rolled: FreshRollUps,
    rollUps: RollUpStep,
  ): void {
    const { fresh } = this.parts.data.lake;
    for (const event of events) {
      if (event.kind === 'forming') {
        fresh.form({ ...barOf(event.bar) });
      } else if (event.kind === 'closed' || event.kind === 'corrected') {
        const { bar } = event;
        if (event.kind === 'closed' && bar.source === 'rest') this.countFilled(bar);
        fresh.put({
          ...barOf(bar),
          source: bar.source,
          coverage: Number.NaN,
          ingestedAt: bar.receivedAt,
        });
        for (const bucket of closed.minute(bar.instrumentId, bar.ts)) {
          rolled.bucket(bar.instrumentId, bucket);
          rollUps.bucket(bar.instrumentId, bucket);
        }
      } else if (event.kind === 'state' && (event.state === 'live' || event.state === 'gap')) {
        rollUps.filled(event.instrumentId);
      } else if (event.kind === 'state') {
        // a minute that nothing feeds, or nothing to be trusted, is not forming
        fresh.stop(event.instrumentId);
      }
    }
  }

  private countFilled({ instrumentId }: LiveBar): void {
    this.filled.set(instrumentId, (this.filled.get(instrumentId) ?? 0) + 1);
  }

  private priceOf(instrument: string): number | null {
    return (this.feed?.forming(instrument) ?? this.feed?.bars(instrument).at(-1))?.close ?? null;
  }
}

function barOf(bar: LiveBar) {
  const { instrumentId, ts, open, high, low, close, volume, quoteVolume, trades } = bar;
  return {
    instrument: instrumentId,
    timeframe: '1m' as const,
    time: ts,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    trades,
  };
}

/** What can be followed, and why the rest cannot. */
function choose(
  wanted: readonly string[],
  venues: readonly string[] | null,
): { readonly followed: readonly Instrument[]; readonly leftOut: readonly LeftOut[] } {
  const followed: Instrument[] = [];
  const leftOut: LeftOut[] = [];
  for (const id of new Set(wanted)) {
    const instrument = parseInstrument(id);
    const { venue } = instrument;
    if (STREAM_DIALECTS[venue as ExchangeId] === undefined) {
      leftOut.push({ instrument_id: id, reason: `no stream of ${venue} can be read` });
    } else if (venues !== null && !venues.includes(venue)) {
      leftOut.push({ instrument_id: id, reason: `live.venues leaves ${venue} out` });
    } else followed.push(instrument);
  }
  return { followed, leftOut };
}
