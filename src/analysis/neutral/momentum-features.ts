/** Group 8: the mean return of the middle alt over 3 and 7 rows, and against the majors (spec majors-alts-monitor §2). */
import type { PanelView } from './alt-universe.js';
import type { DayColumns } from './day-series.js';
import { medianOfSorted } from './rolling-window.js';

type Momentum = 'momentum_alt_3d' | 'momentum_alt_7d' | 'momentum_spread_3d' | 'momentum_spread_7d';

/** Mean one-row returns over `window` rows of each asset, gathered by day: the values of day t lie together. */
function meanReturns(view: PanelView, assets: ArrayLike<number>, window: number) {
  const { panel, rows } = view;
  const width = assets.length;
  const values = new Float64Array(panel.days.length * width);
  const count = new Int32Array(panel.days.length);
  const returns = new Float64Array(panel.days.length + 1);
  for (let i = 0; i < width; i += 1) {
    const a = assets[i]!;
    if (a < 0) continue;
    const first = rows.start[a]!;
    for (let row = first + 1; row < rows.start[a + 1]!; row += 1) {
      returns[row - first] = rows.close[row]! / rows.close[row - 1]! - 1;
      if (row - first < window) continue;
      let sum = 0;
      for (let k = row - first - window + 1; k <= row - first; k += 1) sum += returns[k]!;
      const t = rows.at[row]!;
      values[t * width + count[t]!] = sum / window;
      count[t]! += 1;
    }
  }
  return { values, count, width };
}

function momentum(view: PanelView, window: number): { alts: Float64Array; spread: Float64Array } {
  const ofAlts = meanReturns(view, view.alts, window);
  const ofMajors = meanReturns(view, view.majors, window);
  const alts = new Float64Array(view.panel.days.length).fill(Number.NaN);
  const spread = alts.slice();
  for (let t = view.from; t < view.to; t += 1) {
    const n = ofAlts.count[t]!;
    alts[t] = medianOfSorted(ofAlts.values.subarray(t * ofAlts.width, t * ofAlts.width + n).sort(), n);
    let sum = 0;
    for (let i = 0; i < ofMajors.count[t]!; i += 1) sum += ofMajors.values[t * ofMajors.width + i]!;
    // 0 / 0 without majors: no spread
    spread[t] = alts[t]! - sum / ofMajors.count[t]!;
  }
  return { alts, spread };
}

/** One fraction per day of the panel, NaN where none (spec majors-alts-monitor §2). */
export function momentumFeatures(view: PanelView): DayColumns<Momentum> {
  const short = momentum(view, 3);
  const long = momentum(view, 7);
  return {
    momentum_alt_3d: short.alts,
    momentum_alt_7d: long.alts,
    momentum_spread_3d: short.spread,
    momentum_spread_7d: long.spread,
  };
}
