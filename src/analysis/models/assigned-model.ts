/**
 * What the models have in common that put each row into one state by itself (k-means, the uptrend states): certainty
 * instead of probabilities, no likelihood, a forecast by the chain of the transitions counted in training, and a filter
 * that remembers nothing but its last state.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { stationaryDistribution } from './markov-chain.js';
import type { Observations } from './observations.js';
import { chainForecast, checkRows, oneHot } from './recurrent-model.js';
import type {
  Capabilities,
  DecodedPath,
  FilteredProbability,
  Json,
  OnlineFilter,
  OnlineRow,
  RegimeModel,
  SmoothedProbability,
} from './regime-model.js';

export abstract class AssignedModel implements RegimeModel {
  abstract readonly kind: string;
  abstract readonly capabilities: Capabilities;

  /** @param transitionMatrix K × K, row i = P(next | i) */
  constructor(
    readonly states: number,
    readonly features: number,
    readonly transitionMatrix: Float64Array,
  ) {}

  /** State of one row (D finite values from `at`). */
  abstract assignRow(data: ArrayLike<number>, at: number): number;
  abstract toJSON(): Json;

  private assign(observations: Observations): Uint8Array {
    checkRows(observations, this.features);
    return Uint8Array.from({ length: observations.rows }, (_, row) =>
      this.assignRow(observations.data, row * this.features),
    );
  }

  private answer(observations: Observations) {
    const probability = oneHot(this.assign(observations), this.states);
    return { states: this.states, rows: observations.rows, probability, logLikelihood: Number.NaN };
  }

  filter(observations: Observations): FilteredProbability {
    return { kind: 'filtered', lookahead: false, ...this.answer(observations) };
  }

  smooth(observations: Observations): SmoothedProbability {
    return { kind: 'smoothed', lookahead: true, ...this.answer(observations) };
  }

  decode(observations: Observations): DecodedPath {
    const path = this.assign(observations);
    return { kind: 'viterbi', lookahead: true, path, logProbability: Number.NaN };
  }

  forecast(probability: Float64Array, horizon: number): Float64Array {
    return chainForecast(probability, this.transitionMatrix, horizon);
  }

  online(snapshot?: Json): OnlineFilter {
    return new AssignedFilter(this, snapshot);
  }
}

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  kind: z.string(),
  time: z.number().nullable(),
  state: z.int().nonnegative(),
  revision: z.int().nonnegative(),
});

/** Remembers the last state only; corrections need no history because rows do not depend on each other. */
class AssignedFilter implements OnlineFilter {
  private time = Number.NaN;
  private state = 0;
  private rewritten = 0;

  constructor(
    private readonly model: AssignedModel,
    snapshot?: Json,
  ) {
    if (snapshot === undefined) return;
    const parsed = snapshotSchema.safeParse(snapshot);
    if (!parsed.success || parsed.data.kind !== this.snapshotKind || parsed.data.state >= model.states) {
      throw new TidewatchError(
        'unsupported_schema_version',
        'the snapshot is not of a filter of this model',
        {
          hint: 'start a new filter and feed it the recent bars',
        },
      );
    }
    this.time = parsed.data.time ?? Number.NaN;
    this.state = parsed.data.state;
    this.rewritten = parsed.data.revision;
  }

  private get snapshotKind(): string {
    return `${this.model.kind}_filter`;
  }

  get lastTime(): number {
    return this.time;
  }

  get revision(): number {
    return this.rewritten;
  }

  get probability(): Float64Array {
    if (Number.isNaN(this.time))
      return stationaryDistribution(this.model.transitionMatrix, this.model.states);
    const probability = new Float64Array(this.model.states);
    probability[this.state] = 1;
    return probability;
  }

  next(time: number, row: ArrayLike<number>): Float64Array {
    if (!Number.isFinite(time) || time <= this.time) {
      throw new TidewatchError('time_not_increasing', `row ${time} does not follow ${this.time}`, {
        hint: 'feed rows in time order, each once; use revise for a late or corrected bar',
      });
    }
    if (!Array.from(row).every(Number.isFinite)) {
      throw new TidewatchError('non_finite_input', 'a feature of the row is not a finite number', {
        hint: 'skip the row',
      });
    }
    this.state = this.model.assignRow(row, 0);
    this.time = time;
    return this.probability;
  }

  revise(rows: readonly OnlineRow[]): { revision: number; probability: Float64Array[] } {
    if (rows.length === 0) return { revision: this.rewritten, probability: [] };
    const before = { time: this.time, state: this.state };
    try {
      this.time = Number.NEGATIVE_INFINITY;
      const probability = rows.map(({ time, values }) => this.next(time, values));
      this.rewritten += 1;
      return { revision: this.rewritten, probability };
    } catch (error) {
      this.time = before.time;
      this.state = before.state;
      throw error;
    }
  }

  forecast(horizon: number): Float64Array {
    return this.model.forecast(this.probability, horizon);
  }

  snapshot(): Json {
    return {
      schema_version: 1,
      kind: this.snapshotKind,
      time: Number.isNaN(this.time) ? null : this.time,
      state: this.state,
      revision: this.rewritten,
    };
  }
}
