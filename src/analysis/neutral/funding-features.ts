/**
 * Groups 3 and 4: how much more alts pay for leverage than majors, and whether that is rising (spec
 * majors-alts-monitor §2).
 *
 * Rates of a leg are weighted by open interest where it is known. The reference weights over the whole range as soon as
 * one pair of rows exists, and then keeps only days with open interest (with BTC's alone, "majors" becomes BTC). The
 * corrected profile decides per day: weighted only when every asset of the leg with a rate has open interest too.
 * Rows are dated by the day on which they are known, `lag` calendar days after their own.
 */
import { daysBefore, type PanelView } from './alt-universe.js';
import { type DayColumns, indicesWhere, spread } from './day-series.js';
import { rollingMean, rollingZ } from './rolling-window.js';

type Funding = 'funding_skew' | 'funding_skew_zscore_3d' | 'funding_heating';

const SHORT = 10;
const LONG = 20;

/** Rows of a table by their own day: the loaded range, `lag` days earlier. */
export interface DerivativeRange {
  readonly from: number;
  readonly to: number;
  /** For each row day the index of the day on which it is known, or −1 when the panel lacks that day. */
  readonly knownAt: Int32Array;
}

/** Days of funding and open interest that are known inside the view, and for each day which row is newest. */
export function derivativeRange({ panel, startDay, endDay, lag }: PanelView): DerivativeRange {
  const from = daysBefore(panel.days, startDay - lag);
  const to = daysBefore(panel.days, endDay - lag + 1);
  const knownAt = panel.days.map((day) => {
    const at = daysBefore(panel.days, day + lag);
    return panel.days[at] === day + lag ? at : -1;
  });
  return { from, to, knownAt };
}

/** Funding rate of a leg on each row day; NaN where it has none. */
function legFunding(
  view: PanelView,
  leg: ArrayLike<number>,
  enters: boolean,
  range: DerivativeRange,
): Float64Array {
  const { panel, profile, lag, firstPriced } = view;
  const days = panel.days.length;
  const sum = new Float64Array(days);
  const count = new Int32Array(days);
  const weighted = new Float64Array(days);
  const weight = new Float64Array(days);
  const both = new Int32Array(days);
  let anyBoth = false;
  for (let i = 0; i < leg.length; i += 1) {
    const a = leg[i]!;
    if (a < 0) continue;
    const entry =
      enters && profile === 'corrected' ? panel.days[firstPriced[a]!]! - lag : Number.NEGATIVE_INFINITY;
    for (let t = range.from; t < range.to; t += 1) {
      const rate = panel.fundingRate[a * days + t]!;
      if (Number.isNaN(rate) || panel.days[t]! < entry) continue;
      sum[t]! += rate;
      count[t]! += 1;
      const interest = panel.openInterest[a * days + t]!;
      if (Number.isNaN(interest)) continue;
      weighted[t]! += rate * interest;
      weight[t]! += interest;
      both[t]! += 1;
      anyBoth = true;
    }
  }
  return sum.map((total, t) => {
    const plain = count[t] === 0 ? Number.NaN : total / count[t]!;
    if (profile === 'reference') {
      if (!anyBoth) return plain;
      return both[t] === 0 ? Number.NaN : weighted[t]! / weight[t]!;
    }
    return both[t]! > 0 && both[t] === count[t] && weight[t]! > 0 ? weighted[t]! / weight[t]! : plain;
  });
}

/** One value per day of the panel, NaN where no rate was known by then (spec majors-alts-monitor §2). */
export function fundingFeatures(view: PanelView): DayColumns<Funding> & { readonly hasFunding: Int8Array } {
  const { panel, alts, majors } = view;
  const days = panel.days.length;
  const range = derivativeRange(view);
  const ofAlts = legFunding(view, alts, true, range);
  const ofMajors = legFunding(view, majors, false, range);
  const rowDays = indicesWhere(days, (t) => !Number.isNaN(ofMajors[t]));
  const at = rowDays.map((t) => range.knownAt[t]!);
  const skew = Float64Array.from(rowDays, (t) => ofAlts[t]! - ofMajors[t]!);
  const short = rollingMean(skew, SHORT);
  const long = rollingMean(skew, LONG);
  const hasFunding = new Int8Array(days).fill(-1);
  for (let row = 0; row < at.length; row += 1) {
    if (at[row]! >= 0) hasFunding[at[row]!] = Number.isNaN(skew[row]) ? 0 : 1;
  }
  return {
    funding_skew: spread(at, skew, days),
    funding_skew_zscore_3d: spread(at, rollingZ(skew, 3), days),
    funding_heating: spread(
      at,
      short.map((mean, row) => mean - long[row]!),
      days,
    ),
    hasFunding,
  };
}
