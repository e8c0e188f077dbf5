/** The continuous jump model in the registry. */
import { z } from 'zod';
import { ContinuousJumpModel, continuousJumpFamily } from '../jump-continuous-model.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, sortBySetting } from './settings.js';

/** k-means++ starts beside the fitted discrete model, of a fit that names none. */
const STARTS = 10;

const settings = z.strictObject({
  jump_penalty: z.union([z.number().nonnegative(), z.literal('walk_forward')]),
  grid_step: z.number().positive().max(1),
  sort_by: sortBySetting,
});

export const JUMP_CONTINUOUS: ModelFamily = {
  name: 'jump-continuous',
  kind: 'jump_continuous',
  title: 'Continuous jump model',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: false },
  takes: { states: true, autoStates: false, covariance: false, restarts: true, engine: false },
  resumes: false,
  settings: { jump_penalty: 50, grid_step: 0.05, sort_by: 'cumulative_return' },
  fit(observations, { states, seed, restarts = STARTS, logReturn, settings: given }) {
    const chosen = readSettings('jump-continuous', settings, given);
    const { model, report } = continuousJumpFamily.fit(observations, {
      states,
      seed,
      starts: restarts,
      jumpPenalty: chosen.jump_penalty,
      gridStep: chosen.grid_step,
      sortBy: chosen.sort_by,
      logReturn,
    });
    return {
      model,
      story: {
        logLikelihood: null,
        parameters: null,
        objective: { name: 'losses and jumps', value: report.objective },
        history: [],
        converged: true,
        iterations: report.rounds,
        restarts: {
          count: restarts + 1,
          followed: 1,
          dropped: 0,
          spread: null,
          best_family: 'jump model or k-means++',
        },
        warnings: [],
      },
    };
  },
  fromJson: (json) => ContinuousJumpModel.fromJson(json),
};
