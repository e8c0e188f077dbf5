/**
 * Shapes and checks of Gaussian-HMM parameters (HMM spec §5.1, §5.8). Everything that enters a recursion has been
 * through `validateParameters`, so the recursions themselves check nothing.
 */
import { TidewatchError } from '../../../errors.js';
import type { Observations } from '../observations.js';
import type { CovarianceType, GaussianHmmParameters } from './expectation.js';

/** Largest deviation from 1 that a row of probabilities may show. */
const SUM_TOLERANCE = 1e-5;

/** Numbers in `covariances` for K states over D features. */
export function covarianceSize(type: CovarianceType, states: number, features: number): number {
  switch (type) {
    case 'full':
      return states * features * features;
    case 'diag':
      return states * features;
    case 'tied':
      return features * features;
    case 'spherical':
      return states;
  }
}

/** Covariance of one state as a dense D × D matrix (a fresh array). */
export function covarianceMatrix(parameters: GaussianHmmParameters, state: number): Float64Array {
  const { features: size, covariances, covarianceType } = parameters;
  if (covarianceType === 'full') return covariances.slice(state * size * size, (state + 1) * size * size);
  if (covarianceType === 'tied') return covariances.slice();
  const matrix = new Float64Array(size * size);
  for (let d = 0; d < size; d += 1) {
    matrix[d * size + d] = covarianceType === 'diag' ? covariances[state * size + d]! : covariances[state]!;
  }
  return matrix;
}

function refuse(sentence: string, details: Record<string, unknown>): never {
  throw new TidewatchError('invalid_parameters', sentence, {
    hint: 'give K start probabilities and K rows of transitions that each sum to 1, finite means, positive variances',
    details,
  });
}

function checkDistribution(values: Float64Array, from: number, size: number, name: string): void {
  let sum = 0;
  for (let i = from; i < from + size; i += 1) {
    const value = values[i]!;
    if (!(value >= 0)) refuse(`${name} holds ${value}, which is not a probability`, { name, value });
    sum += value;
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) refuse(`${name} sums to ${sum}, not to 1`, { name, sum });
}

/**
 * Returns the parameters unchanged when they are a probability model of the stated shape.
 * @throws TidewatchError `invalid_parameters`
 */
export function validateParameters(parameters: GaussianHmmParameters): GaussianHmmParameters {
  const { states, features, covarianceType, startProbability, transitionMatrix, means, covariances } =
    parameters;
  if (!Number.isInteger(states) || states < 1 || states > 255)
    refuse(`${states} is not a number of states from 1 to 255`, { states });
  if (!Number.isInteger(features) || features < 1)
    refuse(`${features} is not a number of features`, { features });
  const sizes: [string, Float64Array, number][] = [
    ['startProbability', startProbability, states],
    ['transitionMatrix', transitionMatrix, states * states],
    ['means', means, states * features],
    ['covariances', covariances, covarianceSize(covarianceType, states, features)],
  ];
  for (const [name, values, size] of sizes) {
    if (values.length !== size)
      refuse(`${name} holds ${values.length} numbers where ${size} are needed`, { name, size });
    if (!values.every(Number.isFinite)) refuse(`${name} holds a number that is not finite`, { name });
  }
  checkDistribution(startProbability, 0, states, 'the start distribution');
  for (let i = 0; i < states; i += 1) {
    checkDistribution(transitionMatrix, i * states, states, `row ${i} of the transition matrix`);
  }
  for (let k = 0; k < (covarianceType === 'tied' ? 1 : states); k += 1) {
    const matrix = covarianceMatrix(parameters, k);
    for (let d = 0; d < features; d += 1) {
      const variance = matrix[d * features + d]!;
      if (!(variance > 0))
        refuse(`state ${k} has variance ${variance} in feature ${d}`, { state: k, feature: d });
    }
  }
  return parameters;
}

/**
 * Checks the shape of observations, and that no value is infinite (or, unless missing values are allowed, NaN).
 * @throws TidewatchError `non_finite_input` naming row and column, `column_length_mismatch` for a wrong shape
 */
export function validateObservations(
  observations: Observations,
  allowMissing = false,
  names: readonly string[] = [],
): void {
  const { data, rows, features, lengths } = observations;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (data.length !== rows * features || total !== rows || lengths.some((length) => !(length > 0))) {
    throw new TidewatchError(
      'column_length_mismatch',
      `${data.length} numbers in sequences of ${total} rows do not make ${rows} rows of ${features} features`,
      { hint: 'give rows × features numbers, and positive lengths that add up to the rows' },
    );
  }
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i]!;
    if (Number.isFinite(value) || (allowMissing && Number.isNaN(value))) continue;
    const row = Math.floor(i / features);
    const column = i % features;
    throw new TidewatchError(
      'non_finite_input',
      `row ${row}, column ${names[column] ?? column} is ${value}`,
      {
        hint: 'drop the row, or train with missing values marginalised (which allows NaN, not infinity)',
        details: { row, column, ...(names[column] === undefined ? {} : { name: names[column] }) },
      },
    );
  }
}
