/**
 * How many states: by what later rows say, not by how well the fitted ones are told (HMM spec §11.1).
 *
 * Method: expanding folds inside the training rows. Each fold fits every K to the rows before it, with a scaler of
 * those rows, and scores the rows of the fold as their continuation, L(all) − L(fitted). The best K has the highest mean per
 * row; the smallest K whose mean shortfall against it is within one standard error of that shortfall is taken
 * (the one-standard-error rule of Breiman et al. 1984). Shortfalls are taken fold by fold: folds differ by what the
 * market did far more than candidates do, and that part is common to all of them.
 * Why not BIC: on autocorrelated, overlapping features it keeps preferring more states. It stands beside in the record.
 * Deterministic, and no row after the training rows is looked at.
 * Limits: five folds make a rough standard error; a family without likelihood cannot be judged this way.
 */
import { TidewatchError } from '../../errors.js';
import { Scaler } from '../features/scaler.js';
import type { FamilyFitRequest, FitStory } from './families/model-family.js';
import { type FeatureRows, featureObservations, namedColumns } from './feature-observations.js';
import type { Observations } from './observations.js';
import type { RegimeModel } from './regime-model.js';
import { continuedScore } from './training-diagnostics.js';

/** Each fold scores a tenth of the training rows; the first one is fitted to half of them. */
const TENTHS = 10;
const FIRST_TENTH = 5;

/** What is needed of a family to judge it: its fit, and the likelihood that came of it. */
export interface ScoredFamily {
  fit(
    observations: Observations,
    request: FamilyFitRequest,
  ): { readonly model: RegimeModel; readonly story: Pick<FitStory, 'logLikelihood'> };
}

export interface FoldScores {
  readonly states: number;
  /** Log-likelihood per row of each fold, nats, in the units of that fold's scaler. */
  readonly perRow: readonly number[];
  /** Why it has no scores; null when it has. */
  readonly failed: string | null;
}

/** How one K did on the folds beside the best K. */
export interface StateChoice {
  readonly states: number;
  /** Mean log-likelihood of later rows, nats per row. */
  readonly perRow: number;
  /** Mean over the folds of best − this, nats per row; 0 for the best. */
  readonly shortfall: number;
  /** Of the shortfall over the folds. */
  readonly standardError: number;
}

/** Rows of the expanding folds: fitted to [0, to), scored on [to, end). */
export function expandingFolds(trainRows: number): { readonly to: number; readonly end: number }[] {
  const edge = (tenth: number): number => Math.floor((trainRows * tenth) / TENTHS);
  return Array.from({ length: TENTHS - FIRST_TENTH }, (_, fold) => ({
    to: edge(FIRST_TENTH + fold),
    end: edge(FIRST_TENTH + fold + 1),
  }));
}

/**
 * Scores every K on every fold.
 * @param table feature rows, of which only the first `trainRows` are read
 * @param scaled standardise by the rows before each fold; false leaves raw units
 */
export function scoreStates(
  family: ScoredFamily,
  table: FeatureRows,
  trainRows: number,
  candidates: readonly number[],
  request: FamilyFitRequest,
  scaled: boolean,
): FoldScores[] {
  const names = request.featureNames;
  const columns = namedColumns(table, names);
  const folds = expandingFolds(trainRows).map(({ to, end }) => {
    const scaler = scaled ? Scaler.fit(columns, 0, to) : undefined;
    return {
      fitted: featureObservations(table, names, scaler, 0, to),
      all: featureObservations(table, names, scaler, 0, end),
      logReturn: request.logReturn.subarray(0, to),
    };
  });
  return candidates.map((states) => {
    const perRow: number[] = [];
    for (const { fitted, all, logReturn } of folds) {
      try {
        const { model, story } = family.fit(fitted, { ...request, states, logReturn });
        perRow.push(continuedScore(model, all, story.logLikelihood!) / (all.rows - fitted.rows));
      } catch (error) {
        if (!isUnfit(error)) throw error;
        return { states, perRow: [], failed: `not on the first ${fitted.rows} rows: ${error.message}` };
      }
    }
    return { states, perRow, failed: null };
  });
}

/** A K that these rows cannot carry; anything else is a fault of the input or of the program. */
function isUnfit(error: unknown): error is TidewatchError {
  return error instanceof TidewatchError && ['degenerate_data', 'too_few_rows'].includes(error.code);
}

/**
 * The one-standard-error rule over the candidates that have scores.
 * @returns the chosen K (undefined without any candidate) and what the table of the record shows
 */
export function chooseStates(scores: readonly FoldScores[]): {
  readonly chosen: number | undefined;
  readonly choices: readonly StateChoice[];
} {
  const scored = scores.filter(({ perRow }) => perRow.length > 0);
  const best = scored.reduce<FoldScores | undefined>(
    (a, b) => (a === undefined || mean(b.perRow) > mean(a.perRow) ? b : a),
    undefined,
  );
  if (best === undefined) return { chosen: undefined, choices: [] };
  const choices = scored.map(({ states, perRow }) => {
    const shortfalls = perRow.map((score, fold) => best.perRow[fold]! - score);
    return {
      states,
      perRow: mean(perRow),
      shortfall: mean(shortfalls),
      standardError: standardErrorOfMean(shortfalls),
    };
  });
  const within = choices.filter(({ shortfall, standardError }) => shortfall <= standardError);
  return { chosen: Math.min(...within.map(({ states }) => states)), choices };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardErrorOfMean(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
