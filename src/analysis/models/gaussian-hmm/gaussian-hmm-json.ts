/**
 * Gaussian-HMM parameters as JSON and back, every digit kept (the shortest decimal that reads back as the same
 * double). Nested arrays, so that a person or another language can read them.
 */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { readModelJson } from '../model-json.js';
import type { Json } from '../regime-model.js';
import type { GaussianHmmParameters } from './expectation.js';
import { validateParameters } from './parameters.js';

export const GAUSSIAN_HMM_SCHEMA_VERSION = 1;

const numbers = z.array(z.number());

export const gaussianHmmSchema = z.strictObject({
  schema_version: z.literal(GAUSSIAN_HMM_SCHEMA_VERSION),
  kind: z.literal('gaussian_hmm'),
  states: z.int().min(1).max(255),
  /** Columns of the rows the model is given. */
  features: z.int().positive(),
  /** Columns it uses, ascending. */
  used_features: z.array(z.int().nonnegative()).min(1),
  missing: z.enum(['error', 'marginalise']),
  covariance_type: z.enum(['full', 'diag', 'tied', 'spherical']),
  start_probability: numbers,
  transition_matrix: z.array(numbers),
  means: z.array(numbers),
  /** full K × D × D, diag K × D, tied D × D, spherical K. */
  covariances: z.union([numbers, z.array(numbers), z.array(z.array(numbers))]),
});

interface Shape {
  readonly features: number;
  readonly usedFeatures: readonly number[];
  readonly allowMissing: boolean;
}

/** Cuts a row-major array into rows of `width`. */
function rowsOf(values: Float64Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => [
    ...values.subarray(i * width, (i + 1) * width),
  ]);
}

/**
 * The document of a model; covariances nested as their type has them (K × D × D, K × D, D × D or K numbers).
 */
export function gaussianHmmToJson(parameters: GaussianHmmParameters, shape: Shape): Json {
  const { states, features, covarianceType, covariances } = parameters;
  const nested: Json = {
    full: () =>
      Array.from({ length: states }, (_, k) =>
        rowsOf(covariances.subarray(k * features * features, (k + 1) * features * features), features),
      ),
    diag: () => rowsOf(covariances, features),
    tied: () => rowsOf(covariances, features),
    spherical: () => [...covariances],
  }[covarianceType]();
  return {
    schema_version: GAUSSIAN_HMM_SCHEMA_VERSION,
    kind: 'gaussian_hmm',
    states,
    features: shape.features,
    used_features: [...shape.usedFeatures],
    missing: shape.allowMissing ? 'marginalise' : 'error',
    covariance_type: covarianceType,
    start_probability: [...parameters.startProbability],
    transition_matrix: rowsOf(parameters.transitionMatrix, states),
    means: rowsOf(parameters.means, features),
    covariances: nested,
  };
}

/** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
export function parseGaussianHmm(json: unknown): { parameters: GaussianHmmParameters; shape: Shape } {
  const model = readModelJson(json, gaussianHmmSchema, GAUSSIAN_HMM_SCHEMA_VERSION, 'model');
  const flat = (values: unknown): Float64Array => Float64Array.from([values].flat(3) as number[]);
  const parameters = validateParameters({
    states: model.states,
    features: model.used_features.length,
    covarianceType: model.covariance_type,
    startProbability: flat(model.start_probability),
    transitionMatrix: flat(model.transition_matrix),
    means: flat(model.means),
    covariances: flat(model.covariances),
  });
  const outside = model.used_features.some(
    (d, i) => d >= model.features || (i > 0 && d <= model.used_features[i - 1]!),
  );
  if (outside) {
    throw new TidewatchError(
      'invalid_parameters',
      'the used features are not ascending columns of the rows',
      {
        hint: 'train the model again',
      },
    );
  }
  return {
    parameters,
    shape: {
      features: model.features,
      usedFeatures: model.used_features,
      allowMissing: model.missing === 'marginalise',
    },
  };
}
