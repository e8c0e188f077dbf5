/**
 * Likelihood of a Markov-switching regression with its gradient, and the steps of EM, from one pass over the rows.
 *
 * Every sequence starts in the stationary distribution of the chain (Hamilton 1994, ch. 22), so the transition matrix
 * enters twice; the M step neglects the start, the gradient does not. Gradient by Fisher's identity: that of the
 * expected complete-data likelihood at the parameters themselves. ∂π/∂A_ij = π_i (I − A + 1πᵀ)⁻¹_j· (Schweitzer 1968).
 * The sums over rows are moments of z = (x, y) weighted by the smoothed probabilities.
 */
import { BLOCK_ROWS, makeColumns } from '../gaussian-hmm/block-emission.js';
import { BlockMoments, completeSymmetry } from '../gaussian-hmm/block-moments.js';
import { type Estimation, worstExplainedRow } from '../gaussian-hmm/expectation-maximisation.js';
import { maximiseTransitions } from '../gaussian-hmm/maximisation.js';
import { type Stickiness, startSticky, stickyLogPrior } from '../gaussian-hmm/sticky-prior.js';
import { ChainRecursion } from '../hidden-chain/chain-recursion.js';
import { stationaryDistribution } from '../markov-chain.js';
import type { Observations } from '../observations.js';
import type { Evaluation } from '../quasi-newton.js';
import { solveLinear } from './linear-system.js';
import { RegressionEmission } from './regression-emission.js';
import type { MarkovRegressionParameters } from './regression-parameters.js';

/** Weight of the variance prior −½ w Σ 1/σ²_s, for a response of variance 1; keeps σ from collapsing on a few rows. */
const VARIANCE_PRIOR = 1e-3;
const VARIANCE_FLOOR = 1e-6;
/** Added to XᵀX per row, for regressors of variance 1: collinear ones share the coefficient. */
const RIDGE = 1e-10;
/** Transition probabilities enter the quasi-Newton phase no smaller than this. */
const SMALLEST_TRANSITION = 1e-10;

export interface RegressionStatistics {
  /** Nats, all sequences together. */
  logLikelihood: number;
  /** Σ over sequences of the posterior of their first row, K. */
  readonly start: Float64Array;
  /** Σ ξ, K × K. */
  readonly transition: Float64Array;
  /** Σγ, K; Σγz, K × Z; Σγzzᵀ, K × Z × Z with z = (x, y). */
  readonly mass: Float64Array;
  readonly weightedSum: Float64Array;
  readonly weightedOuter: Float64Array;
}

export class RegressionLikelihood implements Estimation<MarkovRegressionParameters, RegressionStatistics> {
  readonly rows: number;
  private readonly columns;
  private readonly moments: BlockMoments;
  private readonly recursion: ChainRecursion;
  private readonly coefficientCount: number;
  private readonly shape;

  /** @param observations standardised regressors, then the standardised response */
  constructor(
    private readonly observations: Observations,
    private readonly states: number,
    private readonly intercept: boolean,
    readonly tolerance: number,
    private readonly sticky: Stickiness | undefined,
  ) {
    const { rows, features, lengths } = observations;
    this.rows = rows;
    this.columns = makeColumns(observations);
    this.moments = new BlockMoments(this.columns);
    this.recursion = new ChainRecursion(states, rows, lengths);
    this.coefficientCount = features - 1 + (intercept ? 1 : 0);
    this.shape = { states, features, covarianceType: 'full' as const };
  }

  private empty(): RegressionStatistics {
    const { states } = this;
    const { features } = this.observations;
    return {
      logLikelihood: 0,
      start: new Float64Array(states),
      transition: new Float64Array(states * states),
      mass: new Float64Array(states),
      weightedSum: new Float64Array(states * features),
      weightedOuter: new Float64Array(states * features * features),
    };
  }

  expectation(parameters: MarkovRegressionParameters): RegressionStatistics {
    const { states, transitionMatrix } = parameters;
    const statistics = this.empty();
    const startProbability = stationaryDistribution(transitionMatrix, states);
    const chain = { states, transitionMatrix, startProbability };
    const emission = new RegressionEmission(parameters, this.columns, this.intercept);
    statistics.logLikelihood = this.recursion.forward(chain, emission);
    this.recursion.backward(
      chain,
      (posterior, from, rows, first) => {
        for (let k = 0; k < states; k += 1) {
          const at = k * BLOCK_ROWS;
          if (first) statistics.start[k]! += posterior[at]!;
          this.moments.add(statistics, this.shape, k, posterior, at, from, rows);
        }
      },
      statistics.transition,
    );
    completeSymmetry(statistics, this.shape);
    return statistics;
  }

