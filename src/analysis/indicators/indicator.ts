/**
 * What every indicator is: one loop over typed columns that carries its state from call to call.
 *
 * Why: batch and stream must give the same number at every bar. So there is one implementation, `run`, a loop over
 * rows [from, to); a batch is a long loop, a stream is a loop of length one. The arithmetic of a row may depend on
 * the state only, never on where a call began, so any split of the input into calls gives the same bits.
 *
 * State is one Float64Array per indicator (plus its parts), which makes snapshots exact and replacing the last bar a
 * copy: `next` keeps the state as it was before the bar, `replaceLast` goes back to it and runs the bar again.
 *
 * Missing values: a row whose needed input is not finite gives NaN in every line and leaves the state untouched, so
 * the other rows have the values they would have had without it.
 *
 * The file is long because the base class and its two kinds of input, values and bars, are one contract.
 */
import { TidewatchError } from '../../errors.js';
import type { BarColumns } from '../../market/series.js';
import { decode, encode, type IndicatorSnapshot, indicatorSnapshotSchema } from './indicator-snapshot.js';

/** Prices and volume of one bar; an indicator reads only what it needs. */
export interface BarInput {
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Rows of a batch between two passes of a composed indicator, few enough to stay in the processor's cache. */
const BATCH_ROWS = 4096;
/**
 * Rows per call of `run` within those. Short calls let V8 compile `run` from its entry; entered only once, it would be
 * compiled from inside its loop, where running values stay boxed (four to fourteen times slower).
 */
const RUN_ROWS = 512;

/**
 * The first instance of each class, kept because V8 drops the compiled code of a class with the collection of its last
 * instance, and the next batch would start slowly again.
 */
const KEPT = new Map<unknown, unknown>();

/** Stands for a line that the caller of `batch` did not ask for: writes to it go nowhere. */
const UNWANTED = new Float64Array(0);

/** @typeParam Columns input of a batch; @typeParam Line names of the outputs, the main one first */
export abstract class Indicator<Columns, Line extends string> {
  /** Position of the first row that has a value, counted in rows with finite input. */
  abstract readonly firstRow: number;
  /**
   * Rows of history, the last one included, after which the value no longer depends on where the series began, to 1e-6
   * relative, in a market that moves (a flat price gives a ratio like ADX nothing to forget with). Infinite for sums
   * that run from the first row (OBV, AVWAP).
   */
  abstract readonly warmUp: number;

  /** True when `run` never reads its outputs, so an unwanted line may be an empty column. */
  protected readonly skipsUnwanted: boolean = false;
  protected readonly state: Float64Array;
  /** A long window of which each row overwrites at most one slot; see `undo`. */
  protected ring: Float64Array;
  private readonly before: Float64Array;
  private readonly parts: AnyIndicator[] = [];
  /** Value of every line at the last row. */
  private readonly values: Float64Array;
  /** One-row output columns for `next`. */
  private readonly single: readonly Float64Array[];
  private rows = 0;

  /**
   * @param lines names of the outputs; `next` returns the first
   * @param stateSize numbers in the state @param ringSize numbers in the ring
   */
  protected constructor(
    readonly lines: readonly Line[],
    stateSize: number,
    ringSize = 0,
  ) {
    if (!KEPT.has(this.constructor)) KEPT.set(this.constructor, this);
    this.values = new Float64Array(lines.length).fill(Number.NaN);
    this.single = lines.map(() => new Float64Array(1));
    this.ring = new Float64Array(ringSize);
    this.state = new Float64Array(stateSize);
    this.before = new Float64Array(stateSize);
  }

  /**
   * Advances over rows [from, to) of `columns` and writes every line at the same positions of `out`.
   * For indicators built from others; callers use `next` and `batch`.
   */
  abstract run(columns: Columns, out: readonly Float64Array[], from: number, to: number): void;

  /** Number of rows of a batch input. */
  protected abstract lengthOf(columns: Columns): number;

