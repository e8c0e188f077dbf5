/**
 * Many assets by day: the matrices that daily cross-sectional work reads (spec majors-alts-monitor §1).
 *
 * A day is a UTC calendar day, counted from 1970-01-01; `close` of day d is the price at 00:00 UTC of d. Matrices are
 * asset-major: the value of asset a on day t is at `a * days.length + t`, so the history of one asset is contiguous.
 * NaN means that the table has no row there (a stored null is no row either).
 */

export interface AssetPanel {
  /** Ids in ascending order. */
  readonly assets: readonly string[];
  /** Strictly increasing: every day on which any table has a row. */
  readonly days: Int32Array;
  /** Price at 00:00 UTC of the day, USD; above 0. */
  readonly close: Float64Array;
  /** USD, ≥ 0. */
  readonly marketCap: Float64Array;
  /** USD per day, ≥ 0. */
  readonly volume: Float64Array;
  /** Fraction per 8 hours, the last settlement of the day: known at 00:00 of the next. Positive = longs pay. */
  readonly fundingRate: Float64Array;
  /** USD, the last value of the day: known at 00:00 of the next. */
  readonly openInterest: Float64Array;
}

/** `2024-01-07` for a day number. */
export const isoDate = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