  counts({ mass }: RegressionStatistics): Float64Array {
    return mass;
  }

  logPrior(parameters: MarkovRegressionParameters): number {
    const precision = parameters.variances.reduce((sum, variance) => sum + 1 / variance, 0);
    return -0.5 * VARIANCE_PRIOR * precision + stickyLogPrior(parameters, this.sticky);
  }

  maximise(
    previous: MarkovRegressionParameters,
    statistics: RegressionStatistics,
  ): MarkovRegressionParameters {
    const transitionMatrix = maximiseTransitions(previous, statistics.transition, true, this.sticky);
    return { ...this.regress(statistics), transitionMatrix };
  }

  /** Weighted least squares of every state. */
  private regress(statistics: RegressionStatistics): Omit<MarkovRegressionParameters, 'transitionMatrix'> {
    const { states, coefficientCount } = this;
    const coefficients = new Float64Array(states * coefficientCount);
    const variances = new Float64Array(states);
    for (let k = 0; k < states; k += 1) {
      const { gram, cross } = this.normalEquations(statistics, k);
      const mass = statistics.mass[k]!;
      for (let i = 0; i < coefficientCount; i += 1) gram[i * coefficientCount + i]! += RIDGE * mass;
      const solution = solveLinear(gram, cross);
      coefficients.set(solution, k * coefficientCount);
      const squares = this.residualSquares(statistics, k, solution);
      variances[k] = Math.max((VARIANCE_PRIOR + squares) / mass, VARIANCE_FLOOR);
    }
    return { states, coefficientCount, coefficients, variances };
  }

  /** XᵀΓX and XᵀΓy of one state, with the intercept first. */
  private normalEquations({ mass, weightedSum, weightedOuter }: RegressionStatistics, k: number) {
    const { coefficientCount: size } = this;
    const { features } = this.observations;
    const skip = this.intercept ? 1 : 0;
    const sum = (d: number): number => weightedSum[k * features + d]!;
    const outer = (d: number, e: number): number => weightedOuter[(k * features + d) * features + e]!;
    const gram = new Float64Array(size * size);
    const cross = new Float64Array(size);
    for (let i = 0; i < size; i += 1) {
      const d = i - skip;
      cross[i] = d < 0 ? sum(features - 1) : outer(d, features - 1);
      for (let j = 0; j < size; j += 1) {
        const e = j - skip;
        if (d < 0) gram[i * size + j] = e < 0 ? mass[k]! : sum(e);
        else gram[i * size + j] = e < 0 ? sum(d) : outer(d, e);
      }
    }
    return { gram, cross };
  }

  /** Σγ(y − xᵀβ)². */
  private residualSquares(statistics: RegressionStatistics, k: number, coefficients: Float64Array): number {
    const { gram, cross } = this.normalEquations(statistics, k);
    const { features } = this.observations;
    const size = coefficients.length;
    let squares = statistics.weightedOuter[(k + 1) * features * features - 1]!;
    for (let i = 0; i < size; i += 1) {
      squares -= 2 * coefficients[i]! * cross[i]!;
      for (let j = 0; j < size; j += 1) squares += coefficients[i]! * gram[i * size + j]! * coefficients[j]!;
    }
    return Math.max(squares, 0);
  }

