/**
 * The venues of one process: each made once, with its budget shared by everything that asks it. Limits are 80 % of what
 * the venues document (pipelines spec §7).
 */
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { BinanceVenue, binanceFailure, binanceUsedWeight } from './binance.js';
import { BybitVenue, bybitFailure } from './bybit.js';
import { CcxtEndpoints, type CcxtId } from './ccxt-endpoints.js';
import { HyperliquidVenue, hyperliquidFailure } from './hyperliquid.js';
import { KrakenVenue, krakenFailure } from './kraken.js';
import { OkxVenue, okxFailure } from './okx.js';
import { type Block, type BucketLimit, RateBudget } from './rate-budget.js';
import { realTimer, type Timer } from './timer.js';
import type { Venue } from './venue.js';
import type { VenueError } from './venue-error.js';
import { type Exchange, fetchExchange, type VenueAnswer, VenueHttp } from './venue-http.js';

export const EXCHANGES = ['binanceusdm', 'binance', 'bybit', 'okx', 'hyperliquid', 'kraken'] as const;
export type ExchangeId = (typeof EXCHANGES)[number];

/** What tidewatch.yaml may say of a venue. */
export interface VenueSettings {
  /** Takes the place of scheme and host of all its addresses. */
  readonly base_url: string | null;
  /** Times the usual budget. */
  readonly budget: number;
  readonly timeout_ms: number;
  readonly tries: number;
  readonly backoff_ms: number;
}

export const USUAL_SETTINGS: VenueSettings = {
  base_url: null,
  budget: 1,
  timeout_ms: 15_000,
  tries: 5,
  backoff_ms: 1_000,
};

export interface VenuesParts {
  readonly settings?: Partial<Record<string, Partial<VenueSettings>>>;
  readonly timer?: Timer;
  readonly exchange?: Exchange;
  /** Seed of the jitter. */
  readonly seed?: number;
}

interface Dialect {
  readonly limits: Readonly<Record<string, BucketLimit>>;
  readonly failureOf: (answer: VenueAnswer, now: number) => VenueError | undefined;
  readonly usedWeight?: (answer: VenueAnswer) => number | undefined;
  readonly make: new (id: string, http: VenueHttp, endpoints: CcxtEndpoints) => Venue;
}

const MINUTE = 60_000;
const LONGEST_WAIT_MS = 15 * MINUTE;

const DIALECTS: Record<ExchangeId, Dialect> = {
  binanceusdm: {
    make: BinanceVenue,
    failureOf: binanceFailure('binanceusdm'),
    usedWeight: binanceUsedWeight,
    limits: {
      default: { weight: 1920, perMs: MINUTE },
      funding: { weight: 400, perMs: 5 * MINUTE },
      data: { weight: 800, perMs: 5 * MINUTE },
    },
  },
  binance: {
    make: BinanceVenue,
    failureOf: binanceFailure('binance'),
    usedWeight: binanceUsedWeight,
    limits: { default: { weight: 4800, perMs: MINUTE } },
  },
  bybit: {
    make: BybitVenue,
    failureOf: bybitFailure,
    limits: { default: { weight: 480, perMs: 5_000 } },
  },
  okx: {
    make: OkxVenue,
    failureOf: okxFailure,
    limits: {
      default: { weight: 16, perMs: 2_000 },
      candles: { weight: 16, perMs: 2_000 },
      funding: { weight: 8, perMs: 2_000 },
      statistics: { weight: 4, perMs: 2_000 },
    },
  },
  hyperliquid: {
    make: HyperliquidVenue,
    failureOf: hyperliquidFailure,
    limits: { default: { weight: 960, perMs: MINUTE } },
  },
  kraken: {
    make: KrakenVenue,
    failureOf: krakenFailure,
    limits: { default: { weight: 0.8, perMs: 1_000 } },
  },
};

export class Venues {
  private readonly made = new Map<ExchangeId, { venue: Venue; budget: RateBudget }>();
  private readonly listeners = new Set<(block: Block) => void>();

  constructor(private readonly parts: VenuesParts = {}) {}

  /**
   * @throws TidewatchError `download_unavailable` for what is no exchange, such as imported files
   */
  of(id: string): Venue {
    return this.entry(id).venue;
  }

  /** Told whenever a venue makes everybody wait. @returns a function that ends the listening */
  onBlocked(listener: (block: Block) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private entry(id: string): { venue: Venue; budget: RateBudget } {
    if (!isExchange(id)) {
      throw new TidewatchError('download_unavailable', `${id} is no exchange that bars can be fetched from`, {
        hint: `use one of ${EXCHANGES.join(', ')}, or import files with: tidewatch lake import`,
        details: { venue: id },
      });
    }
    const known = this.made.get(id);
    if (known !== undefined) return known;
    const entry = this.make(id);
    this.made.set(id, entry);
    return entry;
  }

  private make(id: ExchangeId): { venue: Venue; budget: RateBudget } {
    const dialect = DIALECTS[id];
    const settings = { ...USUAL_SETTINGS, ...this.parts.settings?.[id] };
    const timer = this.parts.timer ?? realTimer;
    const limits = Object.fromEntries(
      Object.entries(dialect.limits).map(([name, { weight, perMs }]) => [
        name,
        { weight: weight * settings.budget, perMs },
      ]),
    );
    const budget = new RateBudget(id, limits, timer);
    budget.onBlocked((block) => {
      for (const listener of this.listeners) listener(block);
    });
    const http = new VenueHttp({
      venue: id,
      budget,
      timer,
      random: new Random(this.parts.seed ?? 42),
      exchange: this.parts.exchange ?? fetchExchange,
      timeoutMs: settings.timeout_ms,
      tries: settings.tries,
      backoffMs: settings.backoff_ms,
      longestWaitMs: LONGEST_WAIT_MS,
      failureOf: dialect.failureOf,
      usedWeight: dialect.usedWeight,
    });
    const endpoints = new CcxtEndpoints(id satisfies CcxtId, settings.base_url);
    return { venue: new dialect.make(id, http, endpoints), budget };
  }
}

function isExchange(id: string): id is ExchangeId {
  return (EXCHANGES as readonly string[]).includes(id);
}
