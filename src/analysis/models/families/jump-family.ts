/** The statistical jump model in the registry. */
import { z } from 'zod';
import { JumpModel, jumpModelFamily } from '../jump-model.js';
import type { FitStory, ModelFamily } from './model-family.js';
import { readSettings, sortBySetting } from './settings.js';

/** Starts of a fit that names none (HMM spec §11.7). */
const STARTS = 10;

const settings = z.strictObject({
  /** λ, the cost of one change of state, or `walk_forward`: chosen by what its causal states would have earned. */
  jump_penalty: z.union([z.number().nonnegative(), z.literal('walk_forward')]),
  sort_by: sortBySetting,
});

export const JUMP: ModelFamily = {
  name: 'jump',
  kind: 'jump',
  title: 'Jump model',
  capabilities: { causal: true, probabilistic: false, temporal: true, likelihood: false },
  takes: { states: true, autoStates: false, covariance: false, restarts: true, engine: false },
  resumes: false,
  settings: { jump_penalty: 50, sort_by: 'cumulative_return' },
  fit(observations, { states, seed, restarts = STARTS, logReturn, settings: given }) {
    const { jump_penalty: jumpPenalty, sort_by: sortBy } = readSettings('jump', settings, given);
    const { model, report } = jumpModelFamily.fit(observations, {
      states,
      seed,
      starts: restarts,
      jumpPenalty,
      sortBy,
      logReturn,
    });
    const story: FitStory = {
      logLikelihood: null,
      parameters: null,
      objective: { name: 'losses and jumps', value: report.objective },
      history: [],
      converged: true,
      iterations: report.rounds,
      restarts: { count: restarts, followed: restarts, dropped: 0, spread: null, best_family: 'k-means++' },
      warnings: [],
    };
    return { model, story };
  },
  fromJson: (json) => JumpModel.fromJson(json),
};
