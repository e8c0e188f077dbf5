/**
 * Cholesky factors of small symmetric matrices (row-major, D × D).
 *
 * Why: log densities need ln|Σ| and Σ⁻¹ without forming an inverse. Source: HMM spec §5.1 (one ridge of 1e-7·I when
 * the factorisation fails, then an error). Limit: written for D up to a few dozen, no blocking.
 */
import { TidewatchError } from '../../errors.js';

/** Added once to the diagonal when a covariance is not positive definite (HMM spec §5.1). */
const RIDGE = 1e-7;

/** Lower factor L with L Lᵀ = matrix + ridge·I, or undefined when it is not positive definite. */
export function choleskyFactor(matrix: Float64Array, size: number, ridge = 0): Float64Array | undefined {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * size + column]! + (row === column ? ridge : 0);
      for (let inner = 0; inner < column; inner += 1) {
        sum -= factor[row * size + inner]! * factor[column * size + inner]!;
      }
      if (row === column) {
        if (!(sum > 0) || sum === Number.POSITIVE_INFINITY) return undefined;
        factor[row * size + row] = Math.sqrt(sum);
      } else {
        factor[row * size + column] = sum / factor[column * size + column]!;
      }
    }
  }
  return factor;
}

/**
 * Factor of a covariance, with one ridge of 1e-7 when the plain one fails.
 * @throws TidewatchError `invalid_parameters` when the matrix is not positive definite even then
 */
export function covarianceFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = choleskyFactor(matrix, size) ?? choleskyFactor(matrix, size, RIDGE);
  if (factor) return factor;
  throw new TidewatchError('invalid_parameters', 'a covariance matrix is not positive definite', {
    hint: 'train with the map mode, whose floor keeps covariances positive, or with fewer states',
    details: { size },
  });
}

/** ln|L Lᵀ| of a lower factor. */
export function logDeterminant(factor: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i += 1) sum += Math.log(factor[i * size + i]!);
  return 2 * sum;
}

/** Inverse of a lower factor (lower again, row-major). */
export function invertLower(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column += 1) {
    inverse[column * size + column] = 1 / factor[column * size + column]!;
    for (let row = column + 1; row < size; row += 1) {
      let sum = 0;
      for (let inner = column; inner < row; inner += 1) {
        sum -= factor[row * size + inner]! * inverse[inner * size + column]!;
      }
      inverse[row * size + column] = sum / factor[row * size + row]!;
    }
  }
  return inverse;
}

/** Solves L y = b in place for a lower factor. */
export function solveLower(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let row = 0; row < size; row += 1) {
    let sum = vector[row]!;
    for (let inner = 0; inner < row; inner += 1) sum -= factor[row * size + inner]! * vector[inner]!;
    vector[row] = sum / factor[row * size + row]!;
  }
}

/** Solves Lᵀ x = b in place for a lower factor. */
export function solveLowerTransposed(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = vector[row]!;
    for (let inner = row + 1; inner < size; inner += 1) sum -= factor[inner * size + row]! * vector[inner]!;
    vector[row] = sum / factor[row * size + row]!;
  }
}
