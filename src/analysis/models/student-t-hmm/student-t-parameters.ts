/** Parameters of a Student-t HMM, and their JSON. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import type { GaussianHmmParameters } from '../gaussian-hmm/expectation.js';
import {
  GAUSSIAN_HMM_SCHEMA_VERSION,
  gaussianHmmToJson,
  parseGaussianHmm,
} from '../gaussian-hmm/gaussian-hmm-json.js';
import { validateParameters } from '../gaussian-hmm/parameters.js';
import { readModelJson } from '../model-json.js';
import type { Json } from '../regime-model.js';

/** `covariances` hold the scale matrices Σ: the covariance of a state is Σ·ν/(ν−2). */
export interface StudentTParameters extends GaussianHmmParameters {
  /** ν of each state, K. */
  readonly degreesOfFreedom: Float64Array;
}

/** Bounds of ν: a finite variance below, the normal distribution for all purposes above. */
export const LEAST_FREEDOM = 2.1;
export const MOST_FREEDOM = 200;

const SCHEMA_VERSION = 1;

/** @throws TidewatchError `invalid_parameters` */
export function validateStudentT(parameters: StudentTParameters): StudentTParameters {
  validateParameters(parameters);
  const { degreesOfFreedom, states } = parameters;
  const inside = (nu: number): boolean => nu >= LEAST_FREEDOM && nu <= MOST_FREEDOM;
  if (degreesOfFreedom.length === states && degreesOfFreedom.every(inside)) return parameters;
  throw new TidewatchError(
    'invalid_parameters',
    `the degrees of freedom are not ${states} numbers from ${LEAST_FREEDOM} to ${MOST_FREEDOM}`,
    { hint: 'give one number for each state' },
  );
}

interface Shape {
  readonly features: number;
  readonly usedFeatures: readonly number[];
}

/** The document of a model: that of a Gaussian HMM with `scales` for covariances and ν of each state. */
export function studentTToJson(parameters: StudentTParameters, shape: Shape): Json {
  const { covariances, missing, ...rest } = gaussianHmmToJson(parameters, {
    ...shape,
    allowMissing: false,
  }) as Record<string, Json>;
  return {
    ...rest,
    schema_version: SCHEMA_VERSION,
    kind: 'student_t_hmm',
    scales: covariances!,
    degrees_of_freedom: [...parameters.degreesOfFreedom],
  };
}

const schema = z.looseObject({
  kind: z.literal('student_t_hmm'),
  degrees_of_freedom: z.array(z.number()),
  scales: z.array(z.unknown()),
});

/** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
export function parseStudentT(json: unknown): { parameters: StudentTParameters; shape: Shape } {
  // What is left is checked as the Gaussian model of the same shape.
  const { degrees_of_freedom, scales, ...rest } = readModelJson(json, schema, SCHEMA_VERSION, 'model');
  const { parameters, shape } = parseGaussianHmm({
    ...rest,
    schema_version: GAUSSIAN_HMM_SCHEMA_VERSION,
    kind: 'gaussian_hmm',
    missing: 'error',
    covariances: scales,
  });
  const degreesOfFreedom = Float64Array.from(degrees_of_freedom);
  return { parameters: validateStudentT({ ...parameters, degreesOfFreedom }), shape };
}
