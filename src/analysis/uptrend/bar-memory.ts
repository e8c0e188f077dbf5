/**
 * The newest values of several columns as contiguous memory: a window that slides over an array twice its size and
 * moves back to the front when it reaches the end, so that pushing costs O(1) and reading is a plain index.
 */
import { decode, encode } from '../indicators/indicator-snapshot.js';

export class BarMemory<Name extends string> {
  readonly columns: Readonly<Record<Name, Float64Array>>;
  /** One past the newest row. */
  end = 0;
  /** How often rows have moved: what was remembered by row is void when this changes. */
  moves = 0;
  private readonly capacity: number;

  /** @param keep rows that stay readable before `end` */
  constructor(
    readonly names: readonly Name[],
    private readonly keep: number,
  ) {
    this.capacity = 2 * keep + 64;
    const columns = {} as Record<Name, Float64Array>;
    for (const name of names) columns[name] = new Float64Array(this.capacity);
    this.columns = columns;
  }

  /** Index of the oldest readable row. */
  get start(): number {
    return Math.max(0, this.end - this.keep);
  }

  /** Makes room for one more row and returns its index; the caller fills every column. */
  push(): number {
    if (this.end === this.capacity) {
      const from = this.end - this.keep;
      for (const name of this.names) this.columns[name].copyWithin(0, from, this.end);
      this.end = this.keep;
      this.moves += 1;
    }
    this.end += 1;
    return this.end - 1;
  }

  /** Rows as JSON; null stands for NaN. */
  snapshot(): Record<Name, (number | null)[]> {
    const rows = {} as Record<Name, (number | null)[]>;
    for (const name of this.names) rows[name] = encode(this.columns[name].subarray(this.start, this.end));
    return rows;
  }

  restore(rows: Readonly<Record<Name, readonly (number | null)[]>>): void {
    this.end = 0;
    this.moves += 1;
    for (const name of this.names) {
      const kept = rows[name].slice(-this.keep);
      this.columns[name].set(kept.map(decode));
      this.end = kept.length;
    }
  }
}
