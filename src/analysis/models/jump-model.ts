/**
 * Statistical jump model: each bar is in the state whose centre its features are near, and every change of state costs
 * λ, so that states last.
 *
 * Why: the steadiest of the simple regime models; it needs no distribution of the features. Method: Bemporad et al.
 * 2018; Nystrup, Lindström, Madsen 2020 (HMM spec §11.7). λ = 0 is k-means; a large λ leaves one state.
 * Causal use: the filter takes argmin_k V_t(k), the state that the cheapest path up to t ends in. It is certain of one
 * state (0 or 1, capability `probabilistic` false) and reacts later than the path that knows the future.
 * Forecast: the chain of the transitions counted along the training path, one imaginary transition to each state added.
 * Option: feature weights learnt with the states (sparse-jump.ts).
 * Limits: λ is in units of squared features, so standardise them; no likelihood; the mean is all a state has.
 */
import { z } from 'zod';
import { Random } from '../../market/random.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { checkJumpProblem, fitJump, type JumpDescent } from './jump-fit.js';
import { jumpLosses, jumpPath, lowestState } from './jump-path.js';
import { choosePenalty, type PenaltyCandidate, type PenaltyChoice } from './jump-penalty-selection.js';
import { countTransitions } from './markov-chain.js';
import {
  centredModelFields,
  centresFromJson,
  centresToJson,
  hasCentredSizes,
  readModelJson,
} from './model-json.js';
import type { Observations } from './observations.js';
import { oneHot, RecurrentModel } from './recurrent-model.js';
import type { Capabilities, Json, RegimeModelFamily } from './regime-model.js';
import { fitSparseJump, weighRows } from './sparse-jump.js';
import { orderingReturns, orderStates, type StateOrder } from './state-order.js';

export interface JumpFitOptions extends PenaltyChoice {
  /** k-means++ starts; 10 unless said. */
  readonly starts?: number;
  /** `cumulative_return` unless said. */
  readonly sortBy?: StateOrder;
  /**
   * Learns a weight for each feature so that about this many count (1 … D); all count alike unless given. The λ of the
   * model is then the one asked for over √D.
   */
  readonly effectiveFeatures?: number;
}

export interface JumpFitReport {
  /** As asked for or chosen. */
  readonly jumpPenalty: number;
  /** D factors; 1 where features are not weighed. */
  readonly featureWeights: Float64Array;
  /** Σ ½‖x − θ‖² + λ × jumps, of weighed features. */
  readonly objective: number;
  /** State of each training row on the fitted path (knows later rows). */
  readonly path: Uint8Array;
  /** Changes of state along the fitted path. */
  readonly jumps: number;
  /** Rounds of the best start. */
  readonly rounds: number;
  /** Every λ tried with its economic value; empty when λ was given. */
  readonly candidates: readonly PenaltyCandidate[];
}

const SCHEMA_VERSION = 1;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('jump'),
    ...centredModelFields,
    jump_penalty: z.number().nonnegative(),
    /** D factors that each row is multiplied by; null when features are not weighed. */
    feature_weights: z.array(z.number().nonnegative()).nullable(),
    /** K × D, of weighed features; null in the row of a state that no training row took. */
    centres: z.array(z.number().nullable()),
  })
  .refine(({ features, feature_weights }) => (feature_weights?.length ?? features) === features)
  .refine(hasCentredSizes);

