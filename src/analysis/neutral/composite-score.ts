/**
 * One score from the z-scores: a weighted sum in which a missing value counts 0 (spec majors-alts-monitor §3).
 *
 * Positive weights make strong alts raise the score towards "risk on majors": the design expects them to fall back.
 * After a week in which BTC moved by more than 15 % a score above the upper threshold is set to the threshold, so that
 * no position is opened by it.
 */
import { type PanelView, rowReturns } from './alt-universe.js';
import { NEUTRAL_FEATURES, type NeutralFeature, type NeutralFeatureTable } from './feature-table.js';

/** Feature keys of configurations and the columns they mean. */
export const SCORE_FEATURES: Readonly<Record<string, NeutralFeature>> = {
  alt_breadth: 'alt_breadth_pct_up',
  btc_dominance: 'btc_dominance',
  funding_skew: 'funding_skew',
  funding_heating: 'funding_heating',
  liquidity: 'liquidity_7d_median',
  volatility_spread: 'volatility_spread',
  momentum: 'momentum_spread_7d',
  oi_risk: 'oi_risk',
};

/** Weekly BTC return, in size, above which the gate closes. */
const GATE_RETURN = 0.15;
const GATE_ROWS = 7;

/** Column of a feature key: the known one, or the first whose name contains the key; undefined when none does. */
export function scoreColumn(key: string): NeutralFeature | undefined {
  return SCORE_FEATURES[key] ?? NEUTRAL_FEATURES.find((name) => `z_${name}`.includes(key));
}

/** 1 on rows whose weekly BTC return closes the gate. */
export function highVolatilityGate(view: PanelView, table: NeutralFeatureTable): Uint8Array {
  const week = rowReturns(view, view.majors[0]!, GATE_ROWS);
  return Uint8Array.from(table.panelRow, (t) => (Math.abs(week[t]!) > GATE_RETURN ? 1 : 0));
}

export interface ScoreColumn {
  readonly key: string;
  /** z-scores, missing values as 0. */
  readonly values: Float64Array;
}

/** The z columns that some weights ask for, in the order of the keys; unknown keys are left out. */
export function scoreColumns(table: NeutralFeatureTable, keys: readonly string[]): ScoreColumn[] {
  return keys.flatMap((key) => {
    const column = scoreColumn(key);
    if (column === undefined) return [];
    return [{ key, values: table.z[column].map((value) => (Number.isNaN(value) ? 0 : value)) }];
  });
}

/** Σ w·z by row, after the gate. */
export function compositeScore(
  columns: readonly ScoreColumn[],
  weights: Readonly<Record<string, number>>,
  thresholdHigh: number,
  gate: Uint8Array,
): Float64Array {
  const score = new Float64Array(gate.length);
  for (const { key, values } of columns) {
    const weight = weights[key] ?? 0;
    for (let row = 0; row < score.length; row += 1) score[row]! += weight * values[row]!;
  }
  for (let row = 0; row < score.length; row += 1) {
    if (gate[row] === 1 && score[row]! > thresholdHigh) score[row] = thresholdHigh;
  }
  return score;
}
