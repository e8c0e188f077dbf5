/**
 * States that are decided elsewhere, as a regime model: each row has one column, and the state of the row is read from
 * it (the uptrend engine's state, the posture's appetite in bands).
 *
 * Why: so that rules stand in the same comparison as models that learn. Such a model learns no states: they are decided
 * bar by bar, causally, from a history that a row of features cannot hold, and come in as a feature column. What is
 * counted in training is how states follow each other; the forecast is that chain, nothing else.
 * Limits: no probabilities (a bar is in one state with certainty), no likelihood, K is fixed; smoothing says what
 * filtering says, as no later bar changes a state.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { AssignedModel } from './assigned-model.js';
import { countTransitions } from './markov-chain.js';
import { readModelJson } from './model-json.js';
import type { Observations } from './observations.js';
import { checkRows } from './recurrent-model.js';
import type { Capabilities, Json } from './regime-model.js';

const SCHEMA_VERSION = 1;

/** A value that went through a scaler of mean 0 and deviation 1 is off by 1e-8. */
export const NEAR = 1e-6;

/** How states stand in a column. */
export interface StateColumn {
  /** `kind` of the models and of their JSON. */
  readonly kind: string;
  readonly column: string;
  /** Feature set that has the column. */
  readonly featureSet: string;
  /** K. */
  readonly states: number;
  /** What a value is, for errors: `a state of the uptrend engine`. */
  readonly value: string;
  /** 0 to K-1; undefined for a value that stands for no state. */
  stateOf(value: number): number | undefined;
}

export class GivenStatesModel extends AssignedModel {
  readonly kind: string;
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: false,
    temporal: true,
    likelihood: false,
    missing: false,
  };

  /** @param transitionMatrix K × K, counted along the training rows */
  constructor(
    private readonly source: StateColumn,
    transitionMatrix: Float64Array,
  ) {
    super(source.states, 1, transitionMatrix);
    this.kind = source.kind;
  }

  /** @throws TidewatchError `bad_parameter` for a value that is no state */
  assignRow(data: ArrayLike<number>, at: number): number {
    const value = data[at]!;
    const state = this.source.stateOf(value);
    if (state !== undefined) return state;
    throw new TidewatchError('bad_parameter', `${value} is not ${this.source.value}`, {
      hint: `give the column ${this.source.column} of the feature set ${this.source.featureSet}, not scaled`,
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

  /**
   * Counts how the states of the rows follow each other.
   * @returns the model, and how many rows have another state than the row before
   * @throws TidewatchError `bad_parameter` for rows that hold no states, `column_length_mismatch`, `non_finite_input`
   */
  static fit(
    source: StateColumn,
    observations: Observations,
  ): { readonly model: GivenStatesModel; readonly changes: number } {
    const { states } = source;
    checkRows(observations, 1);
    const reader = new GivenStatesModel(source, new Float64Array(states * states));
    const path = Uint8Array.from(observations.data, (_, row) => reader.assignRow(observations.data, row));
    const changes = path.reduce((sum, state, row) => (row > 0 && state !== path[row - 1] ? sum + 1 : sum), 0);
    const transitions = countTransitions(path, observations.lengths, states);
    return { model: new GivenStatesModel(source, transitions), changes };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(source: StateColumn, json: unknown): GivenStatesModel {
    const { kind, states } = source;
    const schema = z.strictObject({
      schema_version: z.literal(SCHEMA_VERSION),
      kind: z.literal(kind),
      states: z.literal(states),
      features: z.literal(1),
      transition_matrix: z.array(z.number().min(0).max(1)).length(states * states),
    });
    const { transition_matrix } = readModelJson(json, schema, SCHEMA_VERSION, `${kind} model`);
    return new GivenStatesModel(source, Float64Array.from(transition_matrix));
  }
}
