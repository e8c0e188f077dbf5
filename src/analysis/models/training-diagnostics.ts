/**
 * What tells whether to trust a trained model (HMM spec §6, §11.1): fit and validation likelihoods, information
 * criteria, what the search went through, persistence, and the gain over a model with one state. What a family does
 * not have is null.
 */
import type { FamilyFit, FamilyFitRequest, ModelFamily } from './families/model-family.js';
import { stationaryDistribution } from './markov-chain.js';
import type { Observations } from './observations.js';
import type { RegimeModel } from './regime-model.js';
import type { RegimeRecord } from './regime-record.js';
import { bicReference, informationCriteria, totalEntropy } from './selection.js';

/** One candidate K, fitted to the training rows. */
export interface Fitted extends FamilyFit {
  readonly criteria: CriteriaOrNone;
  /** Training rows per state on the decoded path. */
  readonly stateCounts: number[];
}

interface CriteriaOrNone {
  readonly aic: number | null;
  readonly bic: number | null;
  readonly icl: number | null;
}

const START = { from: 'startProbability' } as const;

/** AIC, BIC and ICL of a fit; nulls for a family without likelihood. */
export function criteriaOf({ model, story }: FamilyFit, train: Observations): CriteriaOrNone {
  if (story.logLikelihood === null || story.parameters === null) return { aic: null, bic: null, icl: null };
  const entropy = totalEntropy(model.smooth(train, START).probability);
  return informationCriteria(story.logLikelihood, story.parameters, train.rows, entropy);
}

/** Log-likelihood of the rows after the training rows: L(all) − L(train). */
export function continuedScore(model: RegimeModel, all: Observations, trainScore: number): number {
  return model.filter(all, START).logLikelihood - trainScore;
}

/**
 * P(next bar | state) by the model's own forecast, K × K row-major; null for a family that forecasts nothing.
 */
export function transitionsOf(family: ModelFamily, model: RegimeModel): Float64Array | null {
  if (!family.capabilities.causal) return null;
  const { states } = model;
  const matrix = new Float64Array(states * states);
  for (let state = 0; state < states; state += 1) {
    const certain = new Float64Array(states);
    certain[state] = 1;
    matrix.set(model.forecast(certain, 1), state * states);
  }
  return matrix;
}

/**
 * @param train the fitted rows, the first ones of `all`
 * @param request of the fit
 * @param candidates every K that was tried
 */
export function diagnose(
  family: ModelFamily,
  { model, story, stateCounts, criteria }: Fitted,
  train: Observations,
  all: Observations,
  request: FamilyFitRequest,
  candidates: RegimeRecord['diagnostics']['candidates'],
): Omit<RegimeRecord['diagnostics'], 'warnings'> {
  const { logLikelihood, parameters } = story;
  const validation = all.rows - train.rows;
  const scored = logLikelihood !== null && validation > 0 && family.capabilities.causal;
  const continued = scored ? continuedScore(model, all, logLikelihood) : null;
  const matrix = transitionsOf(family, model);
  const stationary = matrix === null ? null : stationaryDistribution(matrix, model.states);
  return {
    mode: family.takes.engine ? (request.mode ?? null) : null,
    k: model.states,
    n_train: train.rows,
    n_val: validation,
    loglik_train: logLikelihood,
    loglik_val: scored ? model.filter(lastRows(all, train.rows), START).logLikelihood : null,
    loglik_val_continued: continued,
    loglik_per_row_train: logLikelihood === null ? null : logLikelihood / train.rows,
    loglik_per_row_val: continued === null ? null : continued / validation,
    val_gain_over_one_state:
      continued !== null && family.takes.autoStates
        ? (continued - oneStateScore(family, train, all, request)) / validation
        : null,
    aic: criteria.aic,
    bic: criteria.bic,
    icl: criteria.icl,
    bic_reference:
      family.name === 'hmm' && logLikelihood !== null
        ? bicReference(logLikelihood, model.states, usedFeatures(model), train.rows)
        : null,
    n_params: parameters,
    state_counts: stateCounts,
    objective: story.objective,
    converged: story.converged,
    iterations: story.iterations,
    loglik_history: [...story.history],
    restarts: story.restarts === null ? null : { ...story.restarts },
    persistence:
      matrix === null || stationary === null
        ? null
        : stationary.reduce((sum, share, k) => sum + share * matrix[k * model.states + k]!, 0),
    stationary: stationary === null ? null : [...stationary],
    candidates,
  };
}

function usedFeatures(model: RegimeModel): number {
  return 'usedFeatures' in model && Array.isArray(model.usedFeatures)
    ? model.usedFeatures.length
    : model.features;
}

/** Log-likelihood of the validation rows under a single state fitted to the training rows. */
function oneStateScore(
  family: ModelFamily,
  train: Observations,
  all: Observations,
  request: FamilyFitRequest,
): number {
  const { model, story } = family.fit(train, { ...request, states: 1, restarts: undefined });
  return continuedScore(model, all, story.logLikelihood!);
}

/** Rows from `from` on, with the sequences they fall into. */
function lastRows({ data, rows, features, lengths }: Observations, from: number): Observations {
  const kept: number[] = [];
  let start = 0;
  for (const length of lengths) {
    const inside = start + length - Math.max(from, start);
    if (inside > 0) kept.push(inside);
    start += length;
  }
  return { data: data.subarray(from * features), rows: rows - from, features, lengths: kept };
}
