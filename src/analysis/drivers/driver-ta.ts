/**
 * The technical record of a driver (regime spec §9): that of the uptrend engine, under typed names, with what it is
 * about. Dominance is a price in dollars (57.24 % = 57.24) with volume 0, composites are in index points.
 */
import type { UptrendTa } from '../uptrend/ta.js';
import type { TaRecord } from '../uptrend/ta-record.js';
import type { RegimeTimeframe } from './driver.js';

const MINIMUM_BARS: Readonly<Record<RegimeTimeframe, number>> = { '1m': 333, '1h': 72, '1d': 30 };

/** Bars of the slowest average. */
export const MATURE_BARS = 333;

/** Bars before a driver has a record. */
export function minimumDriverBars(timeframe: RegimeTimeframe): number {
  return MINIMUM_BARS[timeframe];
}

/** Feature `ta`; `updated_at` is added where it is stored. */
export type DriverTa = Omit<TaRecord, 'timeframe' | 'vo_z_cluster' | 'vo_z_nowinsor'> & {
  /** Close of the bar. */
  readonly latest_price: number;
  readonly meta: {
    readonly timeframe: RegimeTimeframe;
    /** Bars in view. */
    readonly bars_count: number;
    /** Open of the last bar, UTC ms. */
    readonly bar_ts: number;
    /** The view holds the bars of the slowest average. */
    readonly mature: boolean;
  };
};

/**
 * @param count bars that the record has taken in @param barTs open of the last one, UTC ms
 * @param winsorize false gives the volume surprise without clipped volumes, for parity
 * @returns null before there are enough bars
 */
export function driverTa(
  technical: UptrendTa,
  count: number,
  barTs: number,
  latestPrice: number | undefined,
  winsorize = true,
): DriverTa | null {
  const record = technical.record();
  if (record === null || latestPrice === undefined) return null;
  const { timeframe, vo_z_cluster: _cluster, vo_z_nowinsor, ...lines } = record;
  return {
    ...lines,
    vo_z: winsorize ? record.vo_z : vo_z_nowinsor,
    latest_price: latestPrice,
    meta: {
      timeframe: timeframe as RegimeTimeframe,
      bars_count: Math.min(count, technical.window),
      bar_ts: barTs,
      mature: count >= MATURE_BARS,
    },
  };
}
