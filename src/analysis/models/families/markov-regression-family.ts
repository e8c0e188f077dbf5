/** Markov-switching regression in the registry: the bar's return on a constant, or on named columns as well. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { MarkovRegression, trainMarkovRegression } from '../markov-regression/markov-regression.js';
import { likelihoodStory } from './likelihood-story.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, stickinessOf, targetDurationSetting } from './settings.js';

const settings = z.strictObject({
  /** Names of the columns of x with commas between; empty leaves switching mean and variance. */
  regressors: z.string(),
  intercept: z.boolean(),
  target_duration: targetDurationSetting,
});

/** @throws TidewatchError `bad_parameter` when there is no such column */
function columnsOf(typed: string, names: readonly string[], response: number): number[] {
  const wanted = typed.split(',').flatMap((name) => name.trim() || []);
  return wanted.map((name) => {
    const column = names.indexOf(name);
    if (column >= 0 && column !== response) return column;
    throw new TidewatchError('bad_parameter', `"${name}" cannot be a regressor`, {
      hint: `use some of ${names.filter((_, i) => i !== response).join(', ')}`,
      details: { parameter: 'regressors', value: name },
    });
  });
}

export const MARKOV_REGRESSION: ModelFamily = {
  name: 'msr',
  kind: 'markov_regression',
  title: 'Markov-switching regression',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: true },
  takes: { states: true, autoStates: true, covariance: false, restarts: true, engine: false },
  resumes: true,
  settings: { regressors: '', intercept: true, target_duration: 'none' },
  fit(observations, request) {
    const { restarts, maxIterations, minimumShare, returnColumn, featureNames } = request;
    const {
      regressors,
      intercept,
      target_duration: duration,
    } = readSettings('msr', settings, request.settings);
    const { model, report } = trainMarkovRegression(observations, {
      states: request.states,
      seed: request.seed,
      response: returnColumn,
      regressors: columnsOf(regressors, featureNames, returnColumn),
      intercept,
      featureNames,
      ...stickinessOf(duration),
      ...(maxIterations === undefined ? {} : { maxIterations }),
      ...(minimumShare === undefined ? {} : { minimumShare }),
      ...(restarts === undefined ? {} : { restarts }),
    });
    return { model, story: likelihoodStory(report, model.parameterCount) };
  },
  fromJson: (json) => MarkovRegression.fromJson(json),
};
