/**
 * Guards the unit of daily funding rates (majors-alts spec §1). Rates are fractions per 8 hours; a provider that turns
 * to percent overnight would multiply funding costs by a hundred without any other sign. The cross-section gives it
 * away: the median of |rate| over at least ten assets was at most 0.00088 in the fraction era and at least 0.005 in the
 * percent era of the real table, so 0.001 divides them.
 */
import { TidewatchError } from '../../errors.js';
import { isoDate } from '../../market/asset-panel.js';

/** What the caller says of the unit: `auto` divides only the days that offend. */
export type FundingUnit = 'fraction' | 'percent' | 'auto';

/** Median of |rate| over a day's assets that fractions per 8 hours never reached. */
export const MOST_MEDIAN_FUNDING = 0.001;
const LEAST_ASSETS = 10;

/** Positions of the days whose median of |rate| cannot be that of fractions. */
function offendingRows(funding: Float64Array, height: number): number[] {
  const rows: number[] = [];
  const scratch: number[] = [];
  for (let row = 0; row < height; row += 1) {
    scratch.length = 0;
    for (let at = row; at < funding.length; at += height) {
      const rate = funding[at]!;
      if (!Number.isNaN(rate)) scratch.push(Math.abs(rate));
    }
    if (scratch.length < LEAST_ASSETS) continue;
    scratch.sort((a, b) => a - b);
    const middle = scratch.length >> 1;
    const median =
      scratch.length % 2 === 1 ? scratch[middle]! : (scratch[middle - 1]! + scratch[middle]!) / 2;
    if (median > MOST_MEDIAN_FUNDING) rows.push(row);
  }
  return rows;
}

/**
 * Brings an asset × day matrix of rates to fractions, in place.
 * @returns how many days were divided by 100
 * @throws TidewatchError `implausible_value` when days offend and nobody said that they are percent
 */
export function settleFundingUnit(funding: Float64Array, days: Int32Array, unit: FundingUnit): number {
  if (unit === 'percent') {
    for (let i = 0; i < funding.length; i += 1) funding[i]! /= 100;
    return days.length;
  }
  const rows = offendingRows(funding, days.length);
  if (rows.length === 0) return 0;
  if (unit === 'auto') {
    for (const row of rows) {
      for (let at = row; at < funding.length; at += days.length) funding[at]! /= 100;
    }
    return rows.length;
  }
  const first = isoDate(days[rows[0]!]!);
  const last = isoDate(days[rows.at(-1)!]!);
  throw new TidewatchError(
    'implausible_value',
    `funding rates of ${rows.length} days from ${first} to ${last} look like percent · ` +
      `the median of |rate| is above ${MOST_MEDIAN_FUNDING} over at least ${LEAST_ASSETS} assets`,
    {
      hint: 'set monitor.funding.unit to "auto" (divides those days by 100) or to "percent" (divides all)',
      details: { first_date: first, last_date: last, days: rows.length },
    },
  );
}
