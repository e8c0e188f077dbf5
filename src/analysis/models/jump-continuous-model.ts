/**
 * Continuous jump model: a jump model whose bars hold a probability of each state instead of one state.
 *
 * Why: the discrete model answers 0 or 1 and gives no warning; here a change shows as probability moving over several
 * bars. Method: Aydınhan, Kolm, Mulvey, Shu 2024 (HMM spec §11.7): coordinate descent between the best path on the grid
 * (jump-simplex.ts) and centres as probability-weighted means. Starts: the fitted discrete model with the same λ, then
 * k-means++; they compete on a grid of step 0.2, and the best goes on to the full grid.
 * Causal use: the filter runs the values forward and takes the grid point of the smallest one. Probabilities are
 * multiples of the grid step and say how much the bar belongs to each state; they are not a posterior and there is no likelihood.
 * Forecast: the chain counted along the most probable states of the training path.
 * Limits: as the discrete model; the cost per bar grows with the square of the grid (about 0.1 ms at K = 3).
 */
import { z } from 'zod';
import { Random } from '../../market/random.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { checkJumpProblem, fitJump } from './jump-fit.js';
import { jumpLosses } from './jump-path.js';
import { choosePenalty, type PenaltyCandidate, type PenaltyChoice } from './jump-penalty-selection.js';
import { JumpSimplex, lowestPoint } from './jump-simplex.js';
import { seedCentres } from './kmeans.js';
import { countTransitions } from './markov-chain.js';
import {
  centredModelFields,
  centresFromJson,
  centresToJson,
  hasCentredSizes,
  readModelJson,
} from './model-json.js';
import type { Observations } from './observations.js';
import { checkRows, RecurrentModel } from './recurrent-model.js';
import type { Capabilities, Json, RegimeModelFamily, SmoothedProbability } from './regime-model.js';
import { orderingReturns, orderStates, type StateOrder } from './state-order.js';
import { mostProbablePath } from './state-statistics.js';

export interface ContinuousJumpFitOptions extends PenaltyChoice {
  /** Step of the probability grid; 0.05 unless said. */
  readonly gridStep?: number;
  /** k-means++ starts beside the fitted discrete model; 10 unless said. */
  readonly starts?: number;
  /** `cumulative_return` unless said. */
  readonly sortBy?: StateOrder;
}

export interface ContinuousJumpFitReport {
  /** λ as asked for or chosen. */
  readonly jumpPenalty: number;
  /** Σ of probability-weighted ½‖x − θ‖², of moves and of the mode loss. */
  readonly objective: number;
  /** rows × K on the fitted path (knows later rows). */
  readonly probability: Float64Array;
  /** Of the best start on the full grid. */
  readonly rounds: number;
  /** Every λ tried with its economic value; empty when λ was given. */
  readonly candidates: readonly PenaltyCandidate[];
}

const SCHEMA_VERSION = 1;
const TOLERANCE = 1e-8;
const MOST_ROUNDS = 1000;
/** Step of the coarse grid on which the starts compete. */
const SEARCH_STEP = 0.2;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('jump_continuous'),
    ...centredModelFields,
    jump_penalty: z.number().nonnegative(),
    grid_step: z.number().positive().max(1),
    /** K × D; null in the row of a state without training rows. */
    centres: z.array(z.number().nullable()),
  })
  .refine(hasCentredSizes);

