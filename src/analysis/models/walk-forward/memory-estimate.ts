/** How much memory a walk-forward will take at its peak, known before it starts. */
import { VIEW_ROWS } from './walk-forward.js';

/** Counts that decide the peak; `workers` fit at the same time. */
export interface WalkForwardSize {
  readonly rows: number;
  readonly features: number;
  readonly states: number;
  readonly folds: number;
  readonly workers: number;
}

/** A worker without data: its JavaScript engine and the program. */
const WORKER_BYTES = 48e6;
const DOUBLE = 8;
/** Doubles per row, feature and worker: the scaled columns, the rows, the kernel's copy. */
const COPIES = 3;
/** Doubles per row and state: emissions, forward, posterior and the probabilities returned. */
const PER_STATE = 6;
/** Bytes per row of the finished tables: labels, text of the CSV, decoded paths. */
const PER_RESULT = 400;
/** JSON of one fold's model, alignment and events. */
const FOLD_BYTES = 20_000;

/** Bytes, rounded up to whole megabytes. */
export function estimateMemory({ rows, features, states, folds, workers }: WalkForwardSize): number {
  const shared = rows * (features + 3) * DOUBLE;
  const fitting = WORKER_BYTES + rows * DOUBLE * (COPIES * features + PER_STATE * states);
  const finishing =
    fitting + rows * (PER_RESULT + 4 * states * DOUBLE) + folds * (VIEW_ROWS * 2 + FOLD_BYTES);
  return Math.ceil((2 * shared + Math.max(workers * fitting, finishing)) / 1e6) * 1e6;
}
