/**
 * Bars of a coarser timeframe from finer ones (HMM spec §3.7): buckets are counted from the Unix epoch
 * (floor(time / length) · length, so 13m buckets drift against midnight and a day can start inside one),
 * open = first, high = max, low = min, close = last, volume = sum in time order. Empty time makes no bar.
 *
 * A bucket is a bar only once it has closed: its end lies at or before the data horizon, the moment up to which
 * the fine bars are known. One pass, no per-bar objects; the sum runs in time order, so the same bars give the same
 * bits whether they come in one piece or in many. The coarse length must be a multiple of the fine one, so no fine
 * bar straddles a bucket edge.
 */
import { TidewatchError } from '../errors.js';
import { makeSeries, type Series } from './series.js';
import { barClose, barsPer, divides, TIMEFRAME_MS, type Timeframe } from './timeframe.js';

/** Coarse bars and how whole each is; arrays have one value per bar. */
export interface Resampled {
  readonly series: Series;
  /** Number of fine bars inside each coarse bar. */
  readonly bars: Uint32Array;
  /** 1 where every fine bar was there (bars = coarse length / fine length), else 0. */
  readonly complete: Uint8Array;
}

/** Up to when the fine bars count. */
export interface ResampleOptions {
  /**
   * UTC ms up to which the fine bars are known; buckets that end later are left out.
   * Default: the close of the last fine bar. Infinity keeps the bucket that is still forming.
   */
  horizon?: number;
}

/**
 * @param series fine bars, open times strictly increasing
 * @throws TidewatchError `bad_parameter` when the coarse timeframe is not a multiple of the fine one
 */
export function resample(series: Series, timeframe: Timeframe, options: ResampleOptions = {}): Resampled {
  const resampler = new Resampler(series.instrument, series.timeframe, timeframe);
  const { time, open, high, low, close, volume } = series;
  resampler.push(time, open, high, low, close, volume, series.length);
  return resampler.finish(options.horizon);
}

/** Rows of the growing table: time, open, high, low, close, volume, number of fine bars. */
const WIDTH = 7;
const FIRST_ROWS = 16;

/** The same for bars that arrive in pieces, in time order. */
export class Resampler {
  // small, and doubled as it fills: hundreds of tokens are resampled to one bar each
  private table = new Float64Array(WIDTH * FIRST_ROWS);
  private count = 0;
  /** End of the newest bucket. */
  private end = Number.NEGATIVE_INFINITY;
  private lastTime = Number.NEGATIVE_INFINITY;
  private readonly length: number;

  /** @throws TidewatchError `bad_parameter` when `coarse` is not a multiple of `fine` */
  constructor(
    private readonly instrument: string,
    private readonly fine: Timeframe,
    private readonly coarse: Timeframe,
  ) {
    if (!divides(fine, coarse)) {
      throw new TidewatchError('bad_parameter', `${coarse} bars cannot be made from ${fine} bars`, {
        hint: 'resample from 1m, which divides every timeframe',
        details: { from: fine, to: coarse },
      });
    }
    this.length = TIMEFRAME_MS[coarse];
  }

  /** Open time of the last fine bar seen; -Infinity before the first. */
  get lastOpen(): number {
    return this.lastTime;
  }

  /** Takes the first `rows` values of each column. */
  push(
    time: Float64Array,
    open: Float64Array,
    high: Float64Array,
    low: Float64Array,
    close: Float64Array,
    volume: Float64Array,
    rows: number,
  ): void {
    let row = 0;
    while (row < rows) {
      if (time[row]! >= this.end) this.start(time[row]!, open[row]!, high[row]!, low[row]!);
      const { table, end } = this;
      const at = (this.count - 1) * WIDTH;
      const first = row;
      let top = table[at + 2]!;
      let bottom = table[at + 3]!;
      let sum = table[at + 5]!;
      for (; row < rows && time[row]! < end; row += 1) {
        if (high[row]! > top) top = high[row]!;
        if (low[row]! < bottom) bottom = low[row]!;
        sum += volume[row]!;
      }
      table[at + 2] = top;
      table[at + 3] = bottom;
      table[at + 4] = close[row - 1]!;
      table[at + 5] = sum;
      table[at + 6] = table[at + 6]! + (row - first);
    }
    if (rows > 0) this.lastTime = time[rows - 1]!;
  }

  /**
   * Takes buckets that something else has summed up in time order, each wholly after what came before.
   * @param columns bucket open, open, high, low, close, volume, number of fine bars, open of the last fine bar
   */
  pushBuckets(columns: readonly Float64Array[], rows: number): void {
    for (let row = 0; row < rows; row += 1) {
      this.start(columns[0]![row]!, columns[1]![row]!, columns[2]![row]!, columns[3]![row]!);
      const at = (this.count - 1) * WIDTH;
      for (let column = 4; column < WIDTH; column += 1) this.table[at + column] = columns[column]![row]!;
    }
    if (rows > 0) this.lastTime = columns[WIDTH]![rows - 1]!;
  }

  private start(time: number, open: number, high: number, low: number): void {
    const at = this.count * WIDTH;
    if (at === this.table.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.table);
      this.table = grown;
    }
    const bucket = Math.floor(time / this.length) * this.length;
    this.table.set([bucket, open, high, low, Number.NaN, 0, 0], at);
    this.end = bucket + this.length;
    this.count += 1;
  }

  /** Bars that have closed by the horizon (default: the close of the last fine bar). */
  finish(horizon: number = barClose(this.lastTime, this.fine)): Resampled {
    const { table, length } = this;
    let count = this.count;
    while (count > 0 && table[(count - 1) * WIDTH]! + length > horizon) count -= 1;
    const column = (offset: number): Float64Array => {
      const values = new Float64Array(count);
      for (let row = 0; row < count; row += 1) values[row] = table[row * WIDTH + offset]!;
      return values;
    };
    const full = barsPer(this.coarse, this.fine);
    const bars = Uint32Array.from(column(6));
    return {
      series: makeSeries(this.instrument, this.coarse, {
        time: column(0),
        open: column(1),
        high: column(2),
        low: column(3),
        close: column(4),
        volume: column(5),
      }),
      bars,
      complete: Uint8Array.from(bars, (count) => (count === full ? 1 : 0)),
    };
  }
}
