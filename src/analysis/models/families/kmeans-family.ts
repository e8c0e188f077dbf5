/** K-means in the registry. */
import { KMeansModel, kmeansFamily } from '../kmeans-model.js';
import type { ModelFamily } from './model-family.js';

/** Starts of a fit that names none, as in scikit-learn. */
const STARTS = 10;
/** Lloyd rounds of one start at most. */
const MOST_ROUNDS = 300;

export const KMEANS: ModelFamily = {
  name: 'kmeans',
  kind: 'kmeans',
  title: 'K-means',
  capabilities: { causal: true, probabilistic: false, temporal: false, likelihood: false },
  takes: { states: true, autoStates: false, covariance: false, restarts: true, engine: false },
  resumes: true,
  settings: {},
  fit(observations, { states, seed, restarts = STARTS }) {
    const { model, report } = kmeansFamily.fit(observations, { states, seed, starts: restarts });
    return {
      model,
      story: {
        logLikelihood: null,
        parameters: null,
        objective: { name: 'sum of squared distances', value: report.inertia },
        history: [],
        converged: report.iterations < MOST_ROUNDS,
        iterations: report.iterations,
        restarts: { count: restarts, followed: restarts, dropped: 0, spread: null, best_family: 'k-means++' },
        warnings: [],
      },
    };
  },
  fromJson: (json) => KMeansModel.fromJson(json),
};
