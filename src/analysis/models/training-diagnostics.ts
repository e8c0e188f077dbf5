/**
 * What tells whether to trust a trained model (HMM spec §6, §11.1): fit and validation likelihoods, information
 * criteria, what the search went through, persistence, and the gain over a model with one state.
 */
import type { EstimationMode } from './gaussian-hmm/covariance-prior.js';
import type { CovarianceType, ExpectationEngineFactory, Observations } from './gaussian-hmm/expectation.js';
import type { FitReport } from './gaussian-hmm/fit.js';
import { type GaussianHmm, trainGaussianHmm } from './gaussian-hmm/gaussian-hmm.js';
import type { RegimeRecord } from './regime-record.js';
import { bicReference, informationCriteria, totalEntropy } from './selection.js';

/** One candidate K, fitted to the training rows. */
export interface Fitted {
  readonly model: GaussianHmm;
  readonly report: FitReport;
  readonly bic: number;
  /** Training rows per state on the Viterbi path. */
  readonly stateCounts: number[];
}

export interface DiagnoseOptions {
  readonly mode: EstimationMode;
  readonly covarianceType: CovarianceType;
  readonly engineFactory: ExpectationEngineFactory;
}

/**
 * @param train the fitted rows, the first ones of `all`
 * @param candidates every K that was tried
 */
export function diagnose(
  { model, report, stateCounts }: Fitted,
  train: Observations,
  all: Observations,
  candidates: RegimeRecord['diagnostics']['candidates'],
  options: DiagnoseOptions,
): Omit<RegimeRecord['diagnostics'], 'warnings'> {
  const { mode } = options;
  const validation = all.rows - train.rows;
  const start = { from: 'startProbability' } as const;
  const entropy = totalEntropy(model.smooth(train, start).probability);
  const criteria = informationCriteria(report.logLikelihood, model.parameterCount, train.rows, entropy);
  const continued = validation > 0 ? model.score(all) - report.logLikelihood : null;
  const { transitionMatrix } = model.parameters;
  const followed = report.restarts.filter(({ finalist }) => finalist);
  const best = followed.reduce((a, b) => ((b.objective ?? -Infinity) > (a.objective ?? -Infinity) ? b : a));
  return {
    mode,
    k: model.states,
    n_train: train.rows,
    n_val: validation,
    loglik_train: report.logLikelihood,
    loglik_val: validation > 0 ? model.score(lastRows(all, train.rows)) : null,
    loglik_val_continued: continued,
    loglik_per_row_train: report.logLikelihood / train.rows,
    loglik_per_row_val: continued === null ? null : continued / validation,
    val_gain_over_one_state:
      continued === null ? null : (continued - oneStateScore(train, all, options)) / validation,
    aic: criteria.aic,
    bic: criteria.bic,
    icl: criteria.icl,
    bic_reference: bicReference(report.logLikelihood, model.states, model.parameters.features, train.rows),
    n_params: model.parameterCount,
    state_counts: stateCounts,
    converged: report.converged,
    iterations: report.iterations,
    loglik_history: [...report.history],
    restarts: {
      count: report.restarts.length,
      followed: followed.length,
      dropped: report.restarts.filter(({ objective }) => objective === null).length,
      spread: report.spread,
      best_family: best.family,
    },
    persistence: model.stationary.reduce(
      (sum, share, k) => sum + share * transitionMatrix[k * model.states + k]!,
      0,
    ),
    stationary: [...model.stationary],
    candidates,
  };
}

/** Log-likelihood of the validation rows under a single state fitted to the training rows. */
function oneStateScore(train: Observations, all: Observations, options: DiagnoseOptions): number {
  const { model, report } = trainGaussianHmm(train, {
    states: 1,
    covarianceType: options.covarianceType,
    mode: options.mode,
    engineFactory: options.engineFactory,
  });
  return model.score(all) - report.logLikelihood;
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
