/**
 * Candles on their way in, as columns that grow: a page of a venue, a batch for the lake. The checks of the paging
 * contract (pipelines spec §7) live here once, for all venues: inside the window, on the grid, a possible bar, strictly
 * ascending, one row per open time of which the last one counts.
 */
import type { CandlePage, PageCounts, Window } from './venue.js';

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

export function noCounts(): PageCounts {
  return { outOfOrder: 0, duplicates: 0, misaligned: 0, invalid: 0, outside: 0 };
}

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
