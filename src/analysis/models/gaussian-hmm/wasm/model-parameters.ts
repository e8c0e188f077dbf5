/** Model parameters in the form that the kernels read (memory-layout.ts, SHARED). */
import { covarianceFactor, invertLower, logDeterminant } from '../../cholesky.js';
import type { GaussianHmmParameters } from '../expectation.js';
import { covarianceMatrix } from '../parameters.js';
import { SHARED } from './memory-layout.js';

const LOG_TWO_PI = Math.log(2 * Math.PI);
/** Of the square root of ½ log₂ e: the kernels take densities as powers of two. */
const WEIGHT_SCALE = Math.sqrt(0.5 * Math.LOG2E);

/** Whether the diagonal kernels serve: no covariance between features (`diag`, `spherical`). */
export function isDiagonal({ covarianceType }: GaussianHmmParameters): boolean {
  return covarianceType === 'diag' || covarianceType === 'spherical';
}

/**
 * Writes emission records (mean, √(½ log₂ e) L⁻¹, constant), transitions, their logarithms and the start distribution.
 * @throws TidewatchError `invalid_parameters` when a covariance is not positive definite
 */
export function writeParameters(parameters: GaussianHmmParameters, doubles: Float64Array): void {
  const { states, features, means, transitionMatrix, startProbability } = parameters;
  const diagonal = isDiagonal(parameters);
  for (let k = 0; k < states; k += 1) {
    const factor = covarianceFactor(covarianceMatrix(parameters, k), features);
    const inverse = invertLower(factor, features);
    let at = (SHARED.emission + k * SHARED.emissionRecord) >> 3;
    for (let d = 0; d < features; d += 1) doubles[at++] = means[k * features + d]!;
    for (let row = 0; row < features; row += 1) {
      for (let column = diagonal ? row : 0; column <= row; column += 1) {
        doubles[at++] = inverse[row * features + column]! * WEIGHT_SCALE;
      }
    }
    doubles[at] = -0.5 * Math.LOG2E * (features * LOG_TWO_PI + logDeterminant(factor, features));
    doubles[(SHARED.start >> 3) + k] = startProbability[k]!;
    for (let j = 0; j < 8; j += 1) {
      const probability = j < states ? transitionMatrix[k * states + j]! : 0;
      if (j < states) doubles[(SHARED.transitions >> 3) + k * states + j] = probability;
      doubles[(SHARED.logTransitions >> 3) + k * 8 + j] = Math.log2(probability);
    }
  }
}
