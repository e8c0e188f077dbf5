/** The Gaussian HMM in the registry. */
import type { FitReport } from '../gaussian-hmm/fit.js';
import { GaussianHmm, trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import type { FitStory, ModelFamily } from './model-family.js';

export const GAUSSIAN_HMM: ModelFamily = {
  name: 'hmm',
  kind: 'gaussian_hmm',
  title: 'Gaussian HMM',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: true },
  takes: { states: true, covariance: true, restarts: true, engine: true },
  settings: {},
  fit(observations, request) {
    const { restarts, mode, maxIterations, minimumShare, volatilityColumn, engineFactory } = request;
    const { model, report } = trainGaussianHmm(observations, {
      states: request.states,
      covarianceType: request.covarianceType ?? 'diag',
      seed: request.seed,
      returnColumn: request.returnColumn,
      featureNames: request.featureNames,
      ...(mode === undefined ? {} : { mode }),
      ...(maxIterations === undefined ? {} : { maxIterations }),
      ...(minimumShare === undefined ? {} : { minimumShare }),
      ...(volatilityColumn === undefined ? {} : { volatilityColumn }),
      ...(engineFactory === undefined ? {} : { engineFactory }),
      ...(restarts === undefined ? {} : { restarts }),
    });
    return { model, story: storyOf(report, model.parameterCount) };
  },
  fromJson: (json, engineFactory) => GaussianHmm.fromJson(json, engineFactory),
};

function storyOf(report: FitReport, parameters: number): FitStory {
  const followed = report.restarts.filter(({ finalist }) => finalist);
  const best = followed.reduce((a, b) => ((b.objective ?? -Infinity) > (a.objective ?? -Infinity) ? b : a));
  return {
    logLikelihood: report.logLikelihood,
    parameters,
    objective: { name: 'log-likelihood', value: report.logLikelihood },
    history: report.history,
    converged: report.converged,
    iterations: report.iterations,
    restarts: {
      count: report.restarts.length,
      followed: followed.length,
      dropped: report.restarts.filter(({ objective }) => objective === null).length,
      spread: report.spread,
      best_family: best.family,
    },
    warnings: report.warnings,
  };
}
