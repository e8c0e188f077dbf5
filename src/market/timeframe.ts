/** Timeframe arithmetic on UTC epoch milliseconds. Buckets are counted from the Unix epoch (HMM spec §3.7). */
import { TidewatchError } from '../errors.js';

const MINUTE = 60_000;

/** Length of each timeframe in milliseconds, shortest first. */
export const TIMEFRAME_MS = {
  '1m': MINUTE,
  '5m': 5 * MINUTE,
  '13m': 13 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '4h': 240 * MINUTE,
  '1d': 1440 * MINUTE,
} as const;

/** Length of a bar by its name: 1m 5m 13m 15m 30m 1h 4h 1d. */
export type Timeframe = keyof typeof TIMEFRAME_MS;

/** All timeframes, shortest first. */
export const TIMEFRAMES = Object.keys(TIMEFRAME_MS) as readonly Timeframe[];

/** @throws TidewatchError `unknown_timeframe` */
export function parseTimeframe(text: string): Timeframe {
  if (Object.hasOwn(TIMEFRAME_MS, text)) return text as Timeframe;
  throw new TidewatchError('unknown_timeframe', `unknown timeframe "${text}"`, {
    hint: `use one of ${TIMEFRAMES.join(' ')}`,
    details: { timeframe: text },
  });
}

/** Open time of the bucket that holds `time`: floor(time / length) · length from the Unix epoch. */
export function bucketOpen(time: number, timeframe: Timeframe): number {
  const length = TIMEFRAME_MS[timeframe];
  return Math.floor(time / length) * length;
}

/** First moment at which a bar with this open time is complete, in UTC ms. */
export function barClose(open: number, timeframe: Timeframe): number {
  return open + TIMEFRAME_MS[timeframe];
}

/** True when every bucket of `coarse` is a whole number of `fine` buckets (13m divides into 1m only). */
export function divides(fine: Timeframe, coarse: Timeframe): boolean {
  return TIMEFRAME_MS[coarse] % TIMEFRAME_MS[fine] === 0;
}

/** Number of `fine` bars in a complete `coarse` bar. */
export function barsPer(coarse: Timeframe, fine: Timeframe): number {
  return TIMEFRAME_MS[coarse] / TIMEFRAME_MS[fine];
}
