/**
 * The M step: new parameters from the sums of one E step (HMM spec §5.4; Bilmes 1998 for the updates).
 *
 * Transitions that are exactly 0 stay 0. A state that is never left keeps its old row in `map` mode; in `hmmlearn`
 * mode the row becomes 0, as in the library. Scatter matrices are formed as Σγxxᵀ − SSᵀ/N, which is why `fit` shifts
 * features that lie far from zero before it hands them to an engine.
 */
import type { CovariancePrior } from './covariance-prior.js';
import type { GaussianHmmParameters, SufficientStatistics } from './expectation.js';
import { addStickiness, type Stickiness } from './sticky-prior.js';

/** Smallest divisor of a diagonal covariance (library constant). */
const SMALLEST_MASS = 1e-5;

/**
 * @param divisor what each state's scatter is divided by, K; the mass unless said (heavy tails weigh rows, but count
 * them whole)
 */
export function maximise(
  previous: GaussianHmmParameters,
  statistics: SufficientStatistics,
  prior: CovariancePrior,
  sticky?: Stickiness,
  divisor: Float64Array = statistics.mass,
): GaussianHmmParameters {
  const { states, features } = previous;
  const means = new Float64Array(states * features);
  for (let k = 0; k < states; k += 1) {
    for (let d = 0; d < features; d += 1) {
      means[k * features + d] = statistics.weightedSum[k * features + d]! / statistics.mass[k]!;
    }
  }
  return {
    ...previous,
    startProbability: normalised(
      statistics.start,
      previous.startProbability,
      0,
      states,
      prior.mode === 'map',
    ),
    transitionMatrix: maximiseTransitions(previous, statistics.transition, prior.mode === 'map', sticky),
    means,
    covariances: covariances(previous, statistics, prior, divisor),
  };
}

/** Counts as probabilities; entries that were 0 stay 0. An empty row keeps the old one, or stays empty. */
function normalised(
  counts: Float64Array,
  old: Float64Array,
  from: number,
  size: number,
  keepOld: boolean,
): Float64Array {
  const result = new Float64Array(size);
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    const count = old[from + i] === 0 ? 0 : counts[from + i]!;
    result[i] = count;
    sum += count;
  }
  if (sum === 0) return keepOld ? old.slice(from, from + size) : result;
  for (let i = 0; i < size; i += 1) result[i]! /= sum;
  return result;
}

/** A from expected transition counts, K × K. */
export function maximiseTransitions(
  previous: Pick<GaussianHmmParameters, 'states' | 'transitionMatrix'>,
  transition: Float64Array,
  keepOld: boolean,
  sticky: Stickiness | undefined,
): Float64Array {
  const { states, transitionMatrix } = previous;
  const counts = transition.slice();
  addStickiness(counts, previous, sticky);
  const result = new Float64Array(states * states);
  for (let i = 0; i < states; i += 1) {
    result.set(normalised(counts, transitionMatrix, i * states, states, keepOld), i * states);
  }
  return result;
}

/** Σγ(x_d − μ_d)(x_e − μ_e) of one state. */
function scatter(
  statistics: SufficientStatistics,
  features: number,
  k: number,
  d: number,
  e: number,
): number {
  const { mass, weightedSum, weightedOuter } = statistics;
  const value =
    weightedOuter[(k * features + d) * features + e]! -
    (weightedSum[k * features + d]! * weightedSum[k * features + e]!) / mass[k]!;
  return d === e ? Math.max(value, 0) : value;
}

function covariances(
  { states, features, covarianceType }: GaussianHmmParameters,
  statistics: SufficientStatistics,
  prior: CovariancePrior,
  mass: Float64Array,
): Float64Array {
  if (covarianceType === 'diag' || covarianceType === 'spherical') {
    const spherical = covarianceType === 'spherical';
    const result = new Float64Array(spherical ? states : states * features);
    for (let k = 0; k < states; k += 1) {
      const divisor = Math.max(mass[k]!, SMALLEST_MASS);
      let sum = 0;
      for (let d = 0; d < features; d += 1) {
        const variance = (prior.diagonal[d]! + scatter(statistics, features, k, d, d)) / divisor;
        if (!spherical) result[k * features + d] = prior.floorVariance(variance, d);
        sum += variance;
      }
      if (spherical) result[k] = prior.floorShared(sum / features);
    }
    return result;
  }
  const tied = covarianceType === 'tied';
  const square = features * features;
  const result = new Float64Array(tied ? square : states * square);
  for (let d = 0; d < features; d += 1) {
    for (let e = 0; e < features; e += 1) {
      const added = d === e ? prior.diagonal[d]! : prior.offDiagonal;
      let sum = 0;
      let total = 0;
      for (let k = 0; k < states; k += 1) {
        const value = scatter(statistics, features, k, d, e);
        sum += value;
        total += mass[k]!;
        if (!tied) result[k * square + d * features + e] = (added + value) / mass[k]!;
      }
      if (tied) result[d * features + e] = (added + sum) / total;
    }
  }
  for (let at = 0; at < result.length; at += square) prior.floorMatrix(result, at);
  return result;
}
