/**
 * Bars of a coarser timeframe from finer ones (HMM spec §3.7): buckets are counted from the Unix epoch
 * (floor(time / length) · length, so 13m buckets drift against midnight and a day can start inside one),
 * open = first, high = max, low = min, close = last, volume = sum in time order. Empty time makes no bar.
 *
 * A bucket is a bar only once it has closed: its end lies at or before the data horizon, the moment up to which
 * the fine bars are known. One pass, no per-bar objects; the sum runs in time order, so the same input gives the
 * same bits. Known limit: a fine bar that straddles a bucket edge cannot occur because the coarse length must be
 * a multiple of the fine one.
 */
import { TidewatchError } from '../errors.js';
import { type BarColumns, makeSeries, type Series } from './series.js';
import { barClose, barsPer, divides, TIMEFRAME_MS, type Timeframe } from './timeframe.js';

export interface Resampled {
  readonly series: Series;
  /** Number of fine bars inside each coarse bar. */
  readonly bars: Uint32Array;
  /** 1 where every fine bar was there (bars = coarse length / fine length), else 0. */
  readonly complete: Uint8Array;
}

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
  if (!divides(series.timeframe, timeframe)) {
    throw new TidewatchError(
      'bad_parameter',
      `${timeframe} bars cannot be made from ${series.timeframe} bars`,
      {
        hint: 'resample from 1m, which divides every timeframe',
        details: { from: series.timeframe, to: timeframe },
      },
    );
  }
  const length = TIMEFRAME_MS[timeframe];
  const { time, open, high, low, close, volume } = series;
  const rows = series.length;
  const horizon = options.horizon ?? (rows === 0 ? 0 : barClose(time[rows - 1]!, series.timeframe));
  const capacity = countBuckets(time, length);
  const out: BarColumns = {
    time: new Float64Array(capacity),
    open: new Float64Array(capacity),
    high: new Float64Array(capacity),
    low: new Float64Array(capacity),
    close: new Float64Array(capacity),
    volume: new Float64Array(capacity),
  };
  const bars = new Uint32Array(capacity);
  const complete = new Uint8Array(capacity);
  const full = barsPer(timeframe, series.timeframe);
  let count = 0;
  let row = 0;
  while (row < rows) {
    const start = Math.floor(time[row]! / length) * length;
    const end = start + length;
    if (end > horizon) break;
    const first = row;
    let top = high[row]!;
    let bottom = low[row]!;
    let sum = volume[row]!;
    for (row += 1; row < rows && time[row]! < end; row += 1) {
      if (high[row]! > top) top = high[row]!;
      if (low[row]! < bottom) bottom = low[row]!;
      sum += volume[row]!;
    }
    out.time[count] = start;
    out.open[count] = open[first]!;
    out.high[count] = top;
    out.low[count] = bottom;
    out.close[count] = close[row - 1]!;
    out.volume[count] = sum;
    bars[count] = row - first;
    complete[count] = row - first === full ? 1 : 0;
    count += 1;
  }
  return {
    series: makeSeries(series.instrument, timeframe, {
      time: out.time.subarray(0, count),
      open: out.open.subarray(0, count),
      high: out.high.subarray(0, count),
      low: out.low.subarray(0, count),
      close: out.close.subarray(0, count),
      volume: out.volume.subarray(0, count),
    }),
    bars: bars.subarray(0, count),
    complete: complete.subarray(0, count),
  };
}

/** Buckets that hold at least one bar, counted before filling so that arrays are exactly as long as needed. */
function countBuckets(time: Float64Array, length: number): number {
  let count = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < time.length; row += 1) {
    if (time[row]! < end) continue;
    end = Math.floor(time[row]! / length) * length + length;
    count += 1;
  }
  return count;
}
