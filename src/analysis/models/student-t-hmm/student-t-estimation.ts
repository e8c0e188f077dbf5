/**
 * EM of the Student-t HMM (Peel, McLachlan 2000 for the mixture; HMM spec §11.3).
 *
 * A t variable is a normal one whose precision is scaled by a hidden gamma variable: the E step adds its expectation
 * u = (ν+D)/(ν+δ²) to the posterior γ, means and scales are moments weighted by γu (scatter divided by Σγ), and ν is the
 * root of −ψ(ν/2) + ln(ν/2) + 1 + ⟨ln u − u⟩ + ψ((ν₀+D)/2) − ln((ν₀+D)/2) in [2.1, 200], falling in ν, by bisection.
 * Neither step lowers the objective. Limit: ν converges slowly where it is large, where it hardly matters.
 */

import { digamma } from '../gamma-functions.js';
import { BLOCK_ROWS, makeColumns } from '../gaussian-hmm/block-emission.js';
import { BlockMoments, completeSymmetry } from '../gaussian-hmm/block-moments.js';
import type { CovariancePrior } from '../gaussian-hmm/covariance-prior.js';
import type { SufficientStatistics } from '../gaussian-hmm/expectation.js';
import { type Estimation, worstExplainedRow } from '../gaussian-hmm/expectation-maximisation.js';
import { relocateState } from '../gaussian-hmm/initialisation.js';
import { maximise } from '../gaussian-hmm/maximisation.js';
import { type Stickiness, startSticky, stickyLogPrior } from '../gaussian-hmm/sticky-prior.js';
import { emptyStatistics } from '../gaussian-hmm/sufficient-statistics.js';
import type { TrainingMoments } from '../gaussian-hmm/training-moments.js';
import { ChainRecursion } from '../hidden-chain/chain-recursion.js';
import type { Observations } from '../observations.js';
import { StudentTEmission } from './student-t-emission.js';
import { LEAST_FREEDOM, MOST_FREEDOM, type StudentTParameters } from './student-t-parameters.js';

/** Halvings of [2.1, 200]: beyond the last bit of ν. */
const BISECTIONS = 60;

/** Moments are weighted by γu; `mass` is Σγu. */
export interface StudentTStatistics extends SufficientStatistics {
  /** Σγ, K. */
  readonly counts: Float64Array;
  /** Σγ(ln u − u), K; 0 when ν is held. */
  readonly logWeights: Float64Array;
}

export interface StudentTSettings {
  readonly prior: CovariancePrior;
  readonly moments: TrainingMoments;
  /** Nats of the objective over all rows, not per row. */
  readonly tolerance: number;
  readonly sticky?: Stickiness;
  /** ν keeps its starting value. */
  readonly holdFreedom: boolean;
}

export function studentTEstimation(
  observations: Observations,
  states: number,
  { prior, moments, tolerance, sticky, holdFreedom }: StudentTSettings,
): Estimation<StudentTParameters, StudentTStatistics> {
  const columns = makeColumns(observations);
  const blockMoments = new BlockMoments(columns);
  const recursion = new ChainRecursion(states, observations.rows, observations.lengths);
  const weights = new Float64Array(states * BLOCK_ROWS);

  /** Turns u in `weights` into γu and sums what ν needs. */
  const weigh = (posterior: Float64Array, k: number, rows: number, into: StudentTStatistics): void => {
    const at = k * BLOCK_ROWS;
    let count = 0;
    let logWeight = 0;
    for (let r = at; r < at + rows; r += 1) {
      const gamma = posterior[r]!;
      const u = weights[r]!;
      count += gamma;
      if (!holdFreedom) logWeight += gamma * (Math.log(u) - u);
      weights[r] = gamma * u;
    }
    into.counts[k]! += count;
    into.logWeights[k]! += logWeight;
  };

  return {
    rows: observations.rows,
    tolerance,
    expectation(parameters) {
      const emission = new StudentTEmission(parameters, columns);
      const statistics: StudentTStatistics = {
        ...emptyStatistics(states, observations.features),
        counts: new Float64Array(states),
        logWeights: new Float64Array(states),
      };
      statistics.logLikelihood = recursion.forward(parameters, emission);
      const visit = (posterior: Float64Array, from: number, rows: number, first: boolean): void => {
        emission.weights(from, rows, weights);
        for (let k = 0; k < states; k += 1) {
          const at = k * BLOCK_ROWS;
          if (first) statistics.start[k]! += posterior[at]!;
          weigh(posterior, k, rows, statistics);
          blockMoments.add(statistics, parameters, k, weights, at, from, rows);
        }
      };
      recursion.backward(parameters, visit, statistics.transition);
      completeSymmetry(statistics, parameters);
      return statistics;
    },
    counts: ({ counts }) => counts,
    logPrior: (parameters) => prior.logPrior(parameters) + stickyLogPrior(parameters, sticky),
    maximise(parameters, statistics) {
      const { counts, logWeights } = statistics;
      const updated = maximise(parameters, statistics, prior, sticky, counts);
      const { degreesOfFreedom, features } = parameters;
      return {
        ...parameters,
        ...updated,
        degreesOfFreedom: holdFreedom
          ? degreesOfFreedom
          : degreesOfFreedom.map((nu, k) => updateFreedom(nu, features, logWeights[k]! / counts[k]!)),
      };
    },
    reseed(parameters, state) {
      const emission = new StudentTEmission(parameters, columns);
      const block = new Float64Array(states * BLOCK_ROWS);
      const row = worstExplainedRow(observations.rows, states, (at, out) => {
        emission.densities(at, 1, block);
        for (let k = 0; k < states; k += 1) out[k] = block[k * BLOCK_ROWS]!;
      });
      return startSticky(moveState(parameters, state, observations, row, moments), sticky);
    },
  };
}

/** `relocateState` for t parameters; the moved state keeps its ν. */
export function moveState(
  parameters: StudentTParameters,
  state: number,
  observations: Observations,
  row: number,
  moments: TrainingMoments,
): StudentTParameters {
  return { ...parameters, ...relocateState(parameters, state, observations, row, moments) };
}

/**
 * The next ν.
 * @param previous ν that the weights were computed with
 * @param logWeight ⟨ln u − u⟩, weighted by γ
 */
function updateFreedom(previous: number, features: number, logWeight: number): number {
  const half = (previous + features) / 2;
  const constant = 1 + logWeight + digamma(half) - Math.log(half);
  const slope = (nu: number): number => Math.log(nu / 2) - digamma(nu / 2) + constant;
  let low = LEAST_FREEDOM;
  let high = MOST_FREEDOM;
  if (!(slope(low) > 0)) return low;
  if (slope(high) > 0) return high;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = 0.5 * (low + high);
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}
