/**
 * The posture's appetite as a regime model: three states by A, in the bands in which the portfolio's entries are sized
 * (regime spec §14): patient below 0.3, normal, aggressive from 0.7 on.
 *
 * Why: so that the rules of the regime drivers stand in the same comparison as models that learn. It learns no states;
 * A comes in as a feature column, computed bar by bar from what was known then (dataset `drivers_ae`). What is counted
 * in training is how states follow each other; the forecast is that chain, nothing else.
 * Limits: no probabilities, no likelihood, K is always 3; E is not part of it.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { AssignedModel } from './assigned-model.js';
import { countTransitions } from './markov-chain.js';
import { checkRows, readModelJson } from './recurrent-model.js';
import type { Capabilities, Json, RegimeModelFamily } from './regime-model.js';

/** Lower bounds of the states above the first. */
const BOUNDS = [0.3, 0.7] as const;
const STATES = BOUNDS.length + 1;
const SCHEMA_VERSION = 1;
/** A value that went through a scaler of mean 0 and deviation 1 is off by 1e-8. */
const NEAR = 1e-6;

const schema = z.strictObject({
  schema_version: z.literal(SCHEMA_VERSION),
  kind: z.literal('posture'),
  states: z.literal(STATES),
  features: z.literal(1),
  transition_matrix: z.array(z.number().min(0).max(1)).length(STATES * STATES),
});

export class PostureModel extends AssignedModel {
  readonly kind = 'posture';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: false,
    temporal: true,
    likelihood: false,
    missing: false,
  };

  /** @param transitionMatrix 3 × 3, counted along the training rows */
  constructor(transitionMatrix: Float64Array) {
    super(STATES, 1, transitionMatrix);
  }

  /** @throws TidewatchError `bad_parameter` for a value outside 0 to 1 */
  assignRow(data: ArrayLike<number>, at: number): number {
    const value = data[at]!;
    if (!(value >= -NEAR && value <= 1 + NEAR)) {
      throw new TidewatchError('bad_parameter', `${value} is no appetite between 0 and 1`, {
        hint: 'give the column posture_a of the feature set posture, not scaled',
        details: { value },
      });
    }
    return BOUNDS.filter((bound) => value >= bound - NEAR).length;
  }

  toJSON(): Json {
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): PostureModel {
    const { transition_matrix } = readModelJson(json, schema, SCHEMA_VERSION, 'posture model');
    return new PostureModel(Float64Array.from(transition_matrix));
  }
}

export const postureFamily: RegimeModelFamily<undefined, { readonly changes: number }> = {
  kind: 'posture',
  /** @throws TidewatchError `bad_parameter` for rows that hold no A */
  fit(observations) {
    checkRows(observations, 1);
    const reader = new PostureModel(new Float64Array(STATES * STATES));
    const path = Uint8Array.from(observations.data, (_, row) => reader.assignRow(observations.data, row));
    const changes = path.reduce((sum, state, row) => (row > 0 && state !== path[row - 1] ? sum + 1 : sum), 0);
    const transitions = countTransitions(path, observations.lengths, STATES);
    return { model: new PostureModel(transitions), report: { changes } };
  },
  fromJson: (json) => PostureModel.fromJson(json),
};
