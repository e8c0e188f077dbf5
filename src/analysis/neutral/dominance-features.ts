/**
 * Group 2: the share of BTC in the market value of BTC and the alts; ETH is in neither (spec majors-alts-monitor §2). Asked
 * for the dominance of the majors, ETH is in both; a day without the value of one of them then has none.
 */
import { altSum, type PanelView } from './alt-universe.js';
import { type DayColumns, seriesOf, spread } from './day-series.js';
import type { DominanceOf } from './neutral-settings.js';
import { difference, rollingZ } from './rolling-window.js';

type Dominance = 'btc_dominance' | 'btc_dominance_d1d' | 'btc_dominance_d5d' | 'btc_dominance_zscore';

const Z_WINDOW = 60;

/**
 * One value per day of the panel, NaN where a market cap is missing; the share is 0 to 1 (spec majors-alts-monitor
 * §2).
 */
export function dominanceFeatures(view: PanelView, of: DominanceOf = 'first_major'): DayColumns<Dominance> {
  const { panel, majors } = view;
  const days = panel.days.length;
  const counted = of === 'majors' ? majors : majors.slice(0, 1);
  const { sum: alts } = altSum(view, panel.marketCap);
  const share = new Float64Array(days).fill(Number.NaN);
  if (counted.every((a) => a >= 0)) {
    for (let t = view.from; t < view.to; t += 1) {
      const cap = counted.reduce((sum, a) => sum + panel.marketCap[a * days + t]!, 0);
      share[t] = cap / (cap + alts[t]!);
    }
  }
  const rows = seriesOf(share, (t) => !Number.isNaN(share[t]));
  const by = (values: Float64Array): Float64Array => spread(rows.at, values, days);
  return {
    btc_dominance: share,
    btc_dominance_d1d: by(difference(rows.values, 1)),
    btc_dominance_d5d: by(difference(rows.values, 5)),
    btc_dominance_zscore: by(rollingZ(rows.values, Z_WINDOW)),
  };
}
