/**
 * When a model is fitted again, and on which rows (HMM spec §11.4).
 *
 * Fold i trains on rows before t_i = train + i·refit and speaks for rows [t_i, t_i + refit) alone. The schedule counts
 * rows from the first one, so a longer table adds folds at its end and moves none: what a fold says about a row is the
 * same whether later rows exist or not.
 */
import { TidewatchError } from '../../../errors.js';

/** When is fitted again and on how many rows; rows are whole numbers ≥ 1. */
export interface Schedule {
  /** `expanding` keeps every row so far, `rolling` the newest `train` rows. */
  readonly window: 'expanding' | 'rolling';
  /** Rows of the first training window, and of every one when rolling. */
  readonly train: number;
  /** Rows between refits. */
  readonly refit: number;
}

/** Row ranges, half-open. */
export interface Fold {
  readonly index: number;
  readonly trainFrom: number;
  /** End of training and first row the fold speaks for. */
  readonly trainTo: number;
  readonly applyTo: number;
}

/** Fewest rows that a training window may hold. */
export const FEWEST_TRAINING_ROWS = 200;

/**
 * Every fold that has at least one row to speak for.
 * @throws TidewatchError `bad_parameter`, `too_few_rows` when nothing is left after the first training window
 */
export function scheduleFolds(rows: number, { window, train, refit }: Schedule): Fold[] {
  if (!Number.isInteger(train) || train < FEWEST_TRAINING_ROWS) {
    throw new TidewatchError('bad_parameter', `a training window of ${train} rows is too short`, {
      hint: `train on ${FEWEST_TRAINING_ROWS} rows or more`,
      details: { train, needed: FEWEST_TRAINING_ROWS },
    });
  }
  if (!Number.isInteger(refit) || refit < 1) {
    throw new TidewatchError('bad_parameter', `${refit} is not a number of rows between refits`, {
      hint: 'give a whole number from 1 on',
      details: { refit },
    });
  }
  if (rows <= train) {
    throw new TidewatchError(
      'too_few_rows',
      `${rows} feature rows leave nothing to test after a first training window of ${train}`,
      { hint: 'train on fewer rows or take a longer range', details: { rows, train } },
    );
  }
  const folds: Fold[] = [];
  for (let trainTo = train; trainTo < rows; trainTo += refit) {
    folds.push({
      index: folds.length,
      trainFrom: window === 'rolling' ? trainTo - train : 0,
      trainTo,
      applyTo: Math.min(rows, trainTo + refit),
    });
  }
  return folds;
}
