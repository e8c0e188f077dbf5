/** Segmentation with hindsight in the registry: for study only. */
import { z } from 'zod';
import { PeltModel, peltFamily } from '../pelt-model.js';
import { SEGMENT_COSTS } from '../segmentation.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, sortBySetting } from './settings.js';

const settings = z.strictObject({
  cost: z.enum(SEGMENT_COSTS),
  /** Price of one more segment; `bic` takes it from the size of the problem. */
  penalty: z.union([z.number().nonnegative(), z.literal('bic')]),
  minimum_size: z.int().min(2),
  sort_by: sortBySetting,
});

export const PELT: ModelFamily = {
  name: 'pelt',
  kind: 'pelt',
  title: 'Segmentation (PELT)',
  capabilities: { causal: false, probabilistic: false, temporal: true, likelihood: false },
  takes: { states: true, autoStates: false, covariance: false, restarts: false, engine: false },
  resumes: false,
  settings: { cost: 'normal', penalty: 'bic', minimum_size: 5, sort_by: 'cumulative_return' },
  fit(observations, { states, seed, logReturn, settings: given }) {
    const {
      cost,
      penalty,
      minimum_size: minimumSize,
      sort_by: sortBy,
    } = readSettings('pelt', settings, given);
    const { model, report } = peltFamily.fit(observations, {
      states,
      seed,
      cost,
      minimumSize,
      sortBy,
      logReturn,
      ...(penalty === 'bic' ? {} : { penalty }),
    });
    return {
      model,
      story: {
        logLikelihood: null,
        parameters: null,
        objective: { name: 'segment costs and penalties', value: report.objective },
        history: [],
        converged: true,
        iterations: 1,
        restarts: null,
        warnings: [],
      },
    };
  },
  fromJson: (json) => PeltModel.fromJson(json),
};
