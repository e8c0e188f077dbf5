/** One instrument × timeframe as columns. Views share their buffers: slicing never copies. */
import { TidewatchError } from '../errors.js';
import type { Timeframe } from './timeframe.js';

/** Column names in their fixed order. */
export const BAR_COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
/** Name of a price or volume column. */
export type BarColumn = (typeof BAR_COLUMNS)[number];

/** The five columns of bars, all of one length. */
export type BarColumns = Readonly<Record<BarColumn, Float64Array>>;

/** Closed bars of one instrument at one timeframe, as columns of `length` values. */
export interface Series extends BarColumns {
  /** Instrument id. */
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly length: number;
  /** Bar open times, UTC ms, strictly increasing. */
  readonly time: Float64Array;
  /** Quote currency. */
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Base units; 0 where nothing traded or nothing is known. */
  readonly volume: Float64Array;
}

/** Columns of so many bars, to be filled. */
export function emptyBars(length: number): BarColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}

/**
 * Wraps columns without copying or checking order; `validate` in validation.ts checks.
 * @throws TidewatchError `column_length_mismatch`
 */
export function makeSeries(instrument: string, timeframe: Timeframe, columns: BarColumns): Series {
  const length = columns.time.length;
  for (const name of BAR_COLUMNS) {
    if (columns[name].length !== length) {
      throw new TidewatchError(
        'column_length_mismatch',
        `column ${name} of ${instrument} ${timeframe} has ${columns[name].length} rows, time has ${length}`,
        { hint: 'give every column one value per bar', details: { column: name, instrument, timeframe } },
      );
    }
  }
  const { time, open, high, low, close, volume } = columns;
  return { instrument, timeframe, length, time, open, high, low, close, volume };
}

/** Bars [from, to) by position, as a view on the same buffers. */
export function slice(series: Series, from: number, to: number = series.length): Series {
  return makeSeries(series.instrument, series.timeframe, {
    time: series.time.subarray(from, to),
    open: series.open.subarray(from, to),
    high: series.high.subarray(from, to),
    low: series.low.subarray(from, to),
    close: series.close.subarray(from, to),
    volume: series.volume.subarray(from, to),
  });
}

/** Position of the first bar whose open time is ≥ `time` (length when there is none). */
export function lowerBound(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bars with open time in the half-open range [from, to), UTC ms, as a view. */
export function between(series: Series, from: number, to: number): Series {
  return slice(series, lowerBound(series.time, from), lowerBound(series.time, to));
}
