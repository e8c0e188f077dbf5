/** One venue inside a live feed: its connections, its clock, the series of its instruments and what fills them. */
import type { Clock } from '../../../market/clock.js';
import type { Instrument } from '../../../market/instrument.js';
import type { Random } from '../../../market/random.js';
import type { ExchangeId, Venues } from '../../venues/open-venues.js';
import type { StreamConnection } from '../../venues/streams/stream-connection.js';
import type {
  StreamBar,
  StreamDialect,
  StreamLiquidation,
  StreamMark,
  StreamTrade,
  Topic,
  TopicKind,
} from '../../venues/streams/stream-dialect.js';
import { streamHost } from '../../venues/streams/stream-dialects.js';
import type { Timer } from '../../venues/timer.js';
import { notOffered, type Venue } from '../../venues/venue.js';
import type { LakeAccess } from '../lake-access.js';
import { BarFiller } from './bar-filler.js';
import type { LiveEvent, LiveMark, SeriesStatus, StreamStatus, VenueClockStatus } from './live-event.js';
import { LiveSeries } from './live-series.js';
import type { Mishaps } from './mishaps.js';
import { OpenInterestSampler } from './open-interest-sampler.js';
import type { PartWriter } from './part-writer.js';
import { type TickBar, TickBars } from './tick-bars.js';
import { VenueClock } from './venue-clock.js';
import { VenueStreams } from './venue-streams.js';

/** Between attempts to learn the size of a contract, and what waits for it. */
const ASK_AGAIN_MS = 30_000;
const MOST_UNSIZED = 10_000;
/** After its end a minute may take this long to be said closed before the pages are asked. */
const GRACE_MS = 2_000;
/** The same where minutes are made of trades, which may be late. */
const MADE_GRACE_MS = 90_000;
/**
 * Where a page is dear, looks come no faster than this, so that confirming takes about a quarter of the venue's budget
 * and late minutes another; what a connect missed is asked for at once all the same.
 */
const SPACING_MS: Partial<Record<ExchangeId, number>> = { hyperliquid: 5_000, kraken: 5_000, okx: 500 };

interface VenueFeedParts {
  readonly id: ExchangeId;
  readonly dialect: StreamDialect;
  readonly venues: Venues;
  readonly access: LakeAccess;
  /** Does not go back. */
  readonly timer: Timer;
  /** May be set. */
  readonly wallClock: Clock;
  readonly settings: {
    readonly marks: boolean;
    readonly liquidations: boolean;
    readonly openInterest: boolean;
    readonly barsFrom: 'candles' | 'trades';
    readonly confirmEveryMs: number;
  };
  readonly random: Random;
  readonly writer: PartWriter;
  readonly mishaps: Mishaps;
  readonly tell: (event: LiveEvent) => void;
}

type MarkValue = Exclude<keyof StreamMark & keyof LiveMark, 'symbol' | 'eventAt'>;

interface Followed {
  readonly instrument: Instrument;
  readonly series: LiveSeries;
  /** The first one is what bars come from. */
  readonly topics: readonly [Topic, ...Topic[]];
  /** Where minutes are made of trades, from when its stream is served. */
  ticks: TickBars | undefined;
  mark: LiveMark | undefined;
  /** Why the venue does not serve its bars. */
  refusal: string | null;
  confirmAt: number;
  readonly unit: Unit;
}

/** Base units of one of what trades and liquidations are counted in. */
interface Unit {
  /** Undefined while the venue has not said how large a contract is. */
  size: number | undefined;
  isAsked: boolean;
  askAt: number;
  /** What came before. */
  readonly waiting: (() => void)[];
}

