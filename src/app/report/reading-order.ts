/** The order in which states are told: from the most falling label to the most rising one. */
import { REGIME_COLORS, type ReportState } from './regime-report-input.js';

/** Positions of the states in reading order. */
export function readingOrder(states: readonly Pick<ReportState, 'color'>[]): number[] {
  const rank = (index: number): number => REGIME_COLORS.indexOf(states[index]!.color);
  return states.map((_, index) => index).sort((a, b) => rank(a) - rank(b) || a - b);
}
