/** What a person should know before trusting a trained model (HMM spec §6). */
import type { RecordedStatistics } from './regime-record.js';

export interface TrainingWarning {
  /** What the fit itself warns of, or `small_state`, `short_duration`, `states_at_edge`. */
  readonly code: string;
  readonly message: string;
}

/** A state below this share of the training rows rests on little evidence. */
const SMALL_SHARE = 0.05;
/** A state that lasts fewer bars than this is hard to trade. */
const SHORT_DURATION = 3;

/** The warnings of the fit, and those that the states and the candidates for K give rise to. */
export function trainingWarnings({
  warnings,
  stats,
  candidates,
}: {
  readonly warnings: readonly TrainingWarning[];
  readonly stats: readonly RecordedStatistics[];
  /** The values of K that were tried. */
  readonly candidates: readonly number[];
}): TrainingWarning[] {
  const found: TrainingWarning[] = [...warnings];
  for (const { state, label, share, expected_duration: duration } of stats) {
    const name = `state ${state} (${label})`;
    if (share < SMALL_SHARE) {
      const percent = (100 * share).toFixed(1);
      found.push({ code: 'small_state', message: `${name} holds ${percent} % of the training rows` });
    }
    if (duration !== null && duration < SHORT_DURATION) {
      found.push({ code: 'short_duration', message: `${name} lasts ${duration.toFixed(1)} bars on average` });
    }
  }
  const last = candidates[candidates.length - 1];
  if (candidates.length > 1 && (stats.length === candidates[0] || stats.length === last)) {
    found.push({
      code: 'states_at_edge',
      message: `${stats.length} states is at the edge of the range tried (${candidates[0]} to ${last})`,
    });
  }
  return found;
}
