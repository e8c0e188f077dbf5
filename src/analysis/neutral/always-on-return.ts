/**
 * The return of a plain book that is always on: half majors, half short the most traded alts, equal weights (spec
 * majors-alts-monitor §5). Grid search and regime evaluation measure against it.
 *
 * The basket of day t is chosen at the close of t−1 from what was known then.
 */
import type { PanelView } from './alt-universe.js';
import { type BasketScreen, screenAlts } from './basket-screen.js';

/** One value per trading row, fraction per day; the first is 0. */
export function alwaysOnReturn(view: PanelView, trading: Int32Array, screen: BasketScreen): Float64Array {
  const { panel, majors } = view;
  const days = panel.days.length;
  const out = new Float64Array(trading.length);
  const legReturn = (leg: ArrayLike<number>, from: number, to: number): number => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < leg.length; i += 1) {
      const base = leg[i]! * days;
      const change = panel.close[base + to]! / panel.close[base + from]! - 1;
      if (Number.isNaN(change)) continue;
      sum += change;
      count += 1;
    }
    return count === 0 ? 0 : sum / count;
  };
  const present = majors.filter((a) => a >= 0);
  for (let row = 1; row < trading.length; row += 1) {
    const [from, to] = [trading[row - 1]!, trading[row]!];
    const basket = screenAlts(view, from, screen, screen.basketSize);
    out[row] = 0.5 * legReturn(present, from, to) - 0.5 * legReturn(basket, from, to);
  }
  return out;
}
