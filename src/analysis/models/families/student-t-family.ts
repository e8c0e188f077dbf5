/** The Student-t HMM in the registry. */
import { z } from 'zod';
import type { Stickiness } from '../gaussian-hmm/sticky-prior.js';
import { StudentTHmm, trainStudentTHmm } from '../student-t-hmm/student-t-hmm.js';
import { likelihoodStory } from './likelihood-story.js';
import type { ModelFamily } from './model-family.js';
import { readSettings, stickinessOf, targetDurationSetting } from './settings.js';

const settings = z.strictObject({
  /** ν of every state; `learn` finds one for each. */
  degrees_of_freedom: z.union([z.number(), z.literal('learn')]),
  target_duration: targetDurationSetting,
});

/** Settings as options of the fit. @throws TidewatchError `bad_parameter` */
export function studentTOptions(given: unknown): { sticky?: Stickiness; degreesOfFreedom?: number } {
  const chosen = readSettings('student-t', settings, given);
  const { degrees_of_freedom: freedom, target_duration: duration } = chosen;
  return { ...stickinessOf(duration), ...(freedom === 'learn' ? {} : { degreesOfFreedom: freedom }) };
}

export const STUDENT_T: ModelFamily = {
  name: 'student-t',
  kind: 'student_t_hmm',
  title: 'Student-t HMM',
  capabilities: { causal: true, probabilistic: true, temporal: true, likelihood: true },
  takes: { states: true, autoStates: true, covariance: true, restarts: true, engine: false },
  resumes: true,
  settings: { degrees_of_freedom: 'learn', target_duration: 'none' },
  fit(observations, request) {
    const { restarts, maxIterations, minimumShare, volatilityColumn, covarianceType = 'diag' } = request;
    const { model, report } = trainStudentTHmm(observations, {
      states: request.states,
      covarianceType,
      seed: request.seed,
      returnColumn: request.returnColumn,
      featureNames: request.featureNames,
      ...studentTOptions(request.settings),
      ...(maxIterations === undefined ? {} : { maxIterations }),
      ...(minimumShare === undefined ? {} : { minimumShare }),
      ...(volatilityColumn === undefined ? {} : { volatilityColumn }),
      ...(restarts === undefined ? {} : { restarts }),
    });
    return { model, story: likelihoodStory(report, model.parameterCount) };
  },
  fromJson: (json) => StudentTHmm.fromJson(json),
};