  /** View of rows [from, to). */
  protected abstract cut(columns: Columns, from: number, to: number): Columns;

  /** Puts the ring back as it was before the last row; called while `state` is still that after it. */
  protected undo(): void {}

  protected fitsRing(length: number): boolean {
    return length === this.ring.length;
  }

  /** Rebuilds whatever follows from state and ring after a restore. */
  protected rebuild(): void {}

  /** Declares an indicator that `run` feeds with exactly the rows this one gets. */
  protected part<P extends AnyIndicator>(part: P): P {
    this.parts.push(part);
    return part;
  }

  /**
   * Advances over a whole block of rows.
   * @param into columns to write to, at least as long as the input; lines that it lacks are not returned, and their
   *   work is saved where possible. New columns for every line when absent
   * @throws TidewatchError `column_length_mismatch`
   * @returns one column per line; NaN where undefined
   */
  batch<Wanted extends Line = Line>(
    columns: Columns,
    into?: Readonly<Record<Wanted, Float64Array>>,
  ): Record<Wanted, Float64Array> {
    const length = this.lengthOf(columns);
    const out = this.lines.map((line) => this.columnFor(line, length, into));
    for (let start = 0; start < length; start += BATCH_ROWS) {
      const end = Math.min(length, start + BATCH_ROWS);
      const block = this.cut(columns, start, end);
      const lines = out.map((column) => column.subarray(start, end));
      const rows = end === length ? end - start - 1 : end - start;
      for (let row = 0; row < rows; row += RUN_ROWS)
        this.run(block, lines, row, Math.min(rows, row + RUN_ROWS));
      if (end === length) {
        this.keep();
        this.run(block, lines, rows, rows + 1);
        // A line that was not wanted has no last value.
        this.values.set(lines.map((column) => column[rows] ?? Number.NaN));
      }
    }
    this.rows += length;
    const named = this.lines.map((line, index) => [line, out[index]!] as const);
    return Object.fromEntries(named.filter(([, column]) => column !== UNWANTED)) as Record<
      Line,
      Float64Array
    >;
  }

  /** Value of a line at the last row; NaN where undefined. */
  line(name: Line): number {
    const index = this.lines.indexOf(name);
    return this.rows === 0 ? Number.NaN : this.values[index]!;
  }

  /** The complete state, as JSON-safe values; `restore` continues bit for bit. */
  snapshot(): IndicatorSnapshot {
    return {
      rows: this.rows,
      state: encode(this.state),
      before: encode(this.before),
      values: encode(this.values),
      ring: encode(this.ring),
      parts: this.parts.map((part) => part.snapshot()),
    };
  }

