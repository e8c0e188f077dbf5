/** The Gaussian HMM in the registry. */
import { z } from 'zod';
import { GaussianHmm, trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import type { Stickiness } from '../gaussian-hmm/sticky-prior.js';
import { likelihoodStory } from './likelihood-story.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, stickinessOf, targetDurationSetting } from './settings.js';

const settings = z.strictObject({ target_duration: targetDurationSetting });

/** Settings as options of the fit. @throws TidewatchError `bad_parameter` */
export function gaussianHmmOptions(given: unknown): { sticky?: Stickiness } {
  return stickinessOf(readSettings('hmm', settings, given).target_duration);
}

export const GAUSSIAN_HMM: ModelFamily = {
  name: 'hmm',
  kind: 'gaussian_hmm',
  title: 'Gaussian HMM',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: true },
  takes: { states: true, autoStates: true, covariance: true, restarts: true, engine: true },
  resumes: true,
  settings: { target_duration: 'none' },
  fit(observations, request) {
    const { restarts, mode, maxIterations, minimumShare, volatilityColumn, engineFactory } = request;
    const { model, report } = trainGaussianHmm(observations, {
      states: request.states,
      covarianceType: request.covarianceType ?? 'diag',
      seed: request.seed,
      returnColumn: request.returnColumn,
      featureNames: request.featureNames,
      ...gaussianHmmOptions(request.settings),
      ...(mode === undefined ? {} : { mode }),
      ...(maxIterations === undefined ? {} : { maxIterations }),
      ...(minimumShare === undefined ? {} : { minimumShare }),
      ...(volatilityColumn === undefined ? {} : { volatilityColumn }),
      ...(engineFactory === undefined ? {} : { engineFactory }),
      ...(restarts === undefined ? {} : { restarts }),
    });
    return { model, story: likelihoodStory(report, model.parameterCount) };
  },
  fromJson: (json, engineFactory) => GaussianHmm.fromJson(json, engineFactory),
};
