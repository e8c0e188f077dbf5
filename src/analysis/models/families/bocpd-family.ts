/** Online change points in the registry. */
import { z } from 'zod';
import { BocpdModel, bocpdFamily } from '../bocpd-model.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, sortBySetting } from './settings.js';

const settings = z.strictObject({
  /** Probability per bar that a new stretch begins. */
  hazard: z.number().gt(0).lt(1),
  /** Runs with a mass up to this are dropped. */
  prune: z.number().min(0).max(0.01),
  sort_by: sortBySetting,
});

export const BOCPD: ModelFamily = {
  name: 'bocpd',
  kind: 'bocpd',
  title: 'Online change points',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: true },
  takes: { states: true, autoStates: false, covariance: false, restarts: false, engine: false },
  resumes: false,
  settings: { hazard: 0.01, prune: 1e-6, sort_by: 'cumulative_return' },
  fit(observations, { states, seed, logReturn, settings: given }) {
    const { hazard, prune, sort_by: sortBy } = readSettings('bocpd', settings, given);
    const { model, report } = bocpdFamily.fit(observations, {
      states,
      seed,
      hazard,
      prune,
      sortBy,
      logReturn,
    });
    return {
      model,
      story: {
        logLikelihood: report.logEvidence,
        // the evidence integrates over every level: no parameter of the kinds enters it, so nothing is charged for K
        parameters: null,
        objective: { name: 'log evidence', value: report.logEvidence },
        history: [],
        converged: true,
        iterations: 1,
        restarts: null,
        warnings: [],
      },
    };
  },
  fromJson: (json) => BocpdModel.fromJson(json),
};
