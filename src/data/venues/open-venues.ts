/**
 * The venues of one process: each made once, with its budget shared by everything that asks it. Limits are 80 % of what
 * the venues document (pipelines spec §7).
 */
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { BinanceVenue, binanceFailure, binanceUsedWeight } from './binance.js';
import { BybitVenue, bybitFailure } from './bybit.js';
import type { CandlePage } from './candle-page.js';
import { CcxtEndpoints, type CcxtId } from './ccxt-endpoints.js';
import { CoinGecko } from './coingecko.js';
import { CoinGlass } from './coinglass.js';
import { DexScreener } from './dexscreener.js';
import { GeckoTerminal } from './geckoterminal.js';
import { HyperliquidVenue, hyperliquidFailure } from './hyperliquid.js';
import { KrakenVenue, krakenFailure } from './kraken.js';
import { OkxVenue, okxFailure } from './okx.js';
import { Provider } from './provider.js';
import { coingeckoFailure, coinglassFailure } from './provider-failures.js';
import { type Block, type BucketLimit, RateBudget } from './rate-budget.js';
import { StreamGate, type StreamLimits } from './streams/stream-gate.js';
import { realTimer, steadyTimer, type Timer } from './timer.js';
import type { Venue } from './venue.js';
import type { VenueError } from './venue-error.js';
import { type Exchange, fetchExchange, type VenueAnswer, VenueHttp, type VenueUsage } from './venue-http.js';

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

/** How a host wants to be asked, and how it says no. */
interface Manners {
  readonly limits: Readonly<Record<string, BucketLimit>>;
  readonly failureOf?: ((answer: VenueAnswer, now: number) => VenueError | undefined) | undefined;
  readonly usedWeight?: (answer: VenueAnswer) => number | undefined;
}

interface ProviderShape {
  readonly url: string;
  readonly limits: Readonly<Record<string, BucketLimit>>;
  readonly failureOf?: (answer: VenueAnswer, now: number) => VenueError | undefined;
}

type ProviderId = 'coingecko' | 'coinglass' | 'geckoterminal' | 'dexscreener';

const PROVIDER_SHAPES: Record<ProviderId, ProviderShape> = {
  coingecko: {
    url: 'https://api.coingecko.com',
    limits: { default: { weight: 24, perMs: MINUTE } },
    failureOf: coingeckoFailure,
  },
  coinglass: {
    url: 'https://open-api-v4.coinglass.com',
    limits: { default: { weight: 24, perMs: MINUTE } },
    failureOf: coinglassFailure,
  },
  // documented between 10 and 30 a minute
  geckoterminal: {
    url: 'https://api.geckoterminal.com',
    limits: { default: { weight: 20, perMs: MINUTE } },
  },
  dexscreener: {
    url: 'https://api.dexscreener.com',
    limits: { default: { weight: 240, perMs: MINUTE } },
  },
};

/** Clients of a process by id, made when first asked for; those of one venue share its budget. */
export class Venues {
  private readonly transports: VenueHttp[] = [];
  private readonly providers = new Map<ProviderId, Provider>();
  private readonly made = new Map<ExchangeId, Venue>();
  private readonly listeners = new Set<(block: Block) => void>();
  private readonly gates = new Map<ExchangeId, StreamGate>();

  constructor(private readonly parts: VenuesParts = {}) {}

  /** @throws TidewatchError `download_unavailable` for what is no exchange, such as imported files */
  of(id: string): Venue {
    if (!isExchange(id)) {
      throw new TidewatchError('download_unavailable', `${id} is no exchange that bars can be fetched from`, {
        hint: `use one of ${EXCHANGES.join(', ')}, or import files with: tidewatch lake import`,
        details: { venue: id },
      });
    }
    let venue = this.made.get(id);
    if (venue === undefined) {
      venue = this.make(id);
      this.made.set(id, venue);
    }
    return venue;
  }

  /** By group of endpoints, what is asked of a venue at most. */
  limitsOf(id: ExchangeId): Readonly<Record<string, BucketLimit>> {
    return scaled(DIALECTS[id].limits, { ...USUAL_SETTINGS, ...this.parts.settings?.[id] });
  }