/** Jump model whose filter answers with a grid point of the simplex: probabilities in steps of the grid. */
export class ContinuousJumpModel extends RecurrentModel {
  readonly kind = 'jump_continuous';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: true,
    temporal: true,
    likelihood: false,
    missing: false,
  };

  /** @param centres K × D; NaN for a state that cannot be reached */
  constructor(
    readonly centres: Float64Array,
    transitionMatrix: Float64Array,
    readonly simplex: JumpSimplex,
  ) {
    super(simplex.states, centres.length / simplex.states, transitionMatrix);
  }

  /** Value of each grid point less the smallest: the memory of the filter. */
  step(before: Float64Array | undefined, data: ArrayLike<number>, at: number): Float64Array {
    const { features, simplex } = this;
    const row = Float64Array.from({ length: features }, (_, d) => data[at + d]!);
    const values = new Float64Array(simplex.count);
    simplex.losses(jumpLosses({ data: row, rows: 1, features, lengths: [1] }, this.centres), 0, values);
    if (before) simplex.advance(before, values);
    const least = values[lowestPoint(values)]!;
    for (let q = 0; q < values.length; q += 1) values[q]! -= least;
    return values;
  }

  stateProbability(values: Float64Array): Float64Array {
    const at = lowestPoint(values) * this.states;
    return this.simplex.points.slice(at, at + this.states);
  }

  /** The grid point nearest to the distribution, and nowhere else. */
  protected override carried(probability: Float64Array): Float64Array {
    const values = new Float64Array(this.simplex.count).fill(Number.POSITIVE_INFINITY);
    values[this.simplex.nearestPoint(probability)] = 0;
    return values;
  }

  private bestProbability(observations: Observations): Float64Array {
    checkRows(observations, this.features);
    const { path } = this.simplex.path(jumpLosses(observations, this.centres), observations.lengths);
    return probabilityOf(this.simplex, path);
  }

  override smooth(observations: Observations): SmoothedProbability {
    const probability = this.bestProbability(observations);
    return {
      kind: 'smoothed',
      lookahead: true,
      states: this.states,
      rows: observations.rows,
      probability,
      logLikelihood: Number.NaN,
    };
  }

  protected bestPath(observations: Observations): Uint8Array {
    return mostProbablePath(this.bestProbability(observations), this.states);
  }

  toJSON(): Json {
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      jump_penalty: this.simplex.penalty,
      grid_step: this.simplex.gridStep,
      centres: centresToJson(this.centres),
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version`, `invalid_parameters`, `bad_parameter` */
  static fromJson(json: unknown): ContinuousJumpModel {
    const read = readModelJson(json, schema, SCHEMA_VERSION, 'continuous jump model');
    return new ContinuousJumpModel(
      centresFromJson(read.centres),
      Float64Array.from(read.transition_matrix),
      new JumpSimplex(read.states, read.jump_penalty, read.grid_step),
    );
  }
}

/** rows × K of a path of grid points. */
function probabilityOf({ points, states }: JumpSimplex, path: Uint16Array): Float64Array {
  const probability = new Float64Array(path.length * states);
  for (let row = 0; row < path.length; row += 1) {
    const at = path[row]! * states;
    probability.set(points.subarray(at, at + states), row * states);
  }
  return probability;
}

/** Centres as probability-weighted means; NaN for a state without mass. */
function weightedMeans(
  { data, rows, features }: Observations,
  weight: Float64Array,
  states: number,
): Float64Array {
  const centres = new Float64Array(states * features);
  for (let k = 0; k < states; k += 1) {
    let mass = 0;
    for (let row = 0; row < rows; row += 1) {
      const share = weight[row * states + k]!;
      if (share === 0) continue;
      mass += share;
      for (let d = 0; d < features; d += 1) centres[k * features + d]! += share * data[row * features + d]!;
    }
    for (let d = 0; d < features; d += 1) centres[k * features + d]! /= mass;
  }
  return centres;
}

export interface ContinuousDescent {
  /** K × D. */
  readonly centres: Float64Array;
  /** rows × K. */
  readonly probability: Float64Array;
  readonly objective: number;
  /** Objective after each search of the path; never rises. */
  readonly history: readonly number[];
}

/** Descent from given centres until the path repeats or the objective hardly falls. */
export function descendContinuousJump(
  observations: Observations,
  start: Float64Array,
  simplex: JumpSimplex,
): ContinuousDescent {
  const { states } = simplex;
  let centres: Float64Array = start.slice();
  const losses = jumpLosses(observations, centres);
  let { path, objective } = simplex.path(losses, observations.lengths);
  const history = [objective];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    centres = weightedMeans(observations, probabilityOf(simplex, path), states);
    const next = simplex.path(jumpLosses(observations, centres, losses), observations.lengths);
    const same = path.every((point, row) => point === next.path[row]);
    const settled = same || objective - next.objective <= TOLERANCE;
    ({ path, objective } = next);
    history.push(objective);
    if (settled) break;
  }
  return { centres, probability: probabilityOf(simplex, path), objective, history };
}

export const continuousJumpFamily: RegimeModelFamily<ContinuousJumpFitOptions, ContinuousJumpFitReport> = {
  kind: 'jump_continuous',
  fit(observations, options) {
    const { states, seed = 42, starts = 10, gridStep = 0.05, sortBy = 'cumulative_return' } = options;
    validateObservations(observations);
    const returns = orderingReturns(observations, options.logReturn);
    checkJumpProblem(observations, states, 0);
    const { penalty, candidates } = choosePenalty(observations, options);
    checkJumpProblem(observations, states, penalty);
    const simplex = new JumpSimplex(states, penalty, gridStep);
    const random = new Random(seed);
    const first = fitJump(observations, states, penalty, random).centres;
    const search = gridStep < SEARCH_STEP ? new JumpSimplex(states, penalty, SEARCH_STEP) : simplex;
    let found = descendContinuousJump(observations, first, search);
    for (let start = 0; start < starts; start += 1) {
      const result = descendContinuousJump(observations, seedCentres(observations, states, random), search);
      if (result.objective < found.objective) found = result;
    }
    const best = search === simplex ? found : descendContinuousJump(observations, found.centres, simplex);
    const order = orderStates(best.probability, states, returns, sortBy);
    const { features } = observations;
    const centres = new Float64Array(states * features);
    order.forEach((from, to) => {
      centres.set(best.centres.subarray(from * features, (from + 1) * features), to * features);
    });
    const probability = best.probability.map(
      (_, i) => best.probability[i - (i % states) + order[i % states]!]!,
    );
    const transitions = countTransitions(mostProbablePath(probability, states), observations.lengths, states);
    return {
      model: new ContinuousJumpModel(centres, transitions, simplex),
      report: {
        jumpPenalty: penalty,
        objective: best.objective,
        probability,
        rounds: best.history.length - 1,
        candidates,
      },
    };
  },
  fromJson: (json) => ContinuousJumpModel.fromJson(json),
};
