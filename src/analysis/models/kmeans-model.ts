/**
 * K-means as a regime model: the state of a row is its nearest centre.
 *
 * Why: the plainest baseline. It has no memory and no probabilities (a row is in one state with certainty), so it
 * flickers where a hidden Markov model holds on. Its forecast is the chain of the transitions counted in training.
 */
import { z } from 'zod';
import { Random } from '../../market/random.js';
import { AssignedModel } from './assigned-model.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { type KMeansResult, kmeans } from './kmeans.js';
import { countTransitions } from './markov-chain.js';
import { centredModelFields, hasCentredSizes, readModelJson } from './model-json.js';
import type { Capabilities, Json, RegimeModelFamily } from './regime-model.js';

export interface KMeansFitOptions {
  readonly states: number;
  readonly seed?: number;
  /** k-means++ starts, the one with the smallest inertia is kept. */
  readonly starts?: number;
}

const SCHEMA_VERSION = 1;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('kmeans'),
    ...centredModelFields,
    centres: z.array(z.number()),
  })
  .refine(hasCentredSizes);

export class KMeansModel extends AssignedModel {
  readonly kind = 'kmeans';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: false,
    temporal: false,
    likelihood: false,
    missing: false,
  };

  /**
   * @param centres K × D
   * @param transitionMatrix K × K, row i = P(next | i)
   */
  constructor(
    states: number,
    features: number,
    readonly centres: Float64Array,
    transitionMatrix: Float64Array,
  ) {
    super(states, features, transitionMatrix);
  }

  /** The nearest centre; ties to the lowest index. */
  assignRow(data: ArrayLike<number>, at: number): number {
    let best = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < this.states; k += 1) {
      let distance = 0;
      for (let d = 0; d < this.features; d += 1) {
        distance += (data[at + d]! - this.centres[k * this.features + d]!) ** 2;
      }
      if (distance < smallest) {
        smallest = distance;
        best = k;
      }
    }
    return best;
  }

  toJSON(): Json {
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      centres: [...this.centres],
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): KMeansModel {
    const read = readModelJson(json, schema, SCHEMA_VERSION, 'k-means model');
    const { states, features, centres, transition_matrix } = read;
    return new KMeansModel(
      states,
      features,
      Float64Array.from(centres),
      Float64Array.from(transition_matrix),
    );
  }
}

export const kmeansFamily: RegimeModelFamily<KMeansFitOptions, KMeansResult> = {
  kind: 'kmeans',
  fit(observations, { states, seed = 42, starts = 10 }) {
    validateObservations(observations);
    const report = kmeans(observations, states, new Random(seed), { starts });
    const transitions = countTransitions(report.labels, observations.lengths, states);
    return { model: new KMeansModel(states, observations.features, report.centres, transitions), report };
  },
  fromJson: (json) => KMeansModel.fromJson(json),
};
