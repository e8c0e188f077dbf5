/**
 * Sparse jump model: learns which features tell the states apart and weighs the others down, some to nothing.
 *
 * Method: Nystrup, Kolm, Lindström 2021 (HMM spec §11.7), after the sparse k-means of Witten, Tibshirani 2010. In turn: a jump
 * model on features times √w with penalty λ/√D, and the weights w that maximise Σ w_d · (sum of squares between states of
 * feature d) under ‖w‖₂ = 1, ‖w‖₁ ≤ κ, w ≥ 0, which is a soft threshold found by bisection. κ² is the effective number of features:
 * 1 keeps about one, D leaves all in. Stops when the weights change by less than 1e-4 of their sum (at most 30 rounds).
 * Limits: a feature is judged by the states it helped to make, so a strong but useless one can keep itself in.
 */
import { TidewatchError } from '../../errors.js';
import type { Random } from '../../market/random.js';
import { descendJump, fitJump, type JumpDescent, stateMeans } from './jump-fit.js';
import type { Observations } from './observations.js';

const MOST_ROUNDS = 30;
const TOLERANCE = 1e-4;

export interface SparseJumpFit {
  /** √w per feature; the descent is in features times these. */
  readonly featureWeights: Float64Array;
  readonly descent: JumpDescent;
  /** λ that the descent used: the one asked for over √D. */
  readonly scaledPenalty: number;
}

/** The rows with each feature times its weight. */
export function weighRows(observations: Observations, weights: Float64Array): Observations {
  const { data, features } = observations;
  return { ...observations, data: data.map((value, i) => value * weights[i % features]!) };
}

/** Squares between the states, per feature: Σ_k rows of k × (mean in k − mean of all)². */
function betweenStates(observations: Observations, path: Uint8Array, states: number): Float64Array {
  const { data, rows, features } = observations;
  const means = stateMeans(observations, path, states);
  const overall = new Float64Array(features);
  for (let i = 0; i < data.length; i += 1) overall[i % features]! += data[i]! / rows;
  const between = new Float64Array(features);
  for (const state of path) {
    for (let d = 0; d < features; d += 1) between[d]! += (means[state * features + d]! - overall[d]!) ** 2;
  }
  return between.map((value) => (value <= 1e-6 ? 0 : value));
}

/**
 * max(0, a − t) scaled to length 1, with the smallest t ≥ 0 whose sum is at most κ.
 * @param gains non-negative, at least one above 0
 * @param kappa at least 1
 */
export function softThresholdWeights(gains: Float64Array, kappa: number): Float64Array {
  const shrink = (threshold: number): Float64Array => {
    const kept = gains.map((gain) => Math.max(0, gain - threshold));
    const length = Math.sqrt(kept.reduce((sum, value) => sum + value * value, 0));
    return kept.map((value) => value / length);
  };
  const sumAt = (threshold: number): number => shrink(threshold).reduce((a, b) => a + b, 0);
  const distinct = [...new Set(gains)].sort((a, b) => b - a);
  let low = 0;
  // Beyond the second largest gain nothing changes: the largest alone is left.
  let high = distinct[1] ?? 0;
  if (high < 1e-8 || sumAt(0) <= kappa) return shrink(0);
  if (sumAt(high) >= kappa) return shrink(high);
  while (high - low > 1e-8) {
    const middle = (low + high) / 2;
    if (sumAt(middle) > kappa) low = middle;
    else high = middle;
  }
  return shrink(high);
}

/** @throws TidewatchError `bad_parameter` for fewer than 1 effective feature */
export function fitSparseJump(
  observations: Observations,
  states: number,
  penalty: number,
  effectiveFeatures: number,
  random: Random,
  starts = 10,
): SparseJumpFit {
  const { features } = observations;
  if (!(effectiveFeatures >= 1)) {
    throw new TidewatchError('bad_parameter', `${effectiveFeatures} effective features are not allowed`, {
      hint: `give a number from 1 to ${features}`,
    });
  }
  const scaledPenalty = penalty / Math.sqrt(features);
  let weights: Float64Array = new Float64Array(features).fill(1 / Math.sqrt(features));
  let previous: Uint8Array | undefined;
  for (let round = 1; ; round += 1) {
    const featureWeights = weights.map(Math.sqrt);
    const weighed = weighRows(observations, featureWeights);
    let descent = fitJump(weighed, states, scaledPenalty, random, starts);
    if (previous) {
      const again = descendJump(weighed, stateMeans(weighed, previous, states), scaledPenalty);
      if (again.objective < descent.objective) descent = again;
    }
    previous = descent.path;
    const between = betweenStates(observations, descent.path, states);
    const largest = Math.max(...between);
    if (largest <= 0 || round === MOST_ROUNDS) return { featureWeights, descent, scaledPenalty };
    const next = softThresholdWeights(
      between.map((value) => value / largest),
      Math.sqrt(effectiveFeatures),
    );
    const change = next.reduce((sum, value, d) => sum + Math.abs(value - weights[d]!), 0);
    if (change <= TOLERANCE * weights.reduce((a, b) => a + b, 0))
      return { featureWeights, descent, scaledPenalty };
    weights = next;
  }
}