  /**
   * Continues from a snapshot of an indicator of the same kind and parameters.
   * @throws TidewatchError `unsupported_schema_version` when the snapshot has another shape
   */
  restore(snapshot: unknown): void {
    const parsed = indicatorSnapshotSchema.safeParse(snapshot);
    if (!parsed.success || !this.fits(parsed.data)) {
      throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of this indicator', {
        hint: 'build the state again from bars',
        details: { indicator: this.constructor.name },
      });
    }
    this.load(parsed.data);
  }

  /** Runs one row that stands in the one-row `columns`. */
  protected advance(columns: Columns): number {
    this.keep();
    this.rows += 1;
    return this.runSingle(columns);
  }

  /** Runs the last row again with other input. */
  protected again(columns: Columns): number {
    if (this.rows === 0) {
      throw new TidewatchError('bad_parameter', 'there is no row to replace yet', {
        hint: 'call next before replaceLast',
      });
    }
    this.rewind();
    return this.runSingle(columns);
  }

  private columnFor(
    line: Line,
    length: number,
    into: Readonly<Partial<Record<string, Float64Array>>> | undefined,
  ): Float64Array {
    if (into === undefined) return new Float64Array(length);
    const column = into[line];
    if (column === undefined) return this.skipsUnwanted ? UNWANTED : new Float64Array(length);
    if (column.length < length) {
      throw new TidewatchError('column_length_mismatch', `column ${line} is shorter than the input`, {
        hint: 'give columns at least as long as the bars',
        details: { line, length: column.length, rows: length },
      });
    }
    return column;
  }

  private runSingle(columns: Columns): number {
    const { single, values } = this;
    this.run(columns, single, 0, 1);
    for (let index = 0; index < values.length; index++) values[index] = single[index]![0]!;
    return values[0]!;
  }

  private keep(): void {
    this.before.set(this.state);
    for (const part of this.parts) part.keep();
  }

  private rewind(): void {
    this.undo();
    this.state.set(this.before);
    for (const part of this.parts) part.rewind();
  }

  private fits(snapshot: IndicatorSnapshot): boolean {
    return (
      snapshot.state.length === this.state.length &&
      snapshot.before.length === this.state.length &&
      snapshot.values.length === this.lines.length &&
      this.fitsRing(snapshot.ring.length) &&
      snapshot.parts.length === this.parts.length &&
      this.parts.every((part, index) => part.fits(snapshot.parts[index]!))
    );
  }

  private load(snapshot: IndicatorSnapshot): void {
    this.rows = snapshot.rows;
    this.state.set(snapshot.state.map(decode));
    this.before.set(snapshot.before.map(decode));
    this.values.set(snapshot.values.map(decode));
    this.ring = Float64Array.from(snapshot.ring, decode);
    this.rebuild();
    this.parts.forEach((part, index) => {
      part.load(snapshot.parts[index]!);
    });
  }
}

type AnyIndicator = Indicator<Float64Array, string> | Indicator<BarInputColumns, string>;

/** An indicator of one column of numbers. */
export abstract class ValueIndicator<Line extends string> extends Indicator<Float64Array, Line> {
  private readonly row = new Float64Array(1);

  /** Adds one value and returns the main line there, NaN while undefined. */
  next(value: number): number {
    this.row[0] = value;
    return this.advance(this.row);
  }

  /** Replaces the last value; equal to never having added it. */
  replaceLast(value: number): number {
    this.row[0] = value;
    return this.again(this.row);
  }

  protected lengthOf(values: Float64Array): number {
    return values.length;
  }

  protected cut(values: Float64Array, from: number, to: number): Float64Array {
    return values.subarray(from, to);
  }
}

/** Columns that a bar indicator may read: high, low, close, volume. A `Series` is one. */
export type BarInputColumns = Pick<BarColumns, 'high' | 'low' | 'close' | 'volume'>;

/** An indicator of bars. */
export abstract class BarIndicator<Line extends string> extends Indicator<BarInputColumns, Line> {
  private readonly row: BarInputColumns = {
    high: new Float64Array(1),
    low: new Float64Array(1),
    close: new Float64Array(1),
    volume: new Float64Array(1),
  };

  /** Adds one bar and returns the main line there, NaN while undefined. */
  next(bar: BarInput): number {
    this.write(bar);
    return this.advance(this.row);
  }

  /** Replaces the last bar; equal to never having added it. */
  replaceLast(bar: BarInput): number {
    this.write(bar);
    return this.again(this.row);
  }

  protected lengthOf(columns: BarInputColumns): number {
    return columns.close.length;
  }

  protected cut(columns: BarInputColumns, from: number, to: number): BarInputColumns {
    const { high, low, close, volume } = columns;
    return {
      high: high.subarray(from, to),
      low: low.subarray(from, to),
      close: close.subarray(from, to),
      volume: volume.subarray(from, to),
    };
  }

  private write(bar: BarInput): void {
    this.row.high[0] = bar.high;
    this.row.low[0] = bar.low;
    this.row.close[0] = bar.close;
    this.row.volume[0] = bar.volume;
  }
}
