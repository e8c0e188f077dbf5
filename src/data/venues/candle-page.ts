/**
 * A page of candles as every adapter gives it. The checks of the paging contract (pipelines spec §7) live here once, for
 * all venues: inside the window, on the grid, a possible bar, strictly ascending, one row per open time of which the
 * last one counts.
 */
import { CANDLE_COLUMNS, CandleColumns } from './candle-columns.js';

/** Half-open, UTC ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What the checks of a page found; a sum over pages is a report. */
export interface PageCounts {
  /** Rows that came after a later one. */
  outOfOrder: number;
  /** Rows replaced by a later one of the same open time. */
  duplicates: number;
  /** Rows off the grid of the timeframe, left out. */
  misaligned: number;
  /** Rows that are no bar (high under low, a price of zero, not a number), left out. */
  invalid: number;
  /** Rows outside the window that was asked for, left out. */
  outside: number;
}

export interface CandlePage {
  /** Strictly ascending, unique, aligned, inside the window. */
  readonly columns: CandleColumns;
  readonly counts: PageCounts;
}

/** Nothing wrong yet; a new object, to be added to. */
export function noCounts(): PageCounts {
  return { outOfOrder: 0, duplicates: 0, misaligned: 0, invalid: 0, outside: 0 };
}

/** Adds `more` to `sum` in place. */
export function addCounts(sum: PageCounts, more: PageCounts): void {
  sum.outOfOrder += more.outOfOrder;
  sum.duplicates += more.duplicates;
  sum.misaligned += more.misaligned;
  sum.invalid += more.invalid;
  sum.outside += more.outside;
}

/**
 * What a venue sent, made into a page; works in place.
 * @param step length of the timeframe in ms
 * @param newestFirst the venue's order, which is no fault
 */
export function pageOf(
  columns: CandleColumns,
  { from, to }: Window,
  step: number,
  newestFirst = false,
): CandlePage {
  if (newestFirst) reverse(columns);
  const counts = noCounts();
  let kept = 0;
  let isSorted = true;
  for (let row = 0; row < columns.length; row += 1) {
    const time = columns.time[row]!;
    if (!(time >= from && time < to)) {
      if (Number.isFinite(time)) counts.outside += 1;
      else counts.invalid += 1;
      continue;
    }
    if (time % step !== 0) {
      counts.misaligned += 1;
      continue;
    }
    if (!isBar(columns, row)) {
      counts.invalid += 1;
      continue;
    }
    if (kept > 0) {
      const before = columns.time[kept - 1]!;
      if (time === before && isSorted) {
        // of one open time the last row counts
        counts.duplicates += 1;
        columns.copyRow(row, kept - 1);
        continue;
      }
      if (time < before) {
        counts.outOfOrder += 1;
        isSorted = false;
      }
    }
    if (row !== kept) columns.copyRow(row, kept);
    kept += 1;
  }
  columns.length = kept;
  return { columns: isSorted ? columns : sorted(columns, counts), counts };
}

function isBar(columns: CandleColumns, row: number): boolean {
  const open = columns.open[row]!;
  const high = columns.high[row]!;
  const low = columns.low[row]!;
  const close = columns.close[row]!;
  const volume = columns.volume[row]!;
  return (
    low > 0 &&
    low <= open &&
    low <= close &&
    open <= high &&
    close <= high &&
    high < Number.POSITIVE_INFINITY &&
    volume >= 0 &&
    volume < Number.POSITIVE_INFINITY
  );
}

function reverse(columns: CandleColumns): void {
  for (const name of ['time', ...CANDLE_COLUMNS] as const)
    columns[name].subarray(0, columns.length).reverse();
}

/** Rows by open time, the last of each. */
function sorted(columns: CandleColumns, counts: PageCounts): CandleColumns {
  const order = new Uint32Array(columns.length).map((_, row) => row);
  order.sort((a, b) => columns.time[a]! - columns.time[b]! || a - b);
  const result = new CandleColumns(columns.length);
  for (const row of order) {
    const isRepeat = result.length > 0 && result.time[result.length - 1] === columns.time[row];
    if (isRepeat) {
      counts.duplicates += 1;
      result.length -= 1;
    }
    result.append(columns, row, row + 1);
  }
  return result;
}
