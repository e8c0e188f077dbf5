/**
 * Regimes of a composite score with hysteresis (spec majors-alts-monitor §4).
 *
 * A regime is left only when the score comes back past its threshold by a band, which is half as wide again while the
 * regime is younger than `minRegimeDuration` rows. All comparisons are strict; a missing score counts as 0.
 */
import type { CompositeRule } from './neutral-settings.js';

/** From the one that favours alts most to the one that favours majors most. */
export const NEUTRAL_REGIMES = [
  'STRONG_RISK_ON_ALTS',
  'RISK_ON_ALTS',
  'WEAK_RISK_ON_ALTS',
  'BALANCED',
  'WEAK_RISK_ON_MAJORS',
  'RISK_ON_MAJORS',
  'STRONG_RISK_ON_MAJORS',
] as const;
export type NeutralRegime = (typeof NEUTRAL_REGIMES)[number];

/** Index of a regime in `NEUTRAL_REGIMES`; what columns of regimes hold. */
export const REGIME_CODE = {
  STRONG_RISK_ON_ALTS: 0,
  RISK_ON_ALTS: 1,
  WEAK_RISK_ON_ALTS: 2,
  BALANCED: 3,
  WEAK_RISK_ON_MAJORS: 4,
  RISK_ON_MAJORS: 5,
  STRONG_RISK_ON_MAJORS: 6,
} as const satisfies Record<NeutralRegime, number>;

const {
  STRONG_RISK_ON_ALTS: STRONG_ALTS,
  RISK_ON_ALTS: ALTS,
  WEAK_RISK_ON_ALTS: WEAK_ALTS,
  BALANCED,
  WEAK_RISK_ON_MAJORS: WEAK_MAJORS,
  RISK_ON_MAJORS: MAJORS,
  STRONG_RISK_ON_MAJORS: STRONG_MAJORS,
} = REGIME_CODE;

/** True for the regimes in which the book is held. */
export const isTraded = (code: number): boolean => code >= WEAK_MAJORS;

const YOUNG_BAND = 1.5;

/** The regime of a score by itself. */
export function staticRegime(score: number, rule: CompositeRule, regimes: 3 | 5): number {
  if (regimes === 3) {
    if (score < rule.thresholdLow) return ALTS;
    return score > rule.thresholdHigh ? MAJORS : BALANCED;
  }
  if (score < rule.thresholdStrongLow) return STRONG_ALTS;
  if (score < rule.thresholdLow) return WEAK_ALTS;
  return majorsSide(score, rule);
}

function majorsSide(score: number, rule: CompositeRule): number {
  if (score > rule.thresholdStrongHigh) return STRONG_MAJORS;
  return score > rule.thresholdHigh ? WEAK_MAJORS : BALANCED;
}

function altsSide(score: number, rule: CompositeRule): number {
  if (score < rule.thresholdStrongLow) return STRONG_ALTS;
  return score < rule.thresholdLow ? WEAK_ALTS : BALANCED;
}

/** The regime after one more score. */
function nextRegime(from: number, s: number, widen: number, rule: CompositeRule, regimes: 3 | 5): number {
  const { thresholdLow: low, thresholdHigh: high } = rule;
  const up = rule.hysteresis.highBand * widen;
  const down = rule.hysteresis.lowBand * widen;
  switch (from) {
    case ALTS:
      if (!(s > low + up)) return from;
      return s > high ? MAJORS : BALANCED;
    case MAJORS:
      if (!(s < high + down)) return from;
      return s < low ? ALTS : BALANCED;
    case STRONG_ALTS:
      if (!(s > rule.thresholdStrongLow + up)) return from;
      return s > low ? majorsSide(s, rule) : WEAK_ALTS;
    case WEAK_ALTS:
      if (s > low + up) return majorsSide(s, rule);
      return s < rule.thresholdStrongLow ? STRONG_ALTS : from;
    case WEAK_MAJORS:
      if (s < high + down) return altsSide(s, rule);
      return s > rule.thresholdStrongHigh ? STRONG_MAJORS : from;
    case STRONG_MAJORS:
      if (!(s < rule.thresholdStrongHigh + down)) return from;
      return s < high ? altsSide(s, rule) : WEAK_MAJORS;
    default:
      return staticRegime(s, rule, regimes);
  }
}

/** Regime code of each row, in date order; row t depends on scores up to t. */
export function regimePath(score: Float64Array, rule: CompositeRule, regimes: 3 | 5): Uint8Array {
  const path = new Uint8Array(score.length);
  let current = BALANCED as number;
  let age = 0;
  for (let row = 0; row < score.length; row += 1) {
    const value = Number.isNaN(score[row]) ? 0 : score[row]!;
    // rows since the regime began: 1 on the row after its first
    age += 1;
    const widen = age < rule.hysteresis.minRegimeDuration ? YOUNG_BAND : 1;
    const next =
      row === 0 ? staticRegime(value, rule, regimes) : nextRegime(current, value, widen, rule, regimes);
    if (next !== current || row === 0) age = 0;
    current = next;
    path[row] = current;
  }
  return path;
}
