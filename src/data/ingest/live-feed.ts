/**
 * The present of many instruments: closed, open and corrected minutes, marks with funding, and liquidations, from the
 * venues' streams, with nothing lost and nothing twice (pipelines spec §3, HMM spec §3). Nothing else of this folder's
 * `live/` is for others.
 *
 *   const feed = startLiveFeed({ instruments, venues, access, timer });
 *   const end = feed.subscribe({ receive: (events) => … });
 *   await feed.stop();
 *
 * A stream is trusted after the venue's pages have filled what was missed before it; until then nothing of it is told.
 * Closed bars are on disk within seconds as source `ws`; five minutes after its close every bar is asked for once more
 * and stored as source `rest`, so that the series ends as the pages tell it. Where they differ, listeners are told.
 *
 * Time comes from one timer that ticks twice a second; a tick that comes half a minute late means that the machine
 * slept, and everything is connected anew. A clock that is set back changes nothing here: time goes on from where it was,
 * and what is told and measured of the venue's clock is told in it.
 */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { Random } from '../../market/random.js';
import type { ExchangeId, Venues } from '../venues/open-venues.js';
import { STREAM_DIALECTS } from '../venues/streams/stream-dialects.js';
import { realTimer, steadyTimer, type Timer } from '../venues/timer.js';
import type { LakeAccess } from './lake-access.js';
import { EventQueue, type LiveListener } from './live/event-queue.js';
import type { LiveBar, LiveEvent, LiveMark, LiveStatus } from './live/live-event.js';
import { Mishaps } from './live/mishaps.js';
import { PartWriter } from './live/part-writer.js';
import { VenueFeed } from './live/venue-feed.js';

const TICK_MS = 500;
/** A tick that comes this much late: the machine slept. */
const SLEPT_MS = 30_000;

export interface LiveSettings {
  /** Marks and announced funding, where the venue streams them. */
  readonly marks: boolean;
  /** Liquidations, told and stored, where the venue streams them. */
  readonly liquidations: boolean;
  /** Open interest, stored: sampled from the stream, or the venue's newest five-minute values. */
  readonly openInterest: boolean;
  /** Minutes from the venue's candles, or made here from its trades where they come in base units. */
  readonly barsFrom: 'candles' | 'trades';
  /** Each series is confirmed by the venue's pages this often, ms; more seldom where pages are dear and series many. */
  readonly confirmEveryMs: number;
  /** Closed bars are gathered this long for one part on disk, ms. */
  readonly gatherMs: number;
  /** Rows kept in memory while the disk refuses; the oldest are let go and fetched again later. */
  readonly mostRows: number;
}

export const USUAL_LIVE_SETTINGS: LiveSettings = {
  marks: true,
  liquidations: true,
  openInterest: true,
  barsFrom: 'candles',
  confirmEveryMs: 300_000,
  gatherMs: 10_000,
  mostRows: 200_000,
};

export interface LiveFeedParts {
  readonly instruments: readonly Instrument[];
  readonly venues: Venues;
  /** Lake, and the way to be its only writer. */
  readonly access: LakeAccess;
  readonly timer?: Timer;
  readonly settings?: Partial<LiveSettings>;
  /** Of the jitter between attempts to connect. */
  readonly seed?: number;
  /** Told of what failed and the feed goes on without: once while it is the same. */
  readonly onTrouble?: (problem: string, error: unknown) => void;
}

export interface LiveFeed {
  /** Begins and ends subscriptions on the open connections. @throws TidewatchError as `startLiveFeed` */
  setInstruments(instruments: readonly Instrument[]): void;
  /** @returns a function that ends the listening */
  subscribe(listener: LiveListener): () => void;
  /** Closed minutes in memory, ascending: at least the last two hours since the start. */
  bars(instrumentId: string): readonly LiveBar[];
  /** The open minute as it stands; undefined before its first trade, and while the stream is not trusted. */
  forming(instrumentId: string): LiveBar | undefined;
  mark(instrumentId: string): LiveMark | undefined;
  status(): LiveStatus;
  /** Ends the streams and publishes what is in memory. */
  stop(): Promise<void>;
}

/**
 * Returns at once; connecting goes on behind it.
 * @throws TidewatchError `not_offered` for an instrument of a venue without streams
 */
export function startLiveFeed(parts: LiveFeedParts): LiveFeed {
  const feed = new RunningFeed(parts);
  feed.setInstruments(parts.instruments);
  feed.begin();
  return feed;
}

