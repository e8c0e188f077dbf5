/** The bands of A in the registry. */
import { PostureModel, postureFamily } from '../posture-model.js';
import type { ModelFamily } from './model-family.js';

export const POSTURE: ModelFamily = {
  name: 'posture',
  kind: 'posture',
  title: 'Posture bands',
  capabilities: { causal: true, probabilistic: false, temporal: true, likelihood: false },
  takes: { states: false, autoStates: false, covariance: false, restarts: false, engine: false },
  // the state of a row is in the row
  resumes: true,
  settings: {},
  features: ['posture_a'],
  featureSet: 'posture',
  givenStates: true,
  fit(observations) {
    const { model, report } = postureFamily.fit(observations, undefined);
    return {
      model,
      story: {
        logLikelihood: null,
        parameters: null,
        objective: { name: 'state changes counted', value: report.changes },
        history: [],
        converged: true,
        iterations: 1,
        restarts: null,
        warnings: [],
      },
    };
  },
  fromJson: (json) => PostureModel.fromJson(json),
};
