/**
 * What keeps covariances away from zero, in two modes.
 *
 * `hmmlearn`: the library's scalar 0.01, added to every element of a full or tied matrix, off-diagonals included;
 * kept for comparison (HMM spec §5.4: on raw returns it exceeds the data's own variance).
 * `map` (default): ν₀ · diag(v), v = 1e-3 × training variance of the feature, and a hard floor of 1e-6 × training
 * variance on every variance, and on every eigenvalue after scaling each feature by its training deviation.
 * Adding ν₀ V to the scatter maximises the likelihood times exp(−½ ν₀ tr(Σ⁻¹V)): `logPrior` is that term, so that
 * likelihood + log prior never falls from one iteration to the next.
 */
import { choleskyFactor, covarianceFactor, invertLower } from '../cholesky.js';
import { symmetricEigen } from '../symmetric-eigen.js';
import type { GaussianHmmParameters } from './expectation.js';
import { covarianceMatrix } from './parameters.js';

export type EstimationMode = 'map' | 'hmmlearn';

const LIBRARY_PRIOR = 0.01;
const PRIOR_SHARE = 1e-3;
const FLOOR_SHARE = 1e-6;

export class CovariancePrior {
  /** ν₀ v_d (map) or 0.01 (hmmlearn): added to the diagonal of each scatter matrix. */
  readonly diagonal: Float64Array;
  /** Added to the off-diagonals. */
  readonly offDiagonal: number;
  private readonly floor: Float64Array;

  /**
   * @param variance training variance of each feature
   * @param weight ν₀, used by `map` only
   */
  constructor(
    readonly mode: EstimationMode,
    variance: Float64Array,
    weight = 1,
  ) {
    this.diagonal = variance.map((v) => (mode === 'map' ? weight * PRIOR_SHARE * v : LIBRARY_PRIOR));
    this.offDiagonal = mode === 'map' ? 0 : LIBRARY_PRIOR;
    this.floor = variance.map((v) => (mode === 'map' ? FLOOR_SHARE * v : 0));
  }

  /** Variance of feature d, floored. */
  floorVariance(value: number, d: number): number {
    return this.mode === 'map' ? Math.max(value, this.floor[d]!) : value;
  }

  /** A spherical variance, floored by the mean floor of the features. */
  floorShared(value: number): number {
    if (this.mode !== 'map') return value;
    return Math.max(value, this.floor.reduce((sum, f) => sum + f, 0) / this.floor.length);
  }

  /** Raises small eigenvalues of a D × D covariance at `values[at …]` to the floor, in place. */
  floorMatrix(values: Float64Array, at: number): void {
    if (this.mode !== 'map') return;
    const size = this.floor.length;
    const scaled = new Float64Array(size * size);
    const unit = this.floor.map(Math.sqrt);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) {
        scaled[i * size + j] = values[at + i * size + j]! / (unit[i]! * unit[j]!);
      }
    }
    // In these units the floor is 1; positive definite after subtracting it means nothing to raise.
    if (choleskyFactor(scaled, size, -1)) return;
    const { values: eigenvalues, vectors } = symmetricEigen(scaled, size);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j <= i; j += 1) {
        let sum = 0;
        for (let k = 0; k < size; k += 1) {
          sum += Math.max(eigenvalues[k]!, 1) * vectors[i * size + k]! * vectors[j * size + k]!;
        }
        const value = sum * unit[i]! * unit[j]!;
        values[at + i * size + j] = value;
        values[at + j * size + i] = value;
      }
    }
  }

  /** ln of the prior density up to a constant; 0 in `hmmlearn` mode, whose likelihood is watched as it is. */
  logPrior(parameters: GaussianHmmParameters): number {
    if (this.mode !== 'map') return 0;
    const { states, features, covarianceType } = parameters;
    let total = 0;
    for (let k = 0; k < (covarianceType === 'tied' ? 1 : states); k += 1) {
      const inverse = invertLower(covarianceFactor(covarianceMatrix(parameters, k), features), features);
      for (let d = 0; d < features; d += 1) {
        let precision = 0;
        for (let i = d; i < features; i += 1) precision += inverse[i * features + d]! ** 2;
        total -= 0.5 * this.diagonal[d]! * precision;
      }
    }
    return total;
  }
}
