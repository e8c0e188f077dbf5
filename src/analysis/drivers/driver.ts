/**
 * The eight drivers of the market's posture, their timeframes and weights (regime spec §1, §11.2). One table: whatever
 * asks which drivers there are, what a token sees or what a channel weighs reads it here.
 *
 * A token sees five drivers (BTC, ALT, its own bucket, BTC.d, USDT.d) on three timeframes: fifteen channels. The order
 * here is the order in which channels are summed and listed.
 */
import type { Timeframe } from '../../market/timeframe.js';

export const BUCKETS = ['nano', 'small', 'mid', 'big'] as const;
/** Band of market capitalisation that has a driver of its own. */
export type Bucket = (typeof BUCKETS)[number];

export const DRIVERS = ['BTC', 'ALT', ...BUCKETS, 'BTC.d', 'USDT.d'] as const;
export type Driver = (typeof DRIVERS)[number];

/** Slowest first: macro, meso, micro. */
export const REGIME_TIMEFRAMES = ['1d', '1h', '1m'] as const satisfies readonly Timeframe[];
export type RegimeTimeframe = (typeof REGIME_TIMEFRAMES)[number];

export const TIMEFRAME_ROLES: Readonly<Record<RegimeTimeframe, 'macro' | 'meso' | 'micro'>> = {
  '1d': 'macro',
  '1h': 'meso',
  '1m': 'micro',
};

export type DriverKind = 'major' | 'composite' | 'bucket' | 'dominance';

export interface DriverDefinition {
  readonly kind: DriverKind;
  /** Negative for dominance: its downtrend is risk-on. */
  readonly weight: number;
  /** Without it the posture is degraded. */
  readonly required: boolean;
}

const BUCKET_DRIVER: DriverDefinition = { kind: 'bucket', weight: 3, required: false };

export const DRIVER_DEFINITIONS: Readonly<Record<Driver, DriverDefinition>> = {
  BTC: { kind: 'major', weight: 1, required: true },
  ALT: { kind: 'composite', weight: 1.5, required: true },
  nano: BUCKET_DRIVER,
  small: BUCKET_DRIVER,
  mid: BUCKET_DRIVER,
  big: BUCKET_DRIVER,
  'BTC.d': { kind: 'dominance', weight: -1, required: false },
  'USDT.d': { kind: 'dominance', weight: -3, required: false },
};

export const BASE_TIMEFRAME_WEIGHT: Readonly<Record<RegimeTimeframe, number>> = {
  '1d': 0.5,
  '1h': 0.4,
  '1m': 0.1,
};

/** Coins of the ALT composite; the last one is missing in older history. */
export const ALT_COMPONENTS = ['SOL', 'ETH', 'BNB', 'HYPE'] as const;

export const DEFAULT_BOOK = 'onchain_crypto';

/** Drivers that a token of this bucket sees, in the order of the sums. */
export function driversOf(bucket: Bucket): readonly Driver[] {
  return DRIVERS_OF[bucket];
}

const DRIVERS_OF = Object.fromEntries(
  BUCKETS.map((bucket) => [bucket, ['BTC', 'ALT', bucket, 'BTC.d', 'USDT.d']]),
) as unknown as Readonly<Record<Bucket, readonly Driver[]>>;

const CRYPTO_BOOKS = new Set([DEFAULT_BOOK, 'perps', 'spot_crypto', 'perp_crypto']);

/** Book whose drivers a position of this book reads: the crypto books share theirs, any other has its own or none. */
export function driverBookOf(positionBook: string): string {
  return CRYPTO_BOOKS.has(positionBook) ? DEFAULT_BOOK : positionBook;
}

const slug = (driver: Driver): string => driver.toLowerCase().replaceAll('.', '_');

/** Instrument id of a driver's record: `regime:<book>:<driver>`. */
export function driverInstrument(driver: Driver, book: string = DEFAULT_BOOK): string {
  return `regime:${book}:${slug(driver)}`;
}

/** Contract of a driver's record: `regime_btc_d`. */
export function driverContract(driver: Driver): string {
  return `regime_${slug(driver)}`;
}
