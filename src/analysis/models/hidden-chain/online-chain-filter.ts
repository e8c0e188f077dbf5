/**
 * The filter of a hidden Markov chain bar by bar, whatever its emissions: O(K²) and one density per state and row,
 * equal to the batch filter to rounding.
 *
 * State: the filtered distribution, the time of the last row, and the distributions of the last rows for corrections
 * (HMM spec §11.6). The first row, and every row after missing bars, is filtered from the stationary distribution
 * (§5.7). A snapshot is plain JSON with every digit, so that a restart continues bit for bit.
 * Numerics: densities are taken relative to the best state; a row that scaled arithmetic cannot explain is done in
 * log space.
 */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { logSumExp } from '../gaussian-hmm/reference-engine.js';
import { forecastDistribution, stationaryDistribution, stepDistribution } from '../markov-chain.js';
import type { Json, OnlineFilter, OnlineRow } from '../regime-model.js';
import { impossibleRow } from './markov-chain-parameters.js';

/** Rows that a correction may reach back; they travel in every snapshot, about 60 bytes each. */
const DEFAULT_MEMORY = 256;

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  /** That of the model and `_filter`. */
  kind: z.string(),
  revision: z.int().nonnegative(),
  memory: z.int().positive(),
  /** [time, probabilities …] of the remembered rows, oldest first. */
  recent: z.array(z.array(z.number()).min(2)),
});

interface Remembered {
  readonly time: number;
  readonly probability: Float64Array;
}

/** The model behind the filter. */
export interface OnlineChain {
  /** Kind of the model. */
  readonly kind: string;
  readonly states: number;
  /** K × K. */
  readonly transitionMatrix: Float64Array;
  /** ln b_k of one row of used features, for every k, into `out`. */
  rowDensities(row: Float64Array, out: Float64Array): void;
}

export interface OnlineFilterOptions {
  /** Columns of a row that the model uses, ascending. */
  readonly usedFeatures: readonly number[];
  /** NaN features are integrated out instead of refused. */
  readonly allowMissing: boolean;
  /** Rows that a correction may reach back; 256 unless said. */
  readonly memory?: number;
}

export class OnlineChainFilter implements OnlineFilter {
  private readonly stationary: Float64Array;
  private readonly density: Float64Array;
  private readonly row: Float64Array;
  private readonly memory: number;
  /** Oldest first; the last one is the present. */
  private recent: Remembered[] = [];
  private rewritten = 0;

  constructor(
    private readonly chain: OnlineChain,
    private readonly options: OnlineFilterOptions,
    snapshot?: Json,
  ) {
    this.stationary = stationaryDistribution(chain.transitionMatrix, chain.states);
    this.density = new Float64Array(chain.states);
    this.row = new Float64Array(options.usedFeatures.length);
    let memory = options.memory ?? DEFAULT_MEMORY;
    if (snapshot !== undefined) {
      const state = this.parse(snapshot);
      memory = state.memory;
      this.rewritten = state.revision;
      this.recent = state.recent.map(([time, ...probability]) => ({
        time: time!,
        probability: Float64Array.from(probability),
      }));
    }
    this.memory = memory;
  }

  private parse(snapshot: Json): z.infer<typeof snapshotSchema> {
    const parsed = snapshotSchema.safeParse(snapshot);
    const fits =
      parsed.success &&
      parsed.data.kind === `${this.chain.kind}_filter` &&
      parsed.data.recent.every((entry) => entry.length === this.chain.states + 1);
    if (fits) return parsed.data;
    throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of a filter of this model', {
      hint: 'start a new filter and feed it the recent bars',
      ...(parsed.success ? {} : { cause: parsed.error }),
    });
  }

  private get last(): Remembered | undefined {
    return this.recent[this.recent.length - 1];
  }

  get lastTime(): number {
    return this.last?.time ?? Number.NaN;
  }

  get probability(): Float64Array {
    return (this.last?.probability ?? this.stationary).slice();
  }

  get revision(): number {
    return this.rewritten;
  }

  next(time: number, values: ArrayLike<number>, startsSegment = false): Float64Array {
    if (!Number.isFinite(time) || time <= this.lastTime) {
      throw new TidewatchError('time_not_increasing', `row ${time} does not follow ${this.lastTime}`, {
        hint: 'feed rows in time order, each once; use revise for a late or corrected bar',
        details: { time, last_time: this.lastTime },
      });
    }
    this.take(values);
    const { last } = this;
    const prior =
      last === undefined || startsSegment
        ? this.stationary
        : stepDistribution(last.probability, this.chain.transitionMatrix);
    const probability = this.update(prior);
    this.recent.push({ time, probability });
    // Dropping in batches keeps the cost per row constant.
    if (this.recent.length >= 2 * this.memory) this.recent = this.recent.slice(-this.memory);
    return probability.slice();
  }

  /** Copies the used features of a row, refusing what is not a number. */
  private take(values: ArrayLike<number>): void {
    this.options.usedFeatures.forEach((column, d) => {
      const value = values[column]!;
      if (!Number.isFinite(value) && !(this.options.allowMissing && Number.isNaN(value))) {
        throw new TidewatchError('non_finite_input', `feature ${column} of the row is ${value}`, {
          hint: 'skip the row, or train with missing values marginalised',
          details: { column },
        });
      }
      this.row[d] = value;
    });
  }

  /** Posterior of the taken row given the predicted distribution. */
  private update(prior: Float64Array): Float64Array {
    const { density } = this;
    this.chain.rowDensities(this.row, density);
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of density) if (value > largest) largest = value;
    const posterior = prior.map((p, k) => p * Math.exp(density[k]! - largest));
    let sum = 0;
    for (const value of posterior) sum += value;
    if (!(sum > 1e-100)) {
      for (let k = 0; k < posterior.length; k += 1) posterior[k] = Math.log(prior[k]!) + density[k]!;
      const norm = logSumExp(posterior);
      if (!Number.isFinite(norm)) impossibleRow(0);
      for (let k = 0; k < posterior.length; k += 1) posterior[k] = Math.exp(posterior[k]! - norm);
      return posterior;
    }
    for (let k = 0; k < posterior.length; k += 1) posterior[k]! /= sum;
    return posterior;
  }

  revise(rows: readonly OnlineRow[]): { revision: number; probability: Float64Array[] } {
    const first = rows[0];
    if (!first) return { revision: this.rewritten, probability: [] };
    const keep = this.recent.findIndex(({ time }) => time >= first.time);
    // Before the oldest remembered row nothing is known of the state, unless the filter began there.
    if (keep === 0 && this.recent.length >= this.memory) {
      throw new TidewatchError('bad_parameter', `row ${first.time} is older than what the filter remembers`, {
        hint: 'recompute the window in one batch and start a new filter',
        details: { time: first.time, oldest: this.recent[0]!.time },
      });
    }
    const before = this.recent;
    this.recent = keep < 0 ? before.slice() : before.slice(0, keep);
    try {
      const probability = rows.map((row) => this.next(row.time, row.values, row.startsSegment));
      this.rewritten += 1;
      return { revision: this.rewritten, probability };
    } catch (error) {
      this.recent = before;
      throw error;
    }
  }

  forecast(horizon: number): Float64Array {
    return forecastDistribution(
      this.last?.probability ?? this.stationary,
      this.chain.transitionMatrix,
      horizon,
    );
  }

  snapshot(): Json {
    return {
      schema_version: 1,
      kind: `${this.chain.kind}_filter`,
      revision: this.rewritten,
      memory: this.memory,
      recent: this.recent.map(({ time, probability }) => [time, ...probability]),
    };
  }
}
