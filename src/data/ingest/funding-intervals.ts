/**
 * How long each funding event accrued, told from the events themselves: the interval is not always 8 hours, differs by
 * market and changes over time, and most venues announce only the present one.
 *
 * The distance to the event before is the interval, except where it is longer than both the distances around it: then
 * events are missing in between, and the interval is that of the neighbours. What is missing is counted, never filled.
 */

const HOUR = 3_600_000;
/** No venue settles less often than daily. */
const LONGEST_HOURS = 24;
/** Venues show an event some minutes after it. */
const LATE_MS = 15 * 60_000;

export interface FundingIntervals {
  /** Hours per event; NaN where neither neighbours nor the venue tell. */
  readonly hours: Float64Array;
  /** Events missing between the first and the last one. */
  readonly missing: number;
  /** Where they are missing: open ranges between two events. */
  readonly gaps: readonly FundingGap[];
}

/** Settlements that should lie between two stored ones; times UTC ms. */
export interface FundingGap {
  readonly from: number;
  readonly to: number;
  readonly missing: number;
}

/** @param announced hours that the venue announces for now; null where it does not */
export function fundingIntervals(ts: ArrayLike<number>, announced: number | null): FundingIntervals {
  const hours = new Float64Array(ts.length).fill(Number.NaN);
  const gaps: { from: number; to: number; missing: number }[] = [];
  const distance = (row: number): number =>
    row > 0 && row < ts.length ? Math.round((ts[row]! - ts[row - 1]!) / HOUR) : Number.NaN;
  let missing = 0;
  for (let row = 0; row < ts.length; row += 1) {
    const before = distance(row);
    const previous = hours[row - 1] ?? Number.NaN;
    const after = row + 1 < ts.length ? distance(row + 1) : (announced ?? Number.NaN);
    if (row === 0 || Number.isNaN(previous)) {
      // the first one has no distance of its own
      hours[row] = Number.isNaN(before) ? orNaN(after) : orNaN(Math.min(before, orInfinity(after)));
    } else if (before > previous && (before > LONGEST_HOURS || after < before || Number.isNaN(after))) {
      hours[row] = Math.min(previous, orInfinity(orNaN(after)));
    } else hours[row] = before;
    const interval = hours[row]!;
    const lacking = row === 0 || !(interval > 0) ? 0 : Math.max(0, Math.round(before / interval) - 1);
    if (lacking > 0) {
      missing += lacking;
      gaps.push({ from: ts[row - 1]!, to: ts[row]!, missing: lacking });
    }
  }
  return { hours, missing, gaps };
}

/**
 * Events that are due after the last one and have not come.
 * @param announced as above; where it is null, the interval of the last event counts
 */
export function overdueFunding(
  ts: Float64Array,
  announced: number | null,
  to: number,
): readonly FundingGap[] {
  const last = ts.at(-1);
  const interval = announced ?? fundingIntervals(ts, announced).hours.at(-1) ?? Number.NaN;
  if (last === undefined || !(interval > 0)) return [];
  const missing = Math.floor((to - LATE_MS - last) / (interval * HOUR));
  return missing > 0 ? [{ from: last, to, missing }] : [];
}

function orInfinity(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

/** A distance that can be an interval. */
function orNaN(hours: number): number {
  return hours >= 1 && hours <= LONGEST_HOURS ? hours : Number.NaN;
}
