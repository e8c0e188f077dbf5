/**
 * Named columns over a series, only the rows where every feature is defined, each with the time from which it was
 * known. This is what models are fitted on; a `FeatureSet` (feature-set.ts) says how to make one.
 */
import { TidewatchError } from '../../errors.js';
import { calendarOf, missesBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';

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
 * Joins full-length columns into a table: keeps the bars where all are finite and splits them at gaps.
 * @param columns one value per bar of the series, NaN where undefined
 */
export function assembleFeatureTable(
  series: Series,
  names: readonly string[],
  columns: readonly Float64Array[],
  warmUp: number,
): FeatureTable {
  const { length, time } = series;
  const timeframeMs = TIMEFRAME_MS[series.timeframe];
  const isGap = gapRule(series);
  const defined = new Uint8Array(length).fill(1);
  const missing = columns.map((column) => {
    let without = 0;
    for (let bar = 0; bar < length; bar++) {
      if (Number.isFinite(column[bar]!)) continue;
      defined[bar] = 0;
      without++;
    }
    return without;
  });
  const bars = new Uint32Array(length);
  const lengths: number[] = [];
  let rows = 0;
  let inSegment = 0;
  for (let bar = 0; bar < length; bar++) {
    if (bar > 0 && inSegment > 0 && isGap(time[bar - 1]!, time[bar]!)) {
      lengths.push(inSegment);
      inSegment = 0;
    }
    if (defined[bar] === 1) {
      bars[rows++] = bar;
      inSegment++;
    }
  }
  if (inSegment > 0) lengths.push(inSegment);
  const bar = bars.slice(0, rows);
  const pick = (column: Float64Array): Float64Array => {
    const picked = new Float64Array(rows);
    for (let row = 0; row < rows; row++) picked[row] = column[bar[row]!]!;
    return picked;
  };
  const opens = pick(time);
  return {
    names,
    columns: columns.map(pick),
    bar,
    time: opens,
    availableAt: opens.map((open) => open + timeframeMs),
    lengths,
    dropped: length - rows,
    missing,
    warmUp,
  };
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
