/**
 * Payloads of many bars as columns, one row per bucket of a chart: how many bars are in each state, how often it
 * changed, the averages of the last bar and the highest score. A row is written in place while its bucket lasts, so
 * bars come in one by one. Columns lie in shared memory: a worker fills them, nobody copies them. Numbers are kept
 * with the 24 bits that a chart can show.
 */
import { openOfBucket } from '../../market/bucket.js';
import type { UptrendPayload, UptrendState } from './payload.js';

/** Of the last bar of a row. */
const LAST_LINES = ['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333', 'atr'] as const;
/** The highest of a row; NaN where no bar has one. */
const HIGHEST_LINES = ['ts', 'ox', 'dx', 'edx'] as const;
export const UPTREND_LINES = [...LAST_LINES, ...HIGHEST_LINES] as const;
export type UptrendLine = (typeof UPTREND_LINES)[number];

const STATES: readonly UptrendState[] = ['S0', 'S1', 'S2', 'S3', 'S4'];
const SMALLEST_CAPACITY = 256;

/** Number of a state: 0 to 4 for S0 to S4. */
export function stateNumber(state: UptrendState): number {
  return STATES.indexOf(state);
}

/** What structured cloning carries. */
export interface UptrendRowsData {
  readonly bucket: number;
  /** Every bar is a row, wherever it opens. */
  readonly isBars: boolean;
  readonly length: number;
  readonly time: Float64Array;
  readonly counts: Uint16Array;
  readonly changes: Uint16Array;
  readonly lines: Readonly<Record<UptrendLine, Float32Array>>;
}

/** Where the rows ended, with the row that was still being written. */
export interface RowsMark {
  readonly length: number;
  readonly counts: readonly number[];
  readonly changes: number;
  readonly lines: readonly number[];
}

export class UptrendRows implements UptrendRowsData {
  length = 0;
  /** Open time of each bucket, UTC ms, ascending. */
  time: Float64Array;
  /** Bars in each state, rows × 5. */
  counts: Uint16Array;
  /** Bars whose state is not that of the bar before. */
  changes: Uint16Array;
  lines: Record<UptrendLine, Float32Array>;

  /**
   * @param bucket length of a row, ms; at most 65,535 bars
   * @param isBars every bar is a row, also one that opens off the grid
   */
  constructor(
    readonly bucket: number,
    readonly isBars: boolean,
    capacity: number,
  ) {
    const rows = Math.max(SMALLEST_CAPACITY, capacity);
    this.time = new Float64Array(new SharedArrayBuffer(8 * rows));
    this.counts = new Uint16Array(new SharedArrayBuffer(2 * STATES.length * rows));
    this.changes = new Uint16Array(new SharedArrayBuffer(2 * rows));
    this.lines = Object.fromEntries(
      UPTREND_LINES.map((name) => [name, new Float32Array(new SharedArrayBuffer(4 * rows))]),
    ) as Record<UptrendLine, Float32Array>;
  }

  /** The same rows, in the same memory. */
  static of(data: UptrendRowsData): UptrendRows {
    const rows = new UptrendRows(data.bucket, data.isBars, 0);
    rows.length = data.length;
    rows.time = data.time;
    rows.counts = data.counts;
    rows.changes = data.changes;
    rows.lines = { ...data.lines };
    return rows;
  }

  /** A copy up to a mark, with room for more. */
  static copy(data: UptrendRowsData, mark: RowsMark, capacity: number): UptrendRows {
    const rows = new UptrendRows(data.bucket, data.isBars, Math.max(mark.length, capacity));
    rows.take(data, mark.length);
    rows.rewind(mark);
    return rows;
  }

  get bytes(): number {
    return this.time.length * (8 + 2 * STATES.length + 2 + 4 * UPTREND_LINES.length);
  }

