/**
 * The uptrend states as a regime model: the state of a row is the one that the uptrend engine gave its bar.
 *
 * Why: so that a rule-based state machine stands in the same comparison as models that learn (spec uptrend-engine;
 * issue 5 point 6). It learns no states: the engine decides them bar by bar, causally, and they come in as a feature
 * column (features/uptrend-features.ts), because a row of features cannot hold the history that the engine needs. What
 * is counted in training is how states follow each other; the forecast is that chain, nothing else.
 * Limits: no probabilities (a bar is in one state with certainty), no likelihood, K is always 5; smoothing says what
 * filtering says, as no later bar changes a state.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { AssignedModel } from './assigned-model.js';
import { countTransitions } from './markov-chain.js';
import { checkRows, readModelJson } from './recurrent-model.js';
import type { Capabilities, Json, RegimeModelFamily } from './regime-model.js';

/** S0 to S4. */
const STATES = 5;
const SCHEMA_VERSION = 1;
/** A state that went through a scaler of mean 0 and deviation 1 is off by 1e-8. */
const NEAR = 1e-6;

const schema = z.strictObject({
  schema_version: z.literal(SCHEMA_VERSION),
  kind: z.literal('uptrend'),
  states: z.literal(STATES),
  features: z.literal(1),
  transition_matrix: z.array(z.number().min(0).max(1)).length(STATES * STATES),
});

export class UptrendModel extends AssignedModel {
  readonly kind = 'uptrend';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: false,
    temporal: true,
    likelihood: false,
    missing: false,
  };

  /** @param transitionMatrix 5 × 5, counted along the training rows */
  constructor(transitionMatrix: Float64Array) {
    super(STATES, 1, transitionMatrix);
  }

  /** @throws TidewatchError `bad_parameter` for a value that is no state */
  assignRow(data: ArrayLike<number>, at: number): number {
    const value = data[at]!;
    const state = Math.round(value);
    if (Math.abs(value - state) <= NEAR && state >= 0 && state < STATES) return state;
    throw new TidewatchError('bad_parameter', `${value} is no state of the uptrend engine`, {
      hint: 'give the column uptrend_state of the feature set uptrend, not scaled',
      details: { value },
    });
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
  static fromJson(json: unknown): UptrendModel {
    const { transition_matrix } = readModelJson(json, schema, SCHEMA_VERSION, 'uptrend model');
    return new UptrendModel(Float64Array.from(transition_matrix));
  }
}

export const uptrendFamily: RegimeModelFamily<undefined, { readonly changes: number }> = {
  kind: 'uptrend',
  /** @throws TidewatchError `bad_parameter` for rows that hold no states */
  fit(observations) {
    checkRows(observations, 1);
    const reader = new UptrendModel(new Float64Array(STATES * STATES));
    const path = Uint8Array.from(observations.data, (_, row) => reader.assignRow(observations.data, row));
    const changes = path.reduce((sum, state, row) => (row > 0 && state !== path[row - 1] ? sum + 1 : sum), 0);
    const transitions = countTransitions(path, observations.lengths, STATES);
    return { model: new UptrendModel(transitions), report: { changes } };
  },
  fromJson: (json) => UptrendModel.fromJson(json),
};
