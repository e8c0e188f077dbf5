/** Candles on their way in, as columns that grow: a page of a venue, a batch for the lake. */

export const CANDLE_COLUMNS = ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'trades'] as const;
export type CandleColumn = (typeof CANDLE_COLUMNS)[number];

export class CandleColumns {
  length = 0;
  time: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** Base units. */
  volume: Float64Array;
  /** Quote currency; NaN where the venue does not say. */
  quoteVolume: Float64Array;
  /** NaN where the venue does not say. */
  trades: Float64Array;

  constructor(capacity: number) {
    const column = (): Float64Array => new Float64Array(capacity);
    this.time = column();
    this.open = column();
    this.high = column();
    this.low = column();
    this.close = column();
    this.volume = column();
    this.quoteVolume = column();
    this.trades = column();
  }

  /** Room for `rows` more. */
  reserve(rows: number): void {
    if (this.length + rows <= this.time.length) return;
    const capacity = Math.max(this.time.length * 2, this.length + rows);
    for (const name of ['time', ...CANDLE_COLUMNS] as const) {
      const grown = new Float64Array(capacity);
      grown.set(this[name].subarray(0, this.length));
      this[name] = grown;
    }
  }

  /** Appends rows [from, to) of another set of columns. */
  append(other: CandleColumns, from = 0, to = other.length): void {
    this.reserve(to - from);
    for (const name of ['time', ...CANDLE_COLUMNS] as const) {
      this[name].set(other[name].subarray(from, to), this.length);
    }
    this.length += to - from;
  }

  /** One column cut to its length; shared, not copied. */
  cut(name: 'time' | CandleColumn): Float64Array {
    return this[name].subarray(0, this.length);
  }

  copyRow(from: number, to: number): void {
    this.time[to] = this.time[from]!;
    this.open[to] = this.open[from]!;
    this.high[to] = this.high[from]!;
    this.low[to] = this.low[from]!;
    this.close[to] = this.close[from]!;
    this.volume[to] = this.volume[from]!;
    this.quoteVolume[to] = this.quoteVolume[from]!;
    this.trades[to] = this.trades[from]!;
  }
}
