/** Bars that are appended one by one and read as columns, without an object per bar. */
import type { BarColumns } from '../../market/series.js';

export interface CompositeColumns extends BarColumns {
  /** Members that contributed. */
  readonly componentCount: Float64Array;
}

const WIDTH = 7;

/** Grows the columns of a composite bar by bar; `ts` is the open, UTC ms, prices are index points. */
export class CompositeBuilder {
  private table = new Float64Array(WIDTH * 1024);
  private rows = 0;

  push(
    ts: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    componentCount: number,
  ): void {
    const at = this.rows * WIDTH;
    if (at === this.table.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.table);
      this.table = grown;
    }
    this.rows += 1;
    const { table } = this;
    table[at] = ts;
    table[at + 1] = open;
    table[at + 2] = high;
    table[at + 3] = low;
    table[at + 4] = close;
    table[at + 5] = volume;
    table[at + 6] = componentCount;
  }

  columns(): CompositeColumns {
    const { table, rows } = this;
    const column = (offset: number): Float64Array => {
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++) values[row] = table[row * WIDTH + offset]!;
      return values;
    };
    return {
      time: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
      componentCount: column(6),
    };
  }
}