export class JumpModel extends RecurrentModel {
  readonly kind = 'jump';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: false,
    temporal: true,
    likelihood: false,
    missing: false,
  };

  /**
   * @param centres K × D, of weighed features; NaN for a state that cannot be reached
   * @param featureWeights D factors that each row is multiplied by
   */
  constructor(
    readonly centres: Float64Array,
    transitionMatrix: Float64Array,
    readonly jumpPenalty: number,
    readonly featureWeights?: Float64Array,
  ) {
    const states = Math.sqrt(transitionMatrix.length);
    super(states, centres.length / states, transitionMatrix);
  }

  /** V_t less its minimum; K values, the memory of the filter. */
  step(before: Float64Array | undefined, data: ArrayLike<number>, at: number): Float64Array {
    const { states, features, centres, jumpPenalty, featureWeights } = this;
    const values = new Float64Array(states);
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < states; k += 1) {
      let sum = 0;
      for (let d = 0; d < features; d += 1) {
        const value = featureWeights ? data[at + d]! * featureWeights[d]! : data[at + d]!;
        sum += (value - centres[k * features + d]!) ** 2;
      }
      const loss = Number.isNaN(sum) ? Number.POSITIVE_INFINITY : 0.5 * sum;
      // The smallest value before is 0, so jumping here costs λ from wherever it is cheapest.
      values[k] = before === undefined ? loss : loss + Math.min(before[k]!, jumpPenalty);
      least = Math.min(least, values[k]!);
    }
    for (let k = 0; k < states; k += 1) values[k]! -= least;
    return values;
  }

  stateProbability(values: Float64Array): Float64Array {
    const probability = new Float64Array(this.states);
    probability[lowestState(values, this.states)] = 1;
    return probability;
  }

  /** A state believed with p costs λ(1 − p) to be in: certainty elsewhere is one jump away. */
  protected override carried(probability: Float64Array): Float64Array {
    const values = probability.map((p) => this.jumpPenalty * (1 - p));
    const least = values.reduce((a, b) => Math.min(a, b));
    return values.map((value) => value - least);
  }

  protected bestPath(observations: Observations): Uint8Array {
    const weighed = this.featureWeights ? weighRows(observations, this.featureWeights) : observations;
    const losses = jumpLosses(weighed, this.centres);
    return jumpPath(losses, this.states, this.jumpPenalty, observations.lengths).path;
  }

  toJSON(): Json {
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      jump_penalty: this.jumpPenalty,
      feature_weights: this.featureWeights ? [...this.featureWeights] : null,
      centres: centresToJson(this.centres),
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): JumpModel {
    const read = readModelJson(json, schema, SCHEMA_VERSION, 'jump model');
    return new JumpModel(
      centresFromJson(read.centres),
      Float64Array.from(read.transition_matrix),
      read.jump_penalty,
      read.feature_weights ? Float64Array.from(read.feature_weights) : undefined,
    );
  }
}

/** The fit with its states renumbered. */
function reorder(fit: JumpDescent, states: number, features: number, order: readonly number[]): JumpDescent {
  const rank = new Uint8Array(states);
  const centres = new Float64Array(states * features);
  order.forEach((from, to) => {
    rank[from] = to;
    centres.set(fit.centres.subarray(from * features, (from + 1) * features), to * features);
  });
  return { ...fit, centres, path: fit.path.map((state) => rank[state]!) };
}

export const jumpModelFamily: RegimeModelFamily<JumpFitOptions, JumpFitReport> = {
  kind: 'jump',
  fit(observations, options) {
    const { states, seed = 42, starts = 10, sortBy = 'cumulative_return' } = options;
    validateObservations(observations);
    const returns = orderingReturns(observations, options.logReturn);
    checkJumpProblem(observations, states, 0);
    const { penalty, candidates } = choosePenalty(observations, options);
    const { effectiveFeatures } = options;
    const random = new Random(seed);
    const sparse =
      effectiveFeatures === undefined
        ? undefined
        : fitSparseJump(observations, states, penalty, effectiveFeatures, random, starts);
    const found = sparse?.descent ?? fitJump(observations, states, penalty, random, starts);
    const order = orderStates(oneHot(found.path, states), states, returns, sortBy);
    const fit = reorder(found, states, observations.features, order);
    const transitions = countTransitions(fit.path, observations.lengths, states);
    const jumps = fit.path.reduce(
      (count, state, row) => count + Number(row > 0 && state !== fit.path[row - 1]),
      0,
    );
    return {
      model: new JumpModel(
        fit.centres,
        transitions,
        sparse?.scaledPenalty ?? penalty,
        sparse?.featureWeights,
      ),
      report: {
        jumpPenalty: penalty,
        featureWeights: sparse?.featureWeights ?? new Float64Array(observations.features).fill(1),
        objective: fit.objective,
        path: fit.path,
        jumps,
        rounds: fit.history.length - 1,
        candidates,
      },
    };
  },
  fromJson: (json) => JumpModel.fromJson(json),
};
