/**
 * The usual research chart: one model fitted on every bar, its path smoothed over every bar. It knows the future twice
 * over and exists here only to be held against the walk-forward (revision.ts); its type says `lookahead: true`.
 */
import { Scaler } from '../../features/scaler.js';
import { mostProbablePath } from '../state-statistics.js';
import { foldFamily } from './fold-families.js';
import type { Candidate } from './fold-family.js';
import { type FoldSearch, trainingRows, type WalkForwardInput } from './fold-search.js';
import type { Hindsight } from './revision.js';
import type { Fold, Schedule } from './schedule.js';
import { trainingLabels } from './training-labels.js';

/** The fold that trains on the newest rows and speaks for none: its search is the model with hindsight. */
export function hindsightFold(rows: number, folds: number, { window, train }: Schedule): Fold {
  return {
    index: folds,
    trainFrom: window === 'rolling' ? Math.max(0, rows - train) : 0,
    trainTo: rows,
    applyTo: rows,
  };
}

/**
 * Labels with hindsight of rows [from, end).
 * @param search of `hindsightFold`
 */
export function withHindsight(
  input: WalkForwardInput,
  fold: Fold,
  search: FoldSearch,
  candidate: Candidate,
  from: number,
): Hindsight {
  const model = foldFamily(candidate.family).fromJson(search.model);
  const { mean, deviation } = search.scaler;
  const scaler = new Scaler(Float64Array.from(mean), Float64Array.from(deviation));
  const path = mostProbablePath(
    model.filter(trainingRows(input.table, fold, scaler)).probability,
    model.states,
  );
  const names = trainingLabels(input, fold, path, model.states);
  const every = trainingRows(input.table, { ...fold, trainFrom: 0 }, scaler);
  const labelsOf = (probability: Float64Array): string[] =>
    Array.from(mostProbablePath(probability, model.states).subarray(from), (state) => names[state]!);
  return {
    lookahead: true,
    filtered: labelsOf(model.filter(every).probability),
    smoothed: labelsOf(model.smooth(every).probability),
  };
}