  push(payload: UptrendPayload, state: number, changed: boolean, strength: number): void {
    const open = this.isBars ? payload.ts : openOfBucket(payload.ts, this.bucket);
    const isNew = this.length === 0 || this.time[this.length - 1]! !== open;
    if (isNew) this.begin(open);
    const row = this.length - 1;
    const { lines } = this;
    this.counts[row * STATES.length + state]! += 1;
    if (changed) this.changes[row]! += 1;
    const { ema, atr, scores } = payload;
    lines.ema20[row] = ema.ema20;
    lines.ema30[row] = ema.ema30;
    lines.ema60[row] = ema.ema60;
    lines.ema144[row] = ema.ema144;
    lines.ema250[row] = ema.ema250;
    lines.ema333[row] = ema.ema333;
    lines.atr[row] = atr;
    raise(lines.ts, row, strength);
    if (scores === undefined) return;
    raise(lines.ox, row, scores.ox);
    if (scores.dx !== undefined) raise(lines.dx, row, scores.dx);
    if (scores.edx !== undefined) raise(lines.edx, row, scores.edx);
  }

  private begin(open: number): void {
    if (this.length === this.time.length) this.grow();
    const row = this.length++;
    this.time[row] = open;
    this.counts.fill(0, row * STATES.length, (row + 1) * STATES.length);
    this.changes[row] = 0;
    for (const name of HIGHEST_LINES) this.lines[name][row] = Number.NaN;
  }

  private grow(): void {
    const rows = new UptrendRows(this.bucket, this.isBars, Math.ceil(1.25 * this.length) + SMALLEST_CAPACITY);
    rows.take(this, this.length);
    this.time = rows.time;
    this.counts = rows.counts;
    this.changes = rows.changes;
    this.lines = rows.lines;
  }

  private take(data: UptrendRowsData, length: number): void {
    this.length = length;
    this.time.set(data.time.subarray(0, length));
    this.counts.set(data.counts.subarray(0, length * STATES.length));
    this.changes.set(data.changes.subarray(0, length));
    for (const name of UPTREND_LINES) this.lines[name].set(data.lines[name].subarray(0, length));
  }

  mark(): RowsMark {
    const row = this.length - 1;
    return {
      length: this.length,
      counts: row < 0 ? [] : [...this.counts.subarray(row * STATES.length, this.length * STATES.length)],
      changes: this.changes[Math.max(0, row)]!,
      lines: UPTREND_LINES.map((name) => this.lines[name][Math.max(0, row)]!),
    };
  }

  /** Forgets what came after a mark. */
  rewind({ length, counts, changes, lines }: RowsMark): void {
    this.length = length;
    if (length === 0) return;
    const row = length - 1;
    this.counts.set(counts, row * STATES.length);
    this.changes[row] = changes;
    UPTREND_LINES.forEach((name, at) => {
      this.lines[name][row] = lines[at]!;
    });
  }

  /** State of most bars of a row and its share of them, 0..1. */
  majority(row: number): { readonly state: number; readonly share: number } {
    let best = 0;
    let bars = 0;
    for (let state = 0; state < STATES.length; state += 1) {
      const count = this.counts[row * STATES.length + state]!;
      bars += count;
      if (count > this.counts[row * STATES.length + best]!) best = state;
    }
    return { state: best, share: this.counts[row * STATES.length + best]! / bars };
  }

  /** Rows [from, to) in longer buckets. */
  merged(from: number, to: number, bucket: number): UptrendRows {
    const merged = new UptrendRows(bucket, false, to - from);
    for (let row = from; row < to; row += 1) {
      const open = openOfBucket(this.time[row]!, bucket);
      if (merged.length === 0 || merged.time[merged.length - 1]! !== open) merged.begin(open);
      const target = merged.length - 1;
      for (let state = 0; state < STATES.length; state += 1) {
        merged.counts[target * STATES.length + state]! += this.counts[row * STATES.length + state]!;
      }
      merged.changes[target]! += this.changes[row]!;
      for (const name of LAST_LINES) merged.lines[name][target] = this.lines[name][row]!;
      for (const name of HIGHEST_LINES) raise(merged.lines[name], target, this.lines[name][row]!);
    }
    return merged;
  }
}

function raise(column: Float32Array, row: number, value: number): void {
  const known = column[row]!;
  if (value > known || Number.isNaN(known)) column[row] = value;
}
