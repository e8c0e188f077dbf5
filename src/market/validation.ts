/**
 * What makes a series trustworthy: open times strictly increasing, finite positive prices, high and low that
 * enclose open and close, finite non-negative volume.
 */
import { type ErrorCode, TidewatchError } from '../errors.js';
import { type BarColumn, type BarColumns, makeSeries, type Series } from './series.js';

/** One value that breaks a rule. */
export interface Violation {
  readonly code: ErrorCode;
  /** 0-based row of the input. */
  readonly row: number;
  readonly column: BarColumn;
  readonly value: number;
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

/** First rule that row `row` breaks, given the open time of the last accepted row. */
function violationAt(columns: BarColumns, row: number, previousTime: number): Violation | undefined {
  const time = columns.time[row]!;
  if (!Number.isFinite(time)) return { code: 'non_finite_value', row, column: 'time', value: time };
  if (time <= previousTime) return { code: 'time_not_increasing', row, column: 'time', value: time };
  for (const column of PRICES) {
    const value = columns[column][row]!;
    if (!Number.isFinite(value)) return { code: 'non_finite_value', row, column, value };
    if (value <= 0) return { code: 'non_positive_price', row, column, value };
  }
  const open = columns.open[row]!;
  const high = columns.high[row]!;
  const low = columns.low[row]!;
  const close = columns.close[row]!;
  if (high < open || high < close || high < low)
    return { code: 'inconsistent_bar', row, column: 'high', value: high };
  if (low > open || low > close) return { code: 'inconsistent_bar', row, column: 'low', value: low };
  const volume = columns.volume[row]!;
  if (!Number.isFinite(volume)) return { code: 'non_finite_value', row, column: 'volume', value: volume };
  if (volume < 0) return { code: 'negative_volume', row, column: 'volume', value: volume };
  return undefined;
}

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  non_finite_value: 'is not a finite number',
  time_not_increasing: 'does not come after the row before it',
  non_positive_price: 'is not above zero',
  inconsistent_bar: 'does not enclose the other prices of its bar',
  negative_volume: 'is below zero',
};

/**
 * Checks every row.
 * @throws TidewatchError named after the first violation, with its row and column
 */
export function validate(series: Series): Series {
  let previousTime = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < series.length; row += 1) {
    const violation = violationAt(series, row, previousTime);
    if (violation) {
      const { code, column, value } = violation;
      throw new TidewatchError(
        code,
        `${series.instrument} ${series.timeframe}: ${column} of row ${row} (${value}) ${SENTENCES[code] ?? 'is invalid'}`,
        {
          hint: 'mend the source, or read it in tolerant mode, which drops and counts such rows',
          details: { ...violation },
        },
      );
    }
    previousTime = series.time[row]!;
  }
  return series;
}

/** What is left of a series without its bad rows, and what was wrong with them. */
export interface TolerantResult {
  readonly series: Series;
  /** Rows dropped, per reason. */
  readonly dropped: ReadonlyMap<ErrorCode, number>;
  /** The first violations met, at most 20. */
  readonly examples: readonly Violation[];
}

/** Drops every row that breaks a rule and counts the reasons; keeps the input's buffers when nothing is dropped. */
export function dropInvalid(series: Series): TolerantResult {
  const kept: number[] = [];
  const dropped = new Map<ErrorCode, number>();
  const examples: Violation[] = [];
  let previousTime = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < series.length; row += 1) {
    const violation = violationAt(series, row, previousTime);
    if (violation) {
      dropped.set(violation.code, (dropped.get(violation.code) ?? 0) + 1);
      if (examples.length < 20) examples.push(violation);
    } else {
      kept.push(row);
      previousTime = series.time[row]!;
    }
  }
  if (kept.length === series.length) return { series, dropped, examples };
  const pick = (column: Float64Array): Float64Array => Float64Array.from(kept, (row) => column[row]!);
  return {
    series: makeSeries(series.instrument, series.timeframe, {
      time: pick(series.time),
      open: pick(series.open),
      high: pick(series.high),
      low: pick(series.low),
      close: pick(series.close),
      volume: pick(series.volume),
    }),
    dropped,
    examples,
  };
}
