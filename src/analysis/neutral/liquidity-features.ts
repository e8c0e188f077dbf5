/** Group 6: what the alts trade, against their own past (spec majors-alts-monitor §2). */
import { altSum, entryOf, type PanelView } from './alt-universe.js';
import { type DayColumns, seriesOf, spread } from './day-series.js';
import { rollingMedian, rollingZ } from './rolling-window.js';

type Liquidity = 'liquidity_7d_median' | 'liquidity_z_delta' | 'liquidity_pct_at_high';

const MEDIAN_WINDOW = 7;
const WINDOW = 30;

/** Alts whose volume is the highest of their last 30 rows, by day. */
function atHigh(view: PanelView): Int32Array {
  const { panel, alts } = view;
  const days = panel.days.length;
  const high = new Int32Array(days);
  // rows of one asset in a ring; `best` is the position of its largest value
  const ring = new Float64Array(WINDOW);
  for (const a of alts) {
    let rows = 0;
    let best = -WINDOW;
    for (let t = entryOf(view, a); t < view.to; t += 1) {
      const value = panel.volume[a * days + t]!;
      if (Number.isNaN(value)) continue;
      ring[rows % WINDOW] = value;
      if (best <= rows - WINDOW) {
        // the old best has left the window (its slot is overwritten): look for the newest largest
        best = Math.max(0, rows - WINDOW + 1);
        for (let row = best + 1; row <= rows; row += 1) {
          if (ring[row % WINDOW]! >= ring[best % WINDOW]!) best = row;
        }
      } else if (value >= ring[best % WINDOW]!) {
        best = rows;
      }
      rows += 1;
      if (rows >= WINDOW && best === rows - 1) high[t]! += 1;
    }
  }
  return high;
}

/**
 * One value per day of the panel, NaN where none; medians in USD, z in deviations (spec majors-alts-monitor §2).
 */
export function liquidityFeatures(view: PanelView): DayColumns<Liquidity> {
  const days = view.panel.days.length;
  const { sum, count } = altSum(view, view.panel.volume);
  const volume = seriesOf(sum, (t) => count[t]! > 0);
  const median = rollingMedian(volume.values, MEDIAN_WINDOW);
  const excess = volume.values.map((value, row) => value - median[row]!);
  const high = atHigh(view);
  return {
    liquidity_7d_median: spread(volume.at, median, days),
    liquidity_z_delta: spread(volume.at, rollingZ(excess, WINDOW), days),
    liquidity_pct_at_high: Float64Array.from(high, (n, t) =>
      count[t] === 0 ? Number.NaN : (100 * n) / count[t]!,
    ),
  };
}
