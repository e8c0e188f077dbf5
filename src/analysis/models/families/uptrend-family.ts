/** The uptrend states in the registry. */
import { UPTREND_STATE } from '../../features/uptrend-features.js';
import { UptrendModel, uptrendFamily } from '../uptrend-model.js';
import type { ModelFamily } from './model-family.js';

export const UPTREND: ModelFamily = {
  name: 'uptrend',
  kind: 'uptrend',
  title: 'Uptrend states',
  capabilities: { causal: true, probabilistic: false, temporal: true, likelihood: false },
  takes: { states: false, autoStates: false, covariance: false, restarts: false, engine: false },
  // the state of a row is in the row
  resumes: true,
  settings: {},
  features: [UPTREND_STATE],
  featureSet: 'uptrend',
  givenStates: true,
  fit(observations) {
    const { model, report } = uptrendFamily.fit(observations, undefined);
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
  fromJson: (json) => UptrendModel.fromJson(json),
};
