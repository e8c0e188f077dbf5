/**
 * How much of the neutral book is held: by regime and score, and by volatility (spec majors-alts-monitor §10).
 *
 * The bounds 0.5 and 1.5 do not follow the configured thresholds.
 */
import type { PanelView } from '../../analysis/neutral/alt-universe.js';
import { lastRowAt } from '../../analysis/neutral/alt-universe.js';
import { REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import { heldReturn } from './book-inputs.js';
import type { PositionScalingSettings, RiskSettings } from './panel-settings.js';

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Share of the book that a traded regime and the size of its score ask for. */
export function regimeScale(regime: number, score: number, scaling: PositionScalingSettings): number {
  if (!scaling.enabled) return 1;
  const size = Math.abs(score);
  switch (regime) {
    case REGIME_CODE.STRONG_RISK_ON_MAJORS:
      return scaling.useScoreMagnitude ? clamp(size / 1.5, 0.6, 1) : scaling.strongRiskOnMajors;
    case REGIME_CODE.WEAK_RISK_ON_MAJORS:
      return scaling.useScoreMagnitude ? clamp(0.4 + 0.4 * (size - 0.5), 0.4, 0.8) : scaling.weakRiskOnMajors;
    default:
      return scaling.useScoreMagnitude ? clamp(size / 0.5, 0.5, 1) : scaling.riskOnMajors;
  }
}

const YEAR = 365;

/**
 * Annualised sample deviation that weights would have had over the last `steps` price steps of the first major up to day
 * index t; missing returns count 0. NaN with fewer than two steps.
 */
export function exAnteVolatility(view: PanelView, weights: Float64Array, t: number, steps: number): number {
  const { rows, majors } = view;
  const market = majors[0]!;
  if (market < 0) return Number.NaN;
  const last = lastRowAt(rows, market, t);
  const count = last < 0 ? 0 : Math.min(steps, last - rows.start[market]!);
  if (count < 2) return Number.NaN;
  const returns = new Float64Array(count);
  let mean = 0;
  for (let i = 0; i < count; i += 1) {
    const row = last - count + 1 + i;
    returns[i] = heldReturn(view, weights, rows.at[row - 1]!, rows.at[row]!);
    mean += returns[i]! / count;
  }
  let squares = 0;
  for (const value of returns) squares += (value - mean) * (value - mean);
  return Math.sqrt((squares / (count - 1)) * YEAR);
}

/** Scale that brings a volatility to its target; 1 when it is 0 or not known. */
export function volatilityScale(volatility: number, targeting: RiskSettings['volatilityTargeting']): number {
  if (!targeting.enabled || !(volatility > 0)) return 1;
  return clamp(targeting.targetVolatility / volatility, targeting.minScale, targeting.maxScale);
}