class RunningFeed implements LiveFeed {
  private readonly timer: Timer;
  private readonly settings: LiveSettings;
  private readonly random: Random;
  private readonly writer: PartWriter;
  private readonly mishaps: Mishaps;
  private readonly venueFeeds = new Map<string, VenueFeed>();
  private readonly queues = new Set<EventQueue>();
  private readonly ended = new AbortController();
  private droppedBefore = 0;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LiveFeedParts) {
    this.timer = steadyTimer(parts.timer ?? realTimer);
    this.mishaps = new Mishaps(
      (problem, error) => parts.onTrouble?.(problem, error),
      () => this.timer.now(),
    );
    this.settings = { ...USUAL_LIVE_SETTINGS, ...parts.settings };
    this.random = new Random(parts.seed ?? 42);
    this.writer = new PartWriter({
      write: parts.access.write,
      now: () => this.timer.now(),
      gatherMs: this.settings.gatherMs,
      mostRows: this.settings.mostRows,
      onLost: () => {
        for (const feed of this.venueFeeds.values()) feed.lookBack();
      },
      ...(parts.onTrouble ? { onTrouble: parts.onTrouble } : {}),
    });
  }

  begin(): void {
    this.loop = this.run();
  }

  setInstruments(instruments: readonly Instrument[]): void {
    for (const instrument of instruments) this.feedOf(instrument);
    for (const feed of this.venueFeeds.values()) {
      feed.setInstruments(instruments.filter(({ venue }) => venue === feed.id));
    }
  }

  subscribe(listener: LiveListener): () => void {
    const end = (): void => {
      if (!this.queues.delete(queue)) return;
      this.droppedBefore += queue.dropped;
      queue.close();
    };
    const queue = new EventQueue(listener, end);
    this.queues.add(queue);
    return end;
  }

  bars(instrumentId: string): readonly LiveBar[] {
    return this.seriesOf(instrumentId)?.bars() ?? [];
  }

  forming(instrumentId: string): LiveBar | undefined {
    const series = this.seriesOf(instrumentId);
    return series?.state === 'live' || series?.state === 'gap' ? series.forming : undefined;
  }

  mark(instrumentId: string): LiveMark | undefined {
    return this.venueFeeds.get(instrumentId.split(':')[0]!)?.markOf(instrumentId);
  }

  status(): LiveStatus {
    const feeds = [...this.venueFeeds.values()];
    return {
      series: feeds.flatMap((feed) => feed.seriesStatus()),
      streams: feeds.flatMap((feed) => feed.streamStatus()),
      clocks: feeds.map((feed) => feed.clockStatus()),
      waitingRows: this.writer.waiting,
      waitingMs: this.writer.waitingMs,
      writeProblem: this.writer.problem,
      dropped: [...this.queues].reduce((sum, queue) => sum + queue.dropped, this.droppedBefore),
    };
  }

  async stop(): Promise<void> {
    this.ended.abort(new Error('the live feed ends'));
    await this.loop;
    await Promise.all([...this.venueFeeds.values()].map((feed) => feed.stop()));
    await this.writer.flush();
    for (const queue of this.queues) queue.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    let last = this.timer.now();
    while (!signal.aborted) {
      const now = this.timer.now();
      const hasSlept = now - last > SLEPT_MS;
      last = now;
      for (const feed of this.venueFeeds.values()) {
        this.mishaps.contain(`the feed of ${feed.id}`, () => {
          if (hasSlept) feed.restart('the machine slept');
          feed.tick();
        });
      }
      this.mishaps.contain('the writing of bars', () => this.writer.tick());
      await this.timer.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  private feedOf({ venue, id }: Instrument): VenueFeed {
    const known = this.venueFeeds.get(venue);
    if (known) return known;
    const dialect = STREAM_DIALECTS[venue as ExchangeId];
    if (!dialect) {
      throw new TidewatchError('not_offered', `${venue} has no stream of ${id} that Tidewatch can read`, {
        hint: `streams are read of ${Object.keys(STREAM_DIALECTS).join(', ')}`,
        details: { venue, instrument: id },
      });
    }
    const feed = new VenueFeed({
      id: venue as ExchangeId,
      dialect,
      venues: this.parts.venues,
      access: this.parts.access,
      timer: this.timer,
      settings: this.settings,
      random: this.random.fork(this.venueFeeds.size),
      writer: this.writer,
      mishaps: this.mishaps,
      wallClock: this.parts.timer ?? realTimer,
      tell: (event) => this.tell(event),
    });
    this.venueFeeds.set(venue, feed);
    return feed;
  }

  private seriesOf(instrumentId: string) {
    return this.venueFeeds.get(instrumentId.split(':')[0]!)?.seriesOf(instrumentId);
  }

  private tell(event: LiveEvent): void {
    for (const queue of this.queues) queue.push(event);
  }
}