  /** Parameters from a certain assignment of rows to states. */
  fromAssignment(assignment: ArrayLike<number>, transitionMatrix: Float64Array): MarkovRegressionParameters {
    const statistics = this.empty();
    const weights = new Float64Array(BLOCK_ROWS);
    for (let from = 0; from < this.rows; from += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, this.rows - from);
      for (let k = 0; k < this.states; k += 1) {
        for (let r = 0; r < rows; r += 1) weights[r] = assignment[from + r] === k ? 1 : 0;
        this.moments.add(statistics, this.shape, k, weights, 0, from, rows);
      }
    }
    completeSymmetry(statistics, this.shape);
    return { ...this.regress(statistics), transitionMatrix };
  }

  /** An empty state starts again at the row explained worst: its mean there, or its deviation without an intercept. */
  reseed(parameters: MarkovRegressionParameters, state: number): MarkovRegressionParameters {
    const emission = new RegressionEmission(parameters, this.columns, this.intercept);
    const block = new Float64Array(this.states * BLOCK_ROWS);
    const worst = worstExplainedRow(this.rows, this.states, (at, out) => {
      emission.densities(at, 1, block);
      for (let k = 0; k < out.length; k += 1) out[k] = block[k * BLOCK_ROWS]!;
    });
    const { data, features } = this.observations;
    const response = data[(worst + 1) * features - 1]!;
    const coefficients = parameters.coefficients.slice();
    const variances = parameters.variances.slice();
    coefficients.fill(0, state * this.coefficientCount, (state + 1) * this.coefficientCount);
    if (this.intercept) coefficients[state * this.coefficientCount] = response;
    variances[state] = this.intercept ? 1 : Math.max(response * response, VARIANCE_FLOOR);
    const { states } = this;
    const transitionMatrix = parameters.transitionMatrix.map((value, at) => {
      const [i, j] = [Math.floor(at / states), at % states];
      if (i === state) return i === j ? 0.9 : 0.1 / (states - 1);
      return 0.95 * value + (j === state ? 0.05 : 0);
    });
    return startSticky({ ...parameters, coefficients, variances, transitionMatrix }, this.sticky);
  }

  /** Unbounded variables: ln A row by row, coefficients, ln σ². */
  toVariables({ transitionMatrix, coefficients, variances }: MarkovRegressionParameters): Float64Array {
    return Float64Array.of(
      ...transitionMatrix.map((p) => Math.log(Math.max(p, SMALLEST_TRANSITION))),
      ...coefficients,
      ...variances.map(Math.log),
    );
  }

  fromVariables(variables: Float64Array): MarkovRegressionParameters {
    const { states, coefficientCount } = this;
    const transitionMatrix = new Float64Array(states * states);
    for (let i = 0; i < states; i += 1) {
      const row = variables.subarray(i * states, (i + 1) * states);
      const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (let j = 0; j < states; j += 1) {
        sum += transitionMatrix[i * states + j] = Math.exp(row[j]! - largest);
      }
      for (let j = 0; j < states; j += 1) transitionMatrix[i * states + j]! /= sum;
    }
    const from = states * states;
    const variances = variables.slice(from + states * coefficientCount).map(Math.exp);
    const coefficients = variables.slice(from, from + states * coefficientCount);
    return { states, coefficientCount, coefficients, variances, transitionMatrix };
  }

  /** −(log-likelihood + log prior) and its gradient in the unbounded variables. */
  evaluate(variables: Float64Array): Evaluation {
    const parameters = this.fromVariables(variables);
    if (!parameters.variances.every((v) => v > VARIANCE_FLOOR && Number.isFinite(v))) {
      return { value: Number.POSITIVE_INFINITY, gradient: new Float64Array(variables.length) };
    }
    const statistics = this.expectation(parameters);
    const value = -(statistics.logLikelihood + this.logPrior(parameters));
    const gradient = new Float64Array(variables.length);
    this.transitionGradient(parameters, statistics, gradient);
    const { states, coefficientCount: size } = this;
    for (let k = 0; k < states; k += 1) {
      const { gram, cross } = this.normalEquations(statistics, k);
      const coefficients = parameters.coefficients.subarray(k * size, (k + 1) * size);
      const variance = parameters.variances[k]!;
      for (let i = 0; i < size; i += 1) {
        let slope = cross[i]!;
        for (let j = 0; j < size; j += 1) slope -= gram[i * size + j]! * coefficients[j]!;
        gradient[states * states + k * size + i] = -slope / variance;
      }
      const squares = this.residualSquares(statistics, k, coefficients);
      gradient[states * (states + size) + k] =
        -0.5 * ((squares + VARIANCE_PRIOR) / variance - statistics.mass[k]!);
    }
    return { value, gradient };
  }

  private transitionGradient(
    { transitionMatrix }: MarkovRegressionParameters,
    { start, transition }: RegressionStatistics,
    gradient: Float64Array,
  ): void {
    const { states } = this;
    const stationary = stationaryDistribution(transitionMatrix, states);
    const fundamental = transitionMatrix.map(
      (p, at) => (at % (states + 1) === 0 ? 1 : 0) - p + stationary[at % states]!,
    );
    const influence = solveLinear(
      fundamental,
      start.map((count, k) => count / Math.max(stationary[k]!, Number.MIN_VALUE)),
    );
    const kappa = this.sticky && 'kappa' in this.sticky ? this.sticky.kappa : 0;
    for (let i = 0; i < states; i += 1) {
      const slopes = Float64Array.from({ length: states }, (_, j) => {
        const p = transitionMatrix[i * states + j]!;
        const counted = transition[i * states + j]! + (i === j ? kappa : 0);
        return counted + p * stationary[i]! * influence[j]!;
      });
      const total = slopes.reduce((sum, value) => sum + value, 0);
      for (let j = 0; j < states; j += 1) {
        gradient[i * states + j] = -(slopes[j]! - transitionMatrix[i * states + j]! * total);
      }
    }
  }
}
