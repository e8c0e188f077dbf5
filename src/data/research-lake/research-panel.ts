/**
 * Daily facts of many assets as asset × day matrices: what a research lake comes to in memory. Row d holds the values
 * of UTC day d as the tables date them; when a value became known is the reader's business (funding and open interest
 * of day d: 00:00 of d + 1, majors-alts spec §1).
 */

/** Milliseconds of a day; `day` everywhere here is the number of days since 1970-01-01, UTC. */
const DAY_MS = 86_400_000;

export interface ResearchPanel {
  /** Asset ids in code-unit order. */
  readonly assets: readonly string[];
  /** Every day on which some table has a row, strictly increasing. */
  readonly days: Int32Array;
  /** USD at 00:00 UTC of the day; like all matrices asset-major: asset a, day t at `a * days.length + t`; NaN = no row. */
  readonly close: Float64Array;
  /** USD. */
  readonly marketCap: Float64Array;
  /** USD per day. */
  readonly volume: Float64Array;
  /** Fraction per 8 hours, positive when longs pay. */
  readonly fundingRate: Float64Array;
  /** USD. */
  readonly openInterest: Float64Array;
  /** Repeated equal rows that were dropped, by matrix. */
  readonly repeatedRows: Readonly<
    Record<'close' | 'marketCap' | 'volume' | 'fundingRate' | 'openInterest', number>
  >;
}

/** `2024-01-07` */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day that holds an instant, UTC ms. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}
