/**
 * A panel as it was known at 00:00 UTC of a day: prices, caps and volumes up to that day; funding and open interest of
 * the days before it, because the row of a day holds its last settlement, at 00:00 of the next (majors-alts spec §1).
 * Assets without a row by then are not there at all: a name can give away the future too.
 */
import type { AssetPanel } from '../../market/asset-panel.js';

/**
 * The panel as it was known on a day (UTC day number): later days cut off, derivatives of the day itself too, assets
 * without a value left out.
 */
export function panelAsKnown(panel: AssetPanel, day: number): AssetPanel {
  const { days } = panel;
  let kept = days.length;
  while (kept > 0 && days[kept - 1]! > day) kept -= 1;
  const known = (at: number, isDerivative: boolean): boolean => !isDerivative || days[at]! < day;
  const holds = panel.assets.map((_, a) =>
    [panel.close, panel.marketCap, panel.volume, panel.fundingRate, panel.openInterest].some((matrix, m) => {
      for (let t = 0; t < kept; t += 1) {
        if (!Number.isNaN(matrix[a * days.length + t]) && known(t, m >= 3)) return true;
      }
      return false;
    }),
  );
  const remaining = panel.assets.flatMap((_, a) => (holds[a] ? [a] : []));
  const cut = (matrix: Float64Array, isDerivative: boolean): Float64Array => {
    const out = new Float64Array(remaining.length * kept);
    remaining.forEach((a, row) => {
      for (let t = 0; t < kept; t += 1) {
        out[row * kept + t] = known(t, isDerivative) ? matrix[a * days.length + t]! : Number.NaN;
      }
    });
    return out;
  };
  return {
    assets: remaining.map((a) => panel.assets[a]!),
    days: days.slice(0, kept),
    close: cut(panel.close, false),
    marketCap: cut(panel.marketCap, false),
    volume: cut(panel.volume, false),
    fundingRate: cut(panel.fundingRate, true),
    openInterest: cut(panel.openInterest, true),
  };
}
