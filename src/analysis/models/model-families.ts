/**
 * The families of regime models that can be trained, by the names people type. One list: the command line, the API,
 * the record, the walk-forward engine and the report all read it, and a family added here works in all of them.
 */
import { TidewatchError } from '../../errors.js';
import { BOCPD } from './families/bocpd-family.js';
import { GAUSSIAN_HMM } from './families/gaussian-hmm-family.js';
import { JUMP_CONTINUOUS } from './families/jump-continuous-family.js';
import { JUMP } from './families/jump-family.js';
import { KMEANS } from './families/kmeans-family.js';
import { MARKOV_REGRESSION } from './families/markov-regression-family.js';
import { FAMILY_NAMES, type FamilyName, type ModelFamily } from './families/model-family.js';
import { PELT } from './families/pelt-family.js';
import { POSTURE } from './families/posture-family.js';
import { STUDENT_T } from './families/student-t-family.js';
import { UPTREND } from './families/uptrend-family.js';

const FAMILIES: readonly ModelFamily[] = [
  GAUSSIAN_HMM,
  STUDENT_T,
  JUMP,
  JUMP_CONTINUOUS,
  MARKOV_REGRESSION,
  KMEANS,
  BOCPD,
  PELT,
  UPTREND,
  POSTURE,
];

/** Names that can be trained now, in the order of the documentation. */
export const TRAINABLE: readonly FamilyName[] = FAMILY_NAMES.filter((name) =>
  FAMILIES.some((family) => family.name === name),
);

/** @throws TidewatchError `bad_parameter` for a name that no family has */
export function modelFamily(name: string): ModelFamily {
  const found = FAMILIES.find((family) => family.name === name);
  if (found) return found;
  throw new TidewatchError('bad_parameter', `unknown model "${name}"`, {
    hint: `use one of ${TRAINABLE.join(', ')}`,
    details: { parameter: 'model', value: name, choices: TRAINABLE },
  });
}

/** A feature set with what the family cannot do without: its own set is added unless it is there already. */
export function featureSetFor({ featureSet }: ModelFamily, asked = 'hmm'): string {
  if (featureSet === undefined) return asked;
  const parts = asked.split(',').map((part) => part.trim().split(/[:@]/)[0]);
  return parts.includes(featureSet) ? asked : `${asked},${featureSet}`;
}

/**
 * Refuses what only methods that look at both sides of a bar could answer.
 * @param asked what was asked for, as a noun: `the latest regime`
 * @throws TidewatchError `not_causal` for a family that is not causal
 */
export function requireCausal(family: ModelFamily, asked: string): void {
  if (family.capabilities.causal) return;
  throw new TidewatchError(
    'not_causal',
    `${asked} cannot come from ${family.title} · it decides each bar with bars after it`,
    {
      hint: 'use it to study the past (--smoothed), or train a causal model such as hmm',
      details: { model: family.name },
    },
  );
}
