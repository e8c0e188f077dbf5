/** Random models and draws from them, for property tests and benches. */
import type { Random } from '../../../market/random.js';
import { choleskyFactor } from '../cholesky.js';
import type { Observations } from '../observations.js';
import type { CovarianceType, GaussianHmmParameters } from './expectation.js';
import { covarianceMatrix } from './parameters.js';

function distribution(random: Random, size: number): Float64Array {
  const draws = new Float64Array(size).map(() => 0.05 + random.uniform());
  const sum = draws.reduce((total, value) => total + value, 0);
  return draws.map((value) => value / sum);
}

/** A symmetric positive definite D × D matrix. */
function randomCovariance(random: Random, size: number): Float64Array {
  const root = new Float64Array(size * size).map(() => 0.4 * random.normal());
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      for (let d = 0; d < size; d += 1) matrix[i * size + j]! += root[i * size + d]! * root[j * size + d]!;
    }
    matrix[i * size + i]! += 0.2;
  }
  return matrix;
}

export function randomModel(
  random: Random,
  states: number,
  features: number,
  covarianceType: CovarianceType,
): GaussianHmmParameters {
  const transitionMatrix = new Float64Array(states * states);
  for (let i = 0; i < states; i += 1) {
    const row = distribution(random, states);
    for (let j = 0; j < states; j += 1)
      transitionMatrix[i * states + j] = 0.3 * row[j]! + (i === j ? 0.7 : 0);
  }
  const blocks = covarianceType === 'full' ? states : 1;
  const covariances =
    covarianceType === 'diag' || covarianceType === 'spherical'
      ? new Float64Array(covarianceType === 'diag' ? states * features : states).map(
          () => 0.2 + random.uniform(),
        )
      : Float64Array.from(
          Array.from({ length: blocks }, () => [...randomCovariance(random, features)]).flat(),
        );
  return {
    states,
    features,
    covarianceType,
    startProbability: distribution(random, states),
    transitionMatrix,
    means: new Float64Array(states * features).map(() => 1.5 * random.normal()),
    covariances,
  };
}

function draw(random: Random, weights: Float64Array): number {
  let left = random.uniform();
  for (let k = 0; k < weights.length - 1; k += 1) {
    left -= weights[k]!;
    if (left < 0) return k;
  }
  return weights.length - 1;
}

/** Rows drawn from the model, one sequence per length. */
export function sampleObservations(
  random: Random,
  parameters: GaussianHmmParameters,
  lengths: readonly number[],
): Observations {
  const { states, features, means, startProbability, transitionMatrix } = parameters;
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const data = new Float64Array(rows * features);
  const factors = Array.from(
    { length: states },
    (_, k) => choleskyFactor(covarianceMatrix(parameters, k), features)!,
  );
  const noise = new Float64Array(features);
  let row = 0;
  for (const length of lengths) {
    let state = draw(random, startProbability);
    for (let step = 0; step < length; step += 1, row += 1) {
      if (step > 0) state = draw(random, transitionMatrix.subarray(state * states, (state + 1) * states));
      for (let d = 0; d < features; d += 1) noise[d] = random.normal();
      for (let d = 0; d < features; d += 1) {
        let value = means[state * features + d]!;
        for (let e = 0; e <= d; e += 1) value += factors[state]![d * features + e]! * noise[e]!;
        data[row * features + d] = value;
      }
    }
  }
  return { data, rows, features, lengths };
}