  /** What all sockets of this process to the venue keep together, also those of a feed that has ended. */
  gateOf(id: ExchangeId, limits: StreamLimits): StreamGate {
    const known = this.gates.get(id);
    if (known !== undefined) return known;
    const made = new StreamGate(limits);
    this.gates.set(id, made);
    return made;
  }

  /** What takes the place of scheme and host of the venue's addresses; null: nothing does. */
  baseUrlOf(id: ExchangeId): string | null {
    return this.parts.settings?.[id]?.base_url ?? null;
  }

  /** Whether a venue or provider is asked at an address of this machine, where only a simulator answers. */
  isLocal(id: string): boolean {
    const { base_url = null } = this.parts.settings?.[id] ?? {};
    return base_url !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(base_url).hostname);
  }

  /** What was asked of each venue and provider since the process began; those never asked are not among them. */
  usage(): readonly VenueUsage[] {
    return this.transports.map(({ usage }) => usage);
  }

  /** Told whenever a venue makes everybody wait. @returns a function that ends the listening */
  onBlocked(listener: (block: Block) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A provider's client is made of this. The key goes into a header. */
  private provider(id: ProviderId, headers: Readonly<Record<string, string>> = {}): Provider {
    const known = this.providers.get(id);
    if (known !== undefined) return known;
    const { url, limits, failureOf } = PROVIDER_SHAPES[id];
    const { http, settings } = this.transport(id, { limits, failureOf });
    const made = new Provider(http, settings.base_url ?? url, headers);
    this.providers.set(id, made);
    return made;
  }

  /** @param key demo key; none works too, with less */
  coingecko(key?: string): CoinGecko {
    return new CoinGecko(this.provider('coingecko', key === undefined ? {} : { 'x-cg-demo-api-key': key }));
  }

  coinglass(key: string): CoinGlass {
    return new CoinGlass(this.provider('coinglass', { 'CG-API-KEY': key }));
  }

  geckoterminal(): GeckoTerminal {
    const provider = this.provider('geckoterminal');
    return counting(new GeckoTerminal(provider), provider.http);
  }

  dexscreener(): DexScreener {
    return new DexScreener(this.provider('dexscreener'));
  }

  private make(id: ExchangeId): Venue {
    const dialect = DIALECTS[id];
    const { http, settings } = this.transport(id, dialect);
    return counting(
      new dialect.make(id, http, new CcxtEndpoints(id satisfies CcxtId, settings.base_url)),
      http,
    );
  }

  private transport(
    id: ExchangeId | ProviderId,
    { limits, failureOf, usedWeight }: Manners,
  ): { http: VenueHttp; settings: VenueSettings } {
    const settings = { ...USUAL_SETTINGS, ...this.parts.settings?.[id] };
    // a budget reckoned by a clock that is set back an hour would be closed for an hour
    const timer = steadyTimer(this.parts.timer ?? realTimer);
    const budget = new RateBudget(id, scaled(limits, settings), timer);
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
      failureOf,
      usedWeight,
    });
    this.transports.push(http);
    return { http, settings };
  }
}

/** Tells the transport how many rows of each page were no bars. */
function counting<T extends Pick<Venue, 'candles'> | GeckoTerminal>(client: T, http: VenueHttp): T {
  const asked = client.candles.bind(client) as (...given: unknown[]) => Promise<CandlePage>;
  const candles = async (...given: unknown[]): Promise<CandlePage> => {
    const page = await asked(...given);
    http.invalidRows += page.counts.invalid;
    return page;
  };
  return Object.assign(client, { candles });
}

function scaled(
  limits: Readonly<Record<string, BucketLimit>>,
  { budget }: VenueSettings,
): Readonly<Record<string, BucketLimit>> {
  return Object.fromEntries(
    Object.entries(limits).map(([name, { weight, perMs }]) => [name, { weight: weight * budget, perMs }]),
  );
}

function isExchange(id: string): id is ExchangeId {
  return (EXCHANGES as readonly string[]).includes(id);
}
