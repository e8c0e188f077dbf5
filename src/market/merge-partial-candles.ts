/**
 * Candles cut from pages of trades: the first and last minute of a page are partial, and the same minute shows up in
 * several parts (HMM spec §3.4). Keeping only one of the rows would lose volume and the extremes of crashes.
 *
 * Rule, per open time, rows in write order: rows equal in all five numbers (1e-9 relative) count once; when one row's
 * volume is the sum of at least two others and its high and low are their maximum and minimum, that row is the whole
 * candle; otherwise open of the first, highest high, lowest low, close of the last, summed volume.
 *
 * Limit: two pages that overlap in trades are added up; only trade ids can tell them apart.
 */
import { TidewatchError } from '../errors.js';
import { BAR_COLUMNS, type BarColumns, emptyBars } from './series.js';

const RELATIVE = 1e-9;
const FIVE = ['open', 'high', 'low', 'close', 'volume'] as const;

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b));
}

/**
 * One candle per open time, times strictly increasing.
 *
 * @param columns candles in any order; several rows may share an open time
 * @param writeOrder per row, what was written earlier is smaller; default: position. Ties fall back to position
 * @throws TidewatchError `column_length_mismatch`, `non_finite_value` when a time is not a number
 */
export function mergePartialCandles(columns: BarColumns, writeOrder?: ArrayLike<number>): BarColumns {
  const length = columns.time.length;
  for (const name of BAR_COLUMNS) requireLength(name, columns[name].length, length);
  if (writeOrder) requireLength('write order', writeOrder.length, length);
  const rows = sortedRows(columns.time, writeOrder);
  const merged = emptyBars(length);
  let count = 0;
  for (let from = 0; from < length; count += 1) {
    let to = from + 1;
    while (to < length && columns.time[rows[to]!] === columns.time[rows[from]!]) to += 1;
    const distinct = distinctRows(columns, rows.subarray(from, to));
    const whole = distinct.find((row) => isWholeCandle(columns, row, distinct));
    writeCandle(merged, count, columns, whole === undefined ? distinct : [whole]);
    from = to;
  }
  const cut = (column: Float64Array): Float64Array => column.subarray(0, count);
  return {
    time: cut(merged.time),
    open: cut(merged.open),
    high: cut(merged.high),
    low: cut(merged.low),
    close: cut(merged.close),
    volume: cut(merged.volume),
  };
}

function requireLength(name: string, length: number, expected: number): void {
  if (length === expected) return;
  throw new TidewatchError('column_length_mismatch', `${name} has ${length} rows, time has ${expected}`, {
    hint: 'give every column one value per candle',
    details: { column: name },
  });
}

function sortedRows(time: Float64Array, writeOrder: ArrayLike<number> | undefined): Uint32Array {
  const rows = new Uint32Array(time.length);
  let isSorted = writeOrder === undefined;
  for (let row = 0; row < rows.length; row += 1) {
    rows[row] = row;
    if (!Number.isFinite(time[row])) {
      throw new TidewatchError('non_finite_value', `time of row ${row} is not a finite number`, {
        hint: 'mend or leave out the row',
        details: { row, column: 'time' },
      });
    }
    if (row > 0 && time[row]! < time[row - 1]!) isSorted = false;
  }
  if (isSorted) return rows;
  return rows.sort(
    (a, b) => time[a]! - time[b]! || (writeOrder ? writeOrder[a]! - writeOrder[b]! : 0) || a - b,
  );
}

function distinctRows(columns: BarColumns, rows: Uint32Array): number[] {
  const distinct: number[] = [];
  for (const row of rows) {
    const isRepeat = distinct.some((kept) =>
      FIVE.every((name) => isClose(columns[name][row]!, columns[name][kept]!)),
    );
    if (!isRepeat) distinct.push(row);
  }
  return distinct;
}

function isWholeCandle(columns: BarColumns, row: number, group: readonly number[]): boolean {
  if (group.length < 3) return false;
  let volume = 0;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  for (const other of group) {
    if (other === row) continue;
    volume += columns.volume[other]!;
    high = Math.max(high, columns.high[other]!);
    low = Math.min(low, columns.low[other]!);
  }
  return (
    isClose(columns.volume[row]!, volume) &&
    isClose(columns.high[row]!, high) &&
    isClose(columns.low[row]!, low)
  );
}

function writeCandle(target: BarColumns, at: number, columns: BarColumns, rows: readonly number[]): void {
  const first = rows[0]!;
  target.time[at] = columns.time[first]!;
  target.open[at] = columns.open[first]!;
  target.close[at] = columns.close[rows[rows.length - 1]!]!;
  let high = columns.high[first]!;
  let low = columns.low[first]!;
  let volume = columns.volume[first]!;
  for (const row of rows.slice(1)) {
    high = Math.max(high, columns.high[row]!);
    low = Math.min(low, columns.low[row]!);
    volume += columns.volume[row]!;
  }
  target.high[at] = high;
  target.low[at] = low;
  target.volume[at] = volume;
}
