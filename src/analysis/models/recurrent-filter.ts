/**
 * The bar-by-bar filter of a model whose present depends on the past through a memory of numbers: the values of a jump
 * model, the run lengths of a change-point model.
 *
 * Corrections (HMM spec §11.6): the rows of the recent past are kept with the memory that was there before them, and
 * a revision runs them again from the row that changed, so that the result is what it would always have been. Nothing
 * is interpolated or approximated. A snapshot holds every digit; a restart continues bit for bit.
 * Limits: a correction reaches back at least 256 rows, at most 512. Snapshots grow with rows × features.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { forecastDistribution, stationaryDistribution } from './markov-chain.js';
import type { Json, OnlineFilter, OnlineRow } from './regime-model.js';

/** Rows that a correction can always reach back. */
const REMEMBERED_ROWS = 256;

/** What a model tells the filter of its own recursion. */
export interface Recurrence {
  readonly kind: string;
  readonly states: number;
  readonly features: number;
  /** K × K, for forecasts and for the answer before the first row. */
  readonly transitionMatrix: Float64Array;
  /**
   * The memory after the row of D features at `at`; a new array.
   * @param before undefined at the first row of a sequence
   */
  step(before: Float64Array | undefined, data: ArrayLike<number>, at: number): Float64Array;
  /** P(state now | memory); K values. */
  stateProbability(memory: Float64Array): Float64Array;
}

// JSON has no infinity; a memory holds it for states that cannot be reached.
const numbers = z.array(z.number().nullable());
const encode = (memory: Float64Array | undefined): (number | null)[] | null =>
  memory === undefined ? null : Array.from(memory, (value) => (Number.isFinite(value) ? value : null));
const decode = (values: readonly (number | null)[] | null): Float64Array | undefined =>
  values === null
    ? undefined
    : Float64Array.from(values as number[], (value) => value ?? Number.POSITIVE_INFINITY);

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  kind: z.string(),
  revision: z.int().nonnegative(),
  /** Time of the row just before the first kept one; null when the filter began with it. */
  anchor_time: z.number().nullable(),
  anchor: numbers.nullable(),
  middle: numbers.nullable(),
  present: numbers.nullable(),
  /** [time, 1 when a segment starts, features …], oldest first. */
  rows: z.array(z.array(z.number()).min(3)),
});

interface FilterState {
  /** Memory before `rows[0]`, and the time of the row it came from. */
  anchor: Float64Array | undefined;
  anchorTime: number;
  /** Memory after `rows[REMEMBERED_ROWS − 1]`: the next anchor. */
  middle: Float64Array | undefined;
  present: Float64Array | undefined;
  /** [time, 1 when a segment starts, features …], oldest first. */
  rows: Float64Array[];
  revision: number;
}

export class RecurrentFilter implements OnlineFilter {
  private state: FilterState;
  private readonly before: Float64Array;

  constructor(
    private readonly model: Recurrence,
    snapshot?: Json,
  ) {
    this.before = stationaryDistribution(model.transitionMatrix, model.states);
    this.state =
      snapshot === undefined
        ? {
            anchor: undefined,
            anchorTime: Number.NaN,
            middle: undefined,
            present: undefined,
            rows: [],
            revision: 0,
          }
        : this.resume(snapshot);
  }

  private get snapshotKind(): string {
    return `${this.model.kind}_filter`;
  }

  private resume(snapshot: Json): FilterState {
    const parsed = snapshotSchema.safeParse(snapshot);
    const width = this.model.features + 2;
    const fits =
      parsed.success &&
      parsed.data.kind === this.snapshotKind &&
      parsed.data.rows.every((row) => row.length === width);
    if (!fits) {
      throw new TidewatchError(
        'unsupported_schema_version',
        'the snapshot is not of a filter of this model',
        { hint: 'start a new filter and feed it the recent bars' },
      );
    }
    const { anchor, anchor_time, middle, present, rows, revision } = parsed.data;
    return {
      anchor: decode(anchor),
      anchorTime: anchor_time ?? Number.NaN,
      middle: decode(middle),
      present: decode(present),
      rows: rows.map((row) => Float64Array.from(row)),
      revision,
    };
  }

  get lastTime(): number {
    const { rows, anchorTime } = this.state;
    return rows.length > 0 ? rows[rows.length - 1]![0]! : anchorTime;
  }

  get revision(): number {
    return this.state.revision;
  }

  get probability(): Float64Array {
    const { present } = this.state;
    return present === undefined ? this.before.slice() : this.model.stateProbability(present);
  }

  next(time: number, values: ArrayLike<number>, startsSegment = false): Float64Array {
    if (!Number.isFinite(time) || time <= this.lastTime) {
      throw new TidewatchError('time_not_increasing', `row ${time} does not follow ${this.lastTime}`, {
        hint: 'feed rows in time order, each once; use revise for a late or corrected bar',
        details: { time, last_time: this.lastTime },
      });
    }
    const { features } = this.model;
    const row = new Float64Array(features + 2);
    row[0] = time;
    row[1] = startsSegment ? 1 : 0;
    for (let d = 0; d < features; d += 1) {
      const value = values[d]!;
      if (!Number.isFinite(value)) {
        throw new TidewatchError('non_finite_input', `feature ${d} of the row is ${value}`, {
          hint: 'skip the row',
          details: { column: d },
        });
      }
      row[d + 2] = value;
    }
    this.append(row);
    return this.probability;
  }

  private append(row: Float64Array): void {
    const { state } = this;
    state.present = this.model.step(row[1] === 1 ? undefined : state.present, row, 2);
    state.rows.push(row);
    if (state.rows.length === 2 * REMEMBERED_ROWS) {
      state.anchor = state.middle;
      state.anchorTime = state.rows[REMEMBERED_ROWS - 1]![0]!;
      state.rows = state.rows.slice(REMEMBERED_ROWS);
    }
    if (state.rows.length === REMEMBERED_ROWS) state.middle = state.present;
  }

  revise(rows: readonly OnlineRow[]): { revision: number; probability: Float64Array[] } {
    const first = rows[0];
    const before = this.state;
    if (!first) return { revision: before.revision, probability: [] };
    if (first.time <= before.anchorTime) {
      throw new TidewatchError('bad_parameter', `row ${first.time} is older than what the filter remembers`, {
        hint: 'recompute the window in one batch and start a new filter',
        details: { time: first.time, oldest: before.anchorTime },
      });
    }
    this.state = { ...before, middle: undefined, present: before.anchor, rows: [] };
    try {
      for (const row of before.rows) if (row[0]! < first.time) this.append(row);
      const probability = rows.map((row) => this.next(row.time, row.values, row.startsSegment));
      this.state.revision += 1;
      return { revision: this.state.revision, probability };
    } catch (error) {
      this.state = before;
      throw error;
    }
  }

  forecast(horizon: number): Float64Array {
    return forecastDistribution(this.probability, this.model.transitionMatrix, horizon);
  }

  snapshot(): Json {
    const { anchor, anchorTime, middle, present, rows, revision } = this.state;
    return {
      schema_version: 1,
      kind: this.snapshotKind,
      revision,
      anchor_time: Number.isNaN(anchorTime) ? null : anchorTime,
      anchor: encode(anchor),
      middle: encode(middle),
      present: encode(present),
      rows: rows.map((row) => [...row]),
    };
  }
}
