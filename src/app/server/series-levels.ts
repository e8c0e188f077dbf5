/**
 * Buckets of bars, for a chart that shows more bars than it can hold. Pure functions over columns.
 *
 * Buckets are aligned to UTC from the Unix epoch, weeks to Monday: open first, high max, low min, close last, volume
 * sum, and how many bars are inside, so that a bucket with holes can be told. A bucket without bars has no row. Coarse
 * buckets are merged from finer ones, which gives the same high and low; a volume sum may differ in its last bit.
 */
import { openOfBucket } from '../../market/bucket.js';
import type { Series } from '../../market/series.js';

/** Bars in buckets of one length, one row per bucket that has bars. */
export interface Level {
  /** Length of a row in ms. */
  readonly bucket: number;
  readonly length: number;
  /** Open time of each bucket, UTC ms, ascending. */
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Bars inside. */
  readonly bars: Uint32Array;
}

/** Every bar a row. Shares the buffers of the series. */
export function levelOfBars(series: Series, bucket: number): Level {
  const { length, time, open, high, low, close, volume } = series;
  return { bucket, length, time, open, high, low, close, volume, bars: new Uint32Array(length).fill(1) };
}

/** Rows of one level merged into longer buckets, in one pass. */
export function mergeRows(from: Level, bucket: number): Level {
  const starts = bucketStarts(from.time, from.length, bucket);
  const rows = starts.length;
  const level = emptyLevel(bucket, rows);
  for (let row = 0; row < rows; row += 1) {
    const first = starts[row]!;
    const end = row + 1 < rows ? starts[row + 1]! : from.length;
    let high = from.high[first]!;
    let low = from.low[first]!;
    let volume = 0;
    let bars = 0;
    for (let at = first; at < end; at += 1) {
      if (from.high[at]! > high) high = from.high[at]!;
      if (from.low[at]! < low) low = from.low[at]!;
      volume += from.volume[at]!;
      bars += from.bars[at]!;
    }
    level.time[row] = openOfBucket(from.time[first]!, bucket);
    level.open[row] = from.open[first]!;
    level.high[row] = high;
    level.low[row] = low;
    level.close[row] = from.close[end - 1]!;
    level.volume[row] = volume;
    level.bars[row] = bars;
  }
  return level;
}

/** Position of the first row of every bucket that has one. */
export function bucketStarts(time: Float64Array, length: number, bucket: number): Uint32Array {
  const starts = new Uint32Array(length);
  let count = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < length; at += 1) {
    if (time[at]! < end) continue;
    starts[count] = at;
    count += 1;
    end = openOfBucket(time[at]!, bucket) + bucket;
  }
  return starts.slice(0, count);
}

/** Rows [from, to) as a view. */
export function rowsOf(level: Level, from: number, to: number): Level {
  const cut = (column: Float64Array): Float64Array => column.subarray(from, to);
  const { bucket, time, open, high, low, close, volume, bars } = level;
  return {
    bucket,
    length: to - from,
    time: cut(time),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
    bars: bars.subarray(from, to),
  };
}

/** The rows of `head` before `cut`, then those of `tail`. */
export function joinLevels(head: Level, cut: number, tail: Level): Level {
  const kept = rowsOf(head, 0, cut);
  const length = cut + tail.length;
  const joined = emptyLevel(head.bucket, length);
  for (const name of COLUMNS) {
    joined[name].set(kept[name]);
    joined[name].set(tail[name], cut);
  }
  return joined;
}

/** Bytes that the level holds in memory. */
export function bytesOf(level: Level): number {
  return level.length * (6 * 8 + 4);
}

const COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume', 'bars'] as const;

function emptyLevel(bucket: number, length: number): Level {
  const column = (): Float64Array => new Float64Array(length);
  return {
    bucket,
    length,
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    bars: new Uint32Array(length),
  };
}
