/**
 * Free parameters and information criteria of Gaussian HMMs (HMM spec §11.1).
 *
 * Limit, from the spec: on autocorrelated, overlapping features BIC keeps preferring more states; compare models by
 * their log-likelihood on later rows as well.
 */
import type { CovarianceType } from './gaussian-hmm/expectation.js';

/** (K−1) + K(K−1) + KD + covariance terms. */
export function parameterCount(states: number, features: number, covarianceType: CovarianceType): number {
  const symmetric = (features * (features + 1)) / 2;
  const covariance = {
    spherical: states,
    diag: states * features,
    full: states * symmetric,
    tied: symmetric,
  }[covarianceType];
  return states - 1 + states * (states - 1) + states * features + covariance;
}

/** In nats × 2, smaller is better; with ln(rows) for BIC. */
export interface InformationCriteria {
  readonly aic: number;
  readonly bic: number;
  /** BIC + 2 · entropy of the smoothed states: also charges for unclear assignments. */
  readonly icl: number;
}

/**
 * @param logLikelihood of the training rows, natural logarithm
 * @param entropy Σ_t −Σ_k γ ln γ over the training rows, nats
 */
export function informationCriteria(
  logLikelihood: number,
  parameters: number,
  rows: number,
  entropy: number,
): InformationCriteria {
  const bic = -2 * logLikelihood + parameters * Math.log(rows);
  return { aic: -2 * logLikelihood + 2 * parameters, bic, icl: bic + 2 * entropy };
}

/** Σ −p ln p over rows × K probabilities, nats. */
export function totalEntropy(probability: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probability.length; i += 1) {
    const p = probability[i]!;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/**
 * The BIC of the reference implementation, which forgot the transitions: (K−1) + 2KD parameters whatever the
 * covariance. Kept to compare with old records only (HMM spec §12).
 */
export function bicReference(logLikelihood: number, states: number, features: number, rows: number): number {
  return -2 * logLikelihood + (states - 1 + 2 * states * features) * Math.log(rows);
}
