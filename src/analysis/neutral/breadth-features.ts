/**
 * Group 1: how many alts rise, and how far apart they move (spec majors-alts-monitor §2).
 *
 * The reference counts assets without a return in the denominator; the corrected profile does not, so its first day
 * has no breadth.
 */
import type { PanelView } from './alt-universe.js';
import { type DayColumns, seriesOf, spread } from './day-series.js';
import { difference, medianOfSorted } from './rolling-window.js';

type Breadth =
  | 'alt_breadth_pct_up'
  | 'alt_breadth_median_ret'
  | 'alt_breadth_iqr'
  | 'alt_breadth_slope_5d'
  | 'alt_breadth_slope_20d';

/** Quantile at the nearest sorted index, halves up. */
function nearestQuantile(sorted: Float64Array, count: number, q: number): number {
  return sorted[Math.floor((count - 1) * q + 0.5)]!;
}

/**
 * One value per day of the panel, NaN where none; shares are 0 to 1, returns fractions (spec majors-alts-monitor §2).
 */
export function breadthFeatures(view: PanelView): DayColumns<Breadth> {
  const { panel, rows, alts, profile } = view;
  const days = panel.days.length;
  const width = alts.length;
  // day-major, so that the returns of one day lie together
  const returns = new Float64Array(days * width);
  const counted = new Int32Array(days);
  const priced = new Int32Array(days);
  for (const a of alts) {
    const first = rows.start[a]!;
    for (let row = first; row < rows.start[a + 1]!; row += 1) {
      const t = rows.at[row]!;
      priced[t]! += 1;
      if (row === first) continue;
      returns[t * width + counted[t]!] = rows.close[row]! / rows.close[row - 1]! - 1;
      counted[t]! += 1;
    }
  }
  const pctUp = new Float64Array(days).fill(Number.NaN);
  const median = pctUp.slice();
  const range = pctUp.slice();
  for (let t = view.from; t < view.to; t += 1) {
    const n = counted[t]!;
    const denominator = profile === 'reference' ? priced[t]! : n;
    const today = returns.subarray(t * width, t * width + n).sort();
    let up = 0;
    while (up < n && today[n - 1 - up]! > 0) up += 1;
    if (denominator > 0) pctUp[t] = (100 * up) / denominator;
    if (n === 0) continue;
    median[t] = medianOfSorted(today, n);
    range[t] = nearestQuantile(today, n, 0.75) - nearestQuantile(today, n, 0.25);
  }
  const breadth = seriesOf(pctUp, (t) => priced[t]! > 0);
  const slope = (lag: number): Float64Array => spread(breadth.at, difference(breadth.values, lag), days);
  return {
    alt_breadth_pct_up: pctUp,
    alt_breadth_median_ret: median,
    alt_breadth_iqr: range,
    alt_breadth_slope_5d: slope(5),
    alt_breadth_slope_20d: slope(20),
  };
}
