/**
 * Named columns over a series, only the rows where every feature is defined, each with the time from which it was
 * known. This is what models are fitted on; a `FeatureSet` (feature-set.ts) says how to make one.
 */
import { TidewatchError } from '../../errors.js';
import { calendarOf, missesBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';

/** Feature columns of equal length with the bar and the time of every row; no NaN in a column. */
export interface FeatureTable {
  readonly names: readonly string[];
  /** One column per name, rows by time. */
  readonly columns: readonly Float64Array[];
  /** Position in the series of the bar of each row. */
  readonly bar: Uint32Array;
  /** Open time of that bar, UTC ms. */
  readonly time: Float64Array;
  /** First moment at which the row was known: the close of its bar, UTC ms. */
  readonly availableAt: Float64Array;
  /** Rows per gap-free segment, in order; they add up to the number of rows. */
  readonly lengths: readonly number[];
  /** Bars of the series that gave no row. */
  readonly dropped: number;
  /** Bars without a value, per column: warm-up, gaps and what was not known. */
  readonly missing: readonly number[];
  /** Bars of history that a row needs to be independent of where the series began, to 1e-6. */
  readonly warmUp: number;
}

/** What a feature set must know of a series: its calendar and its grid. */
export type Market = Pick<Series, 'instrument' | 'timeframe'>;

/**
 * The rule that tells a gap from a closed session: at least one bar is missing that the instrument's calendar
 * expects between two neighbours. A weekend of an equity is no gap, a missing hour of bitcoin is.
 * @throws TidewatchError `invalid_instrument`
 */
export function gapRule({ instrument, timeframe }: Market): (previous: number, next: number) => boolean {
  const calendar = calendarOf(parseInstrument(instrument));
  return (previous, next) => missesBars(calendar, timeframe, previous, next);
}

/**
 * Bars before which at least one bar is missing, ascending.
 * @throws TidewatchError `invalid_instrument`
 */
export function gapsOf(series: Series): number[] {
  const { time, length } = series;
  const step = TIMEFRAME_MS[series.timeframe];
  const isGap = gapRule(series);
  const found: number[] = [];
  for (let bar = 1; bar < length; bar++) {
    // the calendar is asked only where bars are further apart than one
    if (time[bar]! - time[bar - 1]! > step && isGap(time[bar - 1]!, time[bar]!)) found.push(bar);
  }
  return found;
}

/**
 * Joins full-length columns into a table: keeps the bars where all are finite and splits them at gaps. Columns whose
 * rows are one stretch of bars are views, not copies.
 * @param columns one value per bar of the series, NaN where undefined
 */
export function assembleFeatureTable(
  series: Series,
  names: readonly string[],
  columns: readonly Float64Array[],
  warmUp: number,
): FeatureTable {
  const { length } = series;
  const undefinedBars = new Uint8Array(length);
  const missing = columns.map((column) => markMissing(column, undefinedBars));
  const stretches = definedStretches(undefinedBars);
  let rows = 0;
  for (const [from, to] of stretches) rows += to - from;
  const bar = new Uint32Array(rows);
  let row = 0;
  for (const [from, to] of stretches) for (let at = from; at < to; at++) bar[row++] = at;
  const pick = (column: Float64Array): Float64Array => pickStretches(column, stretches, rows);
  const time = pick(series.time);
  const step = TIMEFRAME_MS[series.timeframe];
  const availableAt = new Float64Array(rows);
  for (let at = 0; at < rows; at++) availableAt[at] = time[at]! + step;
  return {
    names,
    columns: columns.map(pick),
    bar,
    time,
    availableAt,
    lengths: segmentLengths(bar, gapsOf(series)),
    dropped: length - rows,
    missing,
    warmUp,
  };
}

/** Marks bars without a finite value; their number. */
function markMissing(column: Float64Array, undefinedBars: Uint8Array): number {
  let missing = 0;
  for (let bar = 0; bar < column.length; bar++) {
    // x − x is 0 for finite values only
    if (column[bar]! - column[bar]! !== 0) {
      undefinedBars[bar] = 1;
      missing++;
    }
  }
  return missing;
}

/** Half-open runs of bars that are not marked. */
function definedStretches(undefinedBars: Uint8Array): [number, number][] {
  const stretches: [number, number][] = [];
  let from = undefinedBars.indexOf(0);
  while (from >= 0) {
    const end = undefinedBars.indexOf(1, from);
    const to = end < 0 ? undefinedBars.length : end;
    stretches.push([from, to]);
    from = end < 0 ? -1 : undefinedBars.indexOf(0, to);
  }
  return stretches;
}

function pickStretches(
  column: Float64Array,
  stretches: readonly (readonly [number, number])[],
  rows: number,
): Float64Array {
  const [only, ...more] = stretches;
  if (only !== undefined && more.length === 0) return column.subarray(only[0], only[1]);
  const picked = new Float64Array(rows);
  let row = 0;
  for (const [from, to] of stretches) {
    picked.set(column.subarray(from, to), row);
    row += to - from;
  }
  return picked;
}

/** Rows between gaps; stretches without a row count for none. */
function segmentLengths(bar: Uint32Array, gaps: readonly number[]): number[] {
  const lengths: number[] = [];
  let start = 0;
  for (const gap of gaps) {
    const end = firstAtLeast(bar, gap, start);
    if (end > start) lengths.push(end - start);
    start = end;
  }
  if (bar.length > start) lengths.push(bar.length - start);
  return lengths;
}

function firstAtLeast(bar: Uint32Array, value: number, from: number): number {
  let low = from;
  let high = bar.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bar[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @throws TidewatchError `bad_parameter` when the table lacks the feature */
export function featureColumn(table: FeatureTable, name: string): Float64Array {
  const column = table.columns[table.names.indexOf(name)];
  if (column === undefined) {
    throw new TidewatchError('bad_parameter', `the feature table has no column ${name}`, {
      hint: `use one of ${table.names.join(' ')}`,
      details: { feature: name },
    });
  }
  return column;
}
