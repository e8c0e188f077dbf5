/**
 * The 21 features of the majors-vs-alts score and their z-scores, one row per day (spec majors-alts-monitor §2).
 *
 * Each group is a series on its own days; here they are joined on the days on which any alt or any major has a price.
 * Every value of a row was known at 00:00 UTC of its day, funding and open interest by their availability date.
 */
import type { PanelView } from './alt-universe.js';
import { breadthFeatures } from './breadth-features.js';
import { type DayColumns, gather, indicesWhere } from './day-series.js';
import { dominanceFeatures } from './dominance-features.js';
import { fundingFeatures } from './funding-features.js';
import { liquidityFeatures } from './liquidity-features.js';
import { momentumFeatures } from './momentum-features.js';
import type { DominanceOf } from './neutral-settings.js';
import { openInterestRisk } from './open-interest-risk.js';
import { rollingZ } from './rolling-window.js';
import { volatilitySpread } from './volatility-spread.js';

/** In the order of the output table. */
export const NEUTRAL_FEATURES = [
  'alt_breadth_pct_up',
  'alt_breadth_median_ret',
  'alt_breadth_iqr',
  'alt_breadth_slope_5d',
  'alt_breadth_slope_20d',
  'btc_dominance',
  'btc_dominance_d1d',
  'btc_dominance_d5d',
  'btc_dominance_zscore',
  'funding_skew',
  'funding_skew_zscore_3d',
  'funding_heating',
  'oi_risk',
  'liquidity_7d_median',
  'liquidity_z_delta',
  'liquidity_pct_at_high',
  'volatility_spread',
  'momentum_alt_3d',
  'momentum_alt_7d',
  'momentum_spread_3d',
  'momentum_spread_7d',
] as const;
export type NeutralFeature = (typeof NEUTRAL_FEATURES)[number];

/** `has_funding` stands after this column in the output. */
export const HAS_FUNDING_AFTER: NeutralFeature = 'funding_skew_zscore_3d';

/** Rows of a z-score window. */
const Z_WINDOW = 60;

export interface NeutralFeatureTable {
  /** UTC day numbers, ascending. */
  readonly day: Int32Array;
  /** Index of each row into the days of the panel. */
  readonly panelRow: Int32Array;
  readonly raw: DayColumns<NeutralFeature>;
  readonly z: DayColumns<NeutralFeature>;
  /** 1 where funding skew has a value, 0 where a skew row has none, −1 (null) on days without a skew row. */
  readonly hasFunding: Int8Array;
  /** 1 from row `burnInDays` on. */
  readonly valid: Uint8Array;
}

/** Days of the panel on which any alt or any major has a price. */
function featureDays({ rows, majors, alts, to }: PanelView): Int32Array {
  const priced = new Uint8Array(to);
  for (const a of [...alts, ...majors]) {
    if (a < 0) continue;
    for (let row = rows.start[a]!; row < rows.start[a + 1]!; row += 1) priced[rows.at[row]!] = 1;
  }
  return indicesWhere(to, (t) => priced[t] === 1);
}

function dropInfinite(values: Float64Array): void {
  for (let row = 0; row < values.length; row += 1) {
    if (!Number.isFinite(values[row])) values[row] = Number.NaN;
  }
}

/** All feature groups of a panel, one row per feature day (spec majors-alts-monitor §2). */
export function neutralFeatures(
  view: PanelView,
  burnInDays: number,
  dominanceOf: DominanceOf = 'first_major',
): NeutralFeatureTable {
  const panelRow = featureDays(view);
  const { hasFunding, ...funding } = fundingFeatures(view);
  const byDay: DayColumns<NeutralFeature> = {
    ...breadthFeatures(view),
    ...dominanceFeatures(view, dominanceOf),
    ...funding,
    oi_risk: openInterestRisk(view),
    ...liquidityFeatures(view),
    volatility_spread: volatilitySpread(view),
    ...momentumFeatures(view),
  };
  const raw = {} as Record<NeutralFeature, Float64Array>;
  const z = {} as Record<NeutralFeature, Float64Array>;
  for (const name of NEUTRAL_FEATURES) {
    raw[name] = gather(byDay[name], panelRow);
    z[name] = rollingZ(raw[name], Z_WINDOW);
    if (view.profile === 'corrected') {
      dropInfinite(z[name]);
    }
  }
  return {
    day: Int32Array.from(panelRow, (t) => view.panel.days[t]!),
    panelRow,
    raw,
    z,
    hasFunding: Int8Array.from(panelRow, (t) => hasFunding[t]!),
    valid: Uint8Array.from(panelRow, (_, row) => (row >= burnInDays ? 1 : 0)),
  };
}
