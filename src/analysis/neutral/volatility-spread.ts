/**
 * Group 7: volatility of the cap-weighted alt index less that of BTC (spec majors-alts-monitor §2).
 *
 * Caps are of the same day as the return. The reference keeps the cap of an asset without a return in the denominator.
 */
import { type PanelView, rowReturns } from './alt-universe.js';
import { seriesOf, spread } from './day-series.js';
import { rollingDeviation } from './rolling-window.js';

const WINDOW = 7;

/** One value per day of the panel, NaN where none (spec majors-alts-monitor §2). */
export function volatilitySpread(view: PanelView): Float64Array {
  const { panel, rows, alts, majors, profile } = view;
  const days = panel.days.length;
  const moved = new Float64Array(days);
  const cap = new Float64Array(days);
  const members = new Int32Array(days);
  for (const a of alts) {
    const first = rows.start[a]!;
    for (let row = first; row < rows.start[a + 1]!; row += 1) {
      const t = rows.at[row]!;
      const value = panel.marketCap[a * days + t]!;
      if (Number.isNaN(value) || (row === first && profile === 'corrected')) continue;
      if (row > first) moved[t]! += (rows.close[row]! / rows.close[row - 1]! - 1) * value;
      cap[t]! += value;
      members[t]! += 1;
    }
  }
  const index = seriesOf(
    moved.map((sum, t) => sum / cap[t]!),
    (t) => members[t]! > 0,
  );
  const btc = majors[0]!;
  const btcReturn = seriesOf(
    rowReturns(view, btc, 1),
    (t) => btc >= 0 && !Number.isNaN(panel.close[btc * days + t]),
  );
  const ofBtc = spread(btcReturn.at, rollingDeviation(btcReturn.values, WINDOW), days);
  return spread(index.at, rollingDeviation(index.values, WINDOW), days).map((value, t) => value - ofBtc[t]!);
}
