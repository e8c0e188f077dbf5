/**
 * K-means as a regime model: the state of a row is its nearest centre.
 *
 * Why: the plainest baseline. It has no memory and no probabilities (a row is in one state with certainty), so it
 * flickers where a hidden Markov model holds on. Its forecast is the chain of the transitions counted in training.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { type KMeansResult, kmeans } from './kmeans.js';
import { countTransitions, stationaryDistribution } from './markov-chain.js';
import { chainForecast, checkRows, oneHot, readModelJson } from './recurrent-model.js';
import type {
  Capabilities,
  DecodedPath,
  FilteredProbability,
  Json,
  Observations,
  OnlineFilter,
  OnlineRow,
  RegimeModel,
  RegimeModelFamily,
  SmoothedProbability,
} from './regime-model.js';

export interface KMeansFitOptions {
  readonly states: number;
  readonly seed?: number;
  readonly starts?: number;
}

const SCHEMA_VERSION = 1;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('kmeans'),
    states: z.int().min(1).max(255),
    features: z.int().positive(),
    centres: z.array(z.number()),
    transition_matrix: z.array(z.number()),
  })
  .refine(({ states, features, centres }) => centres.length === states * features)
  .refine(({ states, transition_matrix }) => transition_matrix.length === states ** 2);

export class KMeansModel implements RegimeModel {
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
    readonly states: number,
    readonly features: number,
    readonly centres: Float64Array,
    readonly transitionMatrix: Float64Array,
  ) {}

  /** State of one row (D values from `at`); ties to the lowest index. */
  nearest(data: ArrayLike<number>, at = 0): number {
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

  private assign(observations: Observations): Uint8Array {
    checkRows(observations, this.features);
    return Uint8Array.from({ length: observations.rows }, (_, row) =>
      this.nearest(observations.data, row * this.features),
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
    return new NearestCentreFilter(this, snapshot);
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

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  kind: z.literal('kmeans_filter'),
  time: z.number().nullable(),
  state: z.int().nonnegative(),
  revision: z.int().nonnegative(),
});

/** Remembers the last state only; corrections need no history because rows do not depend on each other. */
class NearestCentreFilter implements OnlineFilter {
  private time = Number.NaN;
  private state = 0;
  private rewritten = 0;

  constructor(
    private readonly model: KMeansModel,
    snapshot?: Json,
  ) {
    if (snapshot === undefined) return;
    const parsed = snapshotSchema.safeParse(snapshot);
    if (!parsed.success || parsed.data.state >= model.states) {
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
    this.state = this.model.nearest(row);
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
      kind: 'kmeans_filter',
      time: Number.isNaN(this.time) ? null : this.time,
      state: this.state,
      revision: this.rewritten,
    };
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