export class VenueFeed {
  readonly id: ExchangeId;
  private readonly followed = new Map<string, Followed>();
  /** By the venue's name of the market in its stream. */
  private readonly bySymbol = new Map<string, Followed>();
  private readonly streams: VenueStreams;
  private readonly filler: BarFiller;
  private readonly clock: VenueClock;
  private readonly interest: OpenInterestSampler;
  private placed = 0;
  private lateCheckAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: VenueFeedParts) {
    const { id, dialect, venues, access, timer, random } = parts;
    this.id = id;
    const venue: Venue = venues.of(id);
    this.clock = new VenueClock(venue, timer, parts.wallClock);
    this.interest = new OpenInterestSampler(venue, parts.writer, timer, parts.mishaps);
    this.streams = new VenueStreams({
      venue: id,
      dialect,
      host: streamHost(dialect, venues.baseUrlOf(id)),
      gate: venues.gateOf(id, dialect.limits),
      now: () => timer.now(),
      random,
      events: this.events(),
    });
    this.filler = new BarFiller({
      venue,
      access,
      clock: timer,
      skew: () => this.clock.knownSkew(),
      filled: (series, hasMissed) => this.filled(series, hasMissed),
      mishaps: parts.mishaps,
    });
  }

  setInstruments(instruments: readonly Instrument[]): void {
    const wanted = new Map(instruments.map((instrument) => [instrument.id, instrument]));
    for (const [id, followed] of this.followed) {
      if (wanted.has(id)) continue;
      for (const topic of followed.topics) this.streams.remove(topic);
      this.filler.forget(followed.series);
      this.interest.forget(id);
      this.followed.delete(id);
      this.bySymbol.delete(followed.topics[0].symbol);
    }
    for (const instrument of wanted.values()) if (!this.followed.has(instrument.id)) this.follow(instrument);
  }

  seriesOf(instrumentId: string): LiveSeries | undefined {
    return this.followed.get(instrumentId)?.series;
  }

  markOf(instrumentId: string): LiveMark | undefined {
    return this.followed.get(instrumentId)?.mark;
  }

  tick(): void {
    const now = this.parts.timer.now();
    const { mishaps } = this.parts;
    mishaps.contain(`asking ${this.id} for its time`, () => this.clock.tick());
    mishaps.contain(`the connections to ${this.id}`, () => this.streams.tick());
    for (const followed of this.followed.values()) {
      mishaps.contain(`the live series of ${followed.instrument.id}`, () => this.tickOne(followed, now));
    }
    this.filler.tick();
    mishaps.contain(`open interest of ${this.id}`, () => this.interest.tick());
  }

  private tickOne(followed: Followed, now: number): void {
    const { series } = followed;
    if (series.state === 'down') return;
    const venueNow = now + this.clock.skew;
    const isDue = now >= followed.confirmAt;
    if (isDue) followed.confirmAt = now + this.confirmEvery;
    const grace = followed.topics[0].kind === 'trades' ? MADE_GRACE_MS : GRACE_MS;
    const isLate = now >= this.lateCheckAt && series.isLate(venueNow, grace);
    if (isLate) this.lateCheckAt = now + (SPACING_MS[this.id] ?? 0);
    if (isDue || isLate) this.filler.ask(followed, false);
    if (followed.unit.size === undefined && now >= followed.unit.askAt) void this.askUnit(followed);
    for (const bar of followed.ticks?.due(venueNow) ?? []) this.acceptMade(followed, bar, true);
  }

  /** Asks the pages for what the lake lacks, as at the start. */
  lookBack(): void {
    for (const followed of this.followed.values()) {
      followed.series.settledTo = Number.NaN;
      if (followed.series.state !== 'down') this.filler.ask(followed, false);
    }
  }

  restart(reason: string): void {
    this.streams.restart(reason);
  }

  async stop(): Promise<void> {
    this.streams.stop();
    this.clock.stop();
    this.interest.stop();
    await this.filler.stop();
  }

  seriesStatus(): SeriesStatus[] {
    return [...this.followed.values()].map(({ series, refusal }) => ({
      refusal,
      instrumentId: series.instrumentId,
      state: series.state,
      lastClosedTs: series.lastClosedTs,
      lastUpdateAt: series.lastUpdateAt,
      settledTo: series.settledTo,
      corrections: series.corrections,
    }));
  }

  streamStatus(): StreamStatus[] {
    return this.streams.status();
  }

  clockStatus(): VenueClockStatus {
    return this.clock.status();
  }

  private get confirmEvery(): number {
    const slowest = this.followed.size * (SPACING_MS[this.id] ?? 0);
    return Math.max(this.parts.settings.confirmEveryMs, slowest);
  }

  private follow(instrument: Instrument): void {
    const { dialect, settings, timer, writer, tell } = this.parts;
    const trades = settings.barsFrom === 'trades' ? dialect.topics('trades', instrument) : [];
    const main = trades[0] ?? dialect.topics('bars', instrument)[0];
    if (!main) {
      throw notOffered(this.id, `stream of ${instrument.id}`, 'fetch its history instead');
    }
    const kinds: TopicKind[] = [];
    if (settings.marks) kinds.push('mark');
    if (settings.liquidations) kinds.push('liquidations');
    const others = kinds.flatMap((kind) => dialect.topics(kind, instrument));
    const closedBy = main.kind === 'trades' ? 'trades' : dialect.marksClosed ? 'mark' : 'next';
    const series = new LiveSeries(instrument.id, closedBy, {
      tell,
      store: (bar, isConfirmation) => writer.addBar(bar, isConfirmation),
      check: () => this.filler.ask(followed, false),
    });
    // confirmations are spread over the interval, so that they do not come all at once
    const offset = (this.placed * 0.618_034) % 1;
    this.placed += 1;
    const confirmAt = timer.now() + this.confirmEvery * (1 + offset);
    const followed: Followed = {
      instrument,
      series,
      topics: [main, ...others],
      ticks: undefined,
      mark: undefined,
      refusal: null,
      confirmAt,
      unit: {
        size: dialect.inContracts?.(instrument) ? undefined : 1,
        isAsked: false,
        askAt: Number.NEGATIVE_INFINITY,
        waiting: [],
      },
    };
    this.followed.set(instrument.id, followed);
    this.bySymbol.set(main.symbol, followed);
    if (settings.openInterest) this.interest.follow(instrument);
    for (const topic of followed.topics) this.streams.add(topic);
  }

  private events(): ConstructorParameters<typeof StreamConnection>[0]['events'] {
    const { mishaps } = this.parts;
    // each by itself: a frame may be about many markets, and a socket's own event has nobody above it who catches
    const of = (symbol: string, work: () => void): void =>
      mishaps.contain(`the live series of ${this.bySymbol.get(symbol)?.instrument.id ?? symbol}`, work);
    const by = (topic: Topic, work: (followed: Followed) => void): void => {
      const followed = this.followed.get(topic.instrument.id);
      if (topic.name !== followed?.topics[0].name) return;
      mishaps.contain(`the live series of ${topic.instrument.id}`, () => work(followed));
    };
    return {
      data: {
        bar: (bar) => of(bar.symbol, () => this.bar(bar)),
        trade: (trade) => of(trade.symbol, () => this.trade(trade)),
        mark: (mark) => of(mark.symbol, () => this.mark(mark)),
        liquidation: (liquidation) => of(liquidation.symbol, () => this.liquidation(liquidation)),
      },
      served: (topic) => by(topic, (followed) => this.served(topic, followed)),
      refused: (topic, reason) =>
        by(topic, (followed) => {
          followed.refusal = reason;
        }),
      lost: (topics) => {
        for (const topic of topics) {
          by(topic, (followed) => {
            followed.ticks = undefined;
            followed.series.lose();
          });
        }
      },
    };
  }

  private served(topic: Topic, followed: Followed): void {
    followed.refusal = null;
    if (topic.kind === 'trades') followed.ticks ??= new TickBars(this.parts.timer.now() + this.clock.skew);
    if (followed.series.state === 'down') followed.series.setState('filling');
    this.filler.ask(followed, true);
  }

  private filled(series: LiveSeries, hasMissed: boolean): void {
    const followed = this.followed.get(series.instrumentId);
    if (!followed || series.state === 'down') return;
    series.setState('live');
    this.streams.noteFill(followed.topics[0].name, hasMissed);
  }

  private bar(bar: StreamBar): void {
    const now = this.parts.timer.now();
    this.bySymbol.get(bar.symbol)?.series.accept(bar, now, now + this.clock.skew);
  }

  private trade(trade: StreamTrade): void {
    const followed = this.bySymbol.get(trade.symbol);
    if (!followed) return;
    this.sized(followed, trade.size, (size) => {
      const bar = followed.ticks?.add({ ...trade, size });
      if (bar) this.acceptMade(followed, bar, false);
    });
  }

  /** Goes on with an amount in base units, once the venue has said what a contract is. */
  private sized({ unit }: Followed, amount: number, use: (base: number) => void): void {
    if (unit.size === 1) use(amount);
    // contracts are counted and sized in decimals: the product is cut where no venue prints any more
    else if (unit.size !== undefined) use(Number((amount * unit.size).toFixed(10)));
    else if (unit.waiting.length < MOST_UNSIZED) {
      unit.waiting.push(() => use(Number((amount * unit.size!).toFixed(10))));
    }
  }

  private async askUnit({ instrument, unit }: Followed): Promise<void> {
    if (unit.isAsked) return;
    unit.isAsked = true;
    unit.askAt = this.parts.timer.now() + ASK_AGAIN_MS;
    try {
      unit.size = await this.parts.venues.of(this.id).contractSize(instrument);
      for (const use of unit.waiting.splice(0)) use();
    } catch {
      // asked again; what comes meanwhile waits
    } finally {
      unit.isAsked = false;
    }
  }

  private acceptMade({ series }: Followed, bar: TickBar, isClosed: boolean): void {
    const { ts, open, high, low, close, volume, quoteVolume, trades } = bar;
    series.acceptMade({
      instrumentId: series.instrumentId,
      ts,
      open,
      high,
      low,
      close,
      volume,
      quoteVolume,
      trades,
      isClosed,
      source: 'ws',
      receivedAt: this.parts.timer.now(),
    });
  }

  private mark(said: StreamMark): void {
    const followed = this.bySymbol.get(said.symbol);
    if (!followed) return;
    const at = Number.isFinite(said.eventAt) ? said.eventAt : this.parts.timer.now();
    const before = followed.mark;
    // a message may tell only what changed
    const kept = (name: MarkValue): number =>
      Number.isNaN(said[name]) ? (before?.[name] ?? said[name]) : said[name];
    followed.mark = {
      instrumentId: followed.instrument.id,
      at,
      mark: kept('mark'),
      index: kept('index'),
      fundingRate: kept('fundingRate'),
      nextFundingAt: kept('nextFundingAt'),
      openInterest: kept('openInterest'),
    };
    this.parts.tell({ kind: 'mark', mark: followed.mark });
    this.interest.note(followed.mark, this.parts.timer.now());
  }

  private liquidation(said: StreamLiquidation): void {
    const followed = this.bySymbol.get(said.symbol);
    if (!followed) return;
    this.sized(followed, said.quantity, (quantity) =>
      this.keepLiquidation(followed.instrument.id, { ...said, quantity }),
    );
  }

  private keepLiquidation(instrumentId: string, { ts, side, price, quantity }: StreamLiquidation): void {
    this.parts.tell({ kind: 'liquidation', liquidation: { instrumentId, ts, side, price, quantity } });
    this.parts.writer.add({
      dataset: 'liquidations',
      row: {
        instrument_id: instrumentId,
        ts,
        side,
        price,
        quantity,
        notional: price * quantity,
        // venues give none: two equal ones in one millisecond count once
        event_id: `${ts}-${side}-${price}-${quantity}`,
      },
    });
  }
}
