/**
 * How far apart are two states? Bhattacharyya distance between normal distributions (Bhattacharyya 1943):
 * ⅛ Δᵀ Σ⁻¹ Δ + ½ ln(|Σ| / √(|Σ₁||Σ₂|)) with Σ the mean of both covariances. 0 for equal ones; e^−distance bounds the
 * overlap. Units of the features cancel.
 */
import { covarianceFactor, logDeterminant, solveLower } from './cholesky.js';

export interface NormalMoments {
  /** D means. */
  readonly mean: Float64Array;
  /** D × D, positive definite. */
  readonly covariance: Float64Array;
}

/** @throws TidewatchError `invalid_parameters` when a covariance is not positive definite */
export function bhattacharyyaDistance(first: NormalMoments, second: NormalMoments): number {
  const size = first.mean.length;
  const middle = first.covariance.map((value, i) => (value + second.covariance[i]!) / 2);
  const factor = covarianceFactor(middle, size);
  const difference = first.mean.map((value, d) => value - second.mean[d]!);
  solveLower(factor, size, difference);
  const distance = difference.reduce((sum, value) => sum + value * value, 0);
  const ofFirst = logDeterminant(covarianceFactor(first.covariance, size), size);
  const ofSecond = logDeterminant(covarianceFactor(second.covariance, size), size);
  return distance / 8 + (logDeterminant(factor, size) - (ofFirst + ofSecond) / 2) / 2;
}

/** Mean distance over all pairs of states; null for fewer than two. */
export function meanSeparation(states: readonly NormalMoments[]): number | null {
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < states.length; i += 1) {
    for (let j = i + 1; j < states.length; j += 1) {
      sum += bhattacharyyaDistance(states[i]!, states[j]!);
      pairs += 1;
    }
  }
  return pairs > 0 ? sum / pairs : null;
}
