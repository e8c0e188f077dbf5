/**
 * The recursions of a Gaussian HMM in log space, written to be read.
 *
 * Why: every faster engine is held equal to this one by property tests, and rows that defeat scaled arithmetic
 * (a far outlier behind a forbidden transition) fall back to it. It alone understands missing features.
 * Method: Rabiner 1989 §III with logsumexp in place of scaling (HMM spec §5.3 "log-space version", §5.6).
 * Numerics: nothing underflows, ln 0 = −∞ is carried through. Limit: about ten times slower than the scaled engine.
 */
import { impossibleRow } from '../hidden-chain/markov-chain-parameters.js';
import type { Observations } from '../observations.js';
import type { ExpectationEngine, GaussianHmmParameters, SufficientStatistics } from './expectation.js';
import { LogEmission } from './log-emission.js';
import { emptyStatistics } from './sufficient-statistics.js';

/** ln Σ exp(values), −∞ when all are −∞. */
export function logSumExp(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/** ln b, ln α and ln β of one sequence; each rows × K. */
interface Lattice {
  readonly emission: Float64Array;
  readonly forward: Float64Array;
  readonly backward: Float64Array;
  readonly logLikelihood: number;
}

export class ReferenceEngine implements ExpectationEngine {
  constructor(private readonly observations: Observations) {}

  private emissions(parameters: GaussianHmmParameters): Float64Array {
    const { data, rows } = this.observations;
    const emission = new LogEmission(parameters);
    const out = new Float64Array(rows * parameters.states);
    for (let row = 0; row < rows; row += 1) emission.densities(data, row, out, row * parameters.states);
    return out;
  }

  /** Runs `visit` on the rows [from, to) of each sequence in turn. */
  private eachSequence(visit: (from: number, to: number) => void): void {
    let from = 0;
    for (const length of this.observations.lengths) {
      visit(from, from + length);
      from += length;
    }
  }

  private forward(parameters: GaussianHmmParameters, emission: Float64Array, firstRow: number): Float64Array {
    const { states } = parameters;
    const logTransition = parameters.transitionMatrix.map(Math.log);
    const alpha = new Float64Array(emission.length);
    const terms = new Float64Array(states);
    for (let row = 0; row * states < emission.length; row += 1) {
      for (let j = 0; j < states; j += 1) {
        let prior = Math.log(parameters.startProbability[j]!);
        if (row > 0) {
          for (let i = 0; i < states; i += 1) {
            terms[i] = alpha[(row - 1) * states + i]! + logTransition[i * states + j]!;
          }
          prior = logSumExp(terms);
        }
        alpha[row * states + j] = prior + emission[row * states + j]!;
      }
      if (logSumExp(alpha.subarray(row * states, (row + 1) * states)) === Number.NEGATIVE_INFINITY) {
        impossibleRow(firstRow + row);
      }
    }
    return alpha;
  }

  private backward(parameters: GaussianHmmParameters, emission: Float64Array): Float64Array {
    const { states } = parameters;
    const logTransition = parameters.transitionMatrix.map(Math.log);
    const beta = new Float64Array(emission.length);
    const terms = new Float64Array(states);
    for (let row = emission.length / states - 2; row >= 0; row -= 1) {
      for (let i = 0; i < states; i += 1) {
        for (let j = 0; j < states; j += 1) {
          const next = (row + 1) * states + j;
          terms[j] = logTransition[i * states + j]! + emission[next]! + beta[next]!;
        }
        beta[row * states + i] = logSumExp(terms);
      }
    }
    return beta;
  }

  private lattice(
    parameters: GaussianHmmParameters,
    emissions: Float64Array,
    from: number,
    to: number,
  ): Lattice {
    const { states } = parameters;
    const emission = emissions.subarray(from * states, to * states);
    const forward = this.forward(parameters, emission, from);
    const backward = this.backward(parameters, emission);
    const logLikelihood = logSumExp(forward.subarray(forward.length - states));
    return { emission, forward, backward, logLikelihood };
  }

  expectation(parameters: GaussianHmmParameters): SufficientStatistics {
    const { states, transitionMatrix } = parameters;
    const statistics = emptyStatistics(states, parameters.features);
    const emissions = this.emissions(parameters);
    this.eachSequence((from, to) => {
      const { emission, forward, backward, logLikelihood } = this.lattice(parameters, emissions, from, to);
      statistics.logLikelihood += logLikelihood;
      const posterior = new Float64Array(forward.length);
      for (let i = 0; i < posterior.length; i += 1) {
        posterior[i] = Math.exp(forward[i]! + backward[i]! - logLikelihood);
      }
      for (let k = 0; k < states; k += 1) statistics.start[k]! += posterior[k]!;
      for (let row = 0; row + 1 < to - from; row += 1) {
        for (let i = 0; i < states; i += 1) {
          for (let j = 0; j < states; j += 1) {
            const next = (row + 1) * states + j;
            const weight = forward[row * states + i]! + emission[next]! + backward[next]! - logLikelihood;
            statistics.transition[i * states + j]! += Math.exp(
              weight + Math.log(transitionMatrix[i * states + j]!),
            );
          }
        }
      }
      this.accumulateMoments(parameters, posterior, from, statistics);
    });
    return statistics;
  }

  /** Σγ, Σγx, Σγxxᵀ; missing features enter by their expectation given the observed ones and the state. */
  private accumulateMoments(
    parameters: GaussianHmmParameters,
    posterior: Float64Array,
    from: number,
    statistics: SufficientStatistics,
  ): void {
    const { states, features, covarianceType } = parameters;
    const { data } = this.observations;
    const onlyDiagonal = covarianceType === 'diag' || covarianceType === 'spherical';
    const emission = new LogEmission(parameters);
    const mean = new Float64Array(features);
    const residual = new Float64Array(features * features);
    for (let row = 0; row * states < posterior.length; row += 1) {
      for (let k = 0; k < states; k += 1) {
        const gamma = posterior[row * states + k]!;
        if (gamma === 0) continue;
        emission.expectedRow(data, from + row, k, mean, residual);
        statistics.mass[k]! += gamma;
        for (let d = 0; d < features; d += 1) {
          statistics.weightedSum[k * features + d]! += gamma * mean[d]!;
          for (let e = 0; e < features; e += 1) {
            if (onlyDiagonal && e !== d) continue;
            statistics.weightedOuter[(k * features + d) * features + e]! +=
              gamma * (mean[d]! * mean[e]! + residual[d * features + e]!);
          }
        }
      }
    }
  }

  filter(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const { states } = parameters;
    const emissions = this.emissions(parameters);
    const probabilities = new Float64Array(emissions.length);
    let total = 0;
    this.eachSequence((from, to) => {
      const alpha = this.forward(parameters, emissions.subarray(from * states, to * states), from);
      for (let row = 0; row < to - from; row += 1) {
        const slice = alpha.subarray(row * states, (row + 1) * states);
        const norm = logSumExp(slice);
        if (row === to - from - 1) total += norm;
        for (let k = 0; k < states; k += 1) {
          probabilities[(from + row) * states + k] = Math.exp(slice[k]! - norm);
        }
      }
    });
    return { probabilities, logLikelihood: total };
  }

  smooth(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const { states } = parameters;
    const emissions = this.emissions(parameters);
    const probabilities = new Float64Array(emissions.length);
    let total = 0;
    this.eachSequence((from, to) => {
      const { forward, backward, logLikelihood } = this.lattice(parameters, emissions, from, to);
      total += logLikelihood;
      for (let row = 0; row < to - from; row += 1) {
        let sum = 0;
        for (let k = 0; k < states; k += 1) {
          const i = row * states + k;
          sum += probabilities[from * states + i] = Math.exp(forward[i]! + backward[i]! - logLikelihood);
        }
        for (let k = 0; k < states; k += 1) probabilities[(from + row) * states + k]! /= sum;
      }
    });
    return { probabilities, logLikelihood: total };
  }

  viterbi(parameters: GaussianHmmParameters): { path: Uint8Array; logProbability: number } {
    const { states } = parameters;
    const logTransition = parameters.transitionMatrix.map(Math.log);
    const emissions = this.emissions(parameters);
    const path = new Uint8Array(this.observations.rows);
    let total = 0;
    this.eachSequence((from, to) => {
      const best = new Float64Array((to - from) * states);
      const cameFrom = new Uint8Array((to - from) * states);
      for (let row = 0; row < to - from; row += 1) {
        for (let j = 0; j < states; j += 1) {
          let value = Math.log(parameters.startProbability[j]!);
          if (row > 0) {
            value = Number.NEGATIVE_INFINITY;
            for (let i = 0; i < states; i += 1) {
              const candidate = best[(row - 1) * states + i]! + logTransition[i * states + j]!;
              if (candidate > value) {
                value = candidate;
                cameFrom[row * states + j] = i;
              }
            }
          }
          best[row * states + j] = value + emissions[(from + row) * states + j]!;
        }
      }
      let state = 0;
      const last = (to - from - 1) * states;
      for (let k = 1; k < states; k += 1) if (best[last + k]! > best[last + state]!) state = k;
      total += best[last + state]!;
      if (best[last + state] === Number.NEGATIVE_INFINITY) impossibleRow(to - 1);
      for (let row = to - from - 1; row >= 0; row -= 1) {
        path[from + row] = state;
        state = cameFrom[row * states + state]!;
      }
    });
    return { path, logProbability: total };
  }

  dispose(): void {}
}

/** An engine in log space; accepts NaN as "missing". */
export function createReferenceEngine(observations: Observations): ExpectationEngine {
  return new ReferenceEngine(observations);
}
