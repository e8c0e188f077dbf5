/** The rows that a backtest counts in: every day of the range on which any asset has a price (spec §10). */
import type { PanelView } from './alt-universe.js';
import { indicesWhere } from './day-series.js';
import type { NeutralFeatureTable } from './feature-table.js';

/** Indices into the days of the panel, ascending. */
export function tradingRows({ rows, to }: PanelView): Int32Array {
  const priced = new Uint8Array(to);
  for (const t of rows.at) priced[t] = 1;
  return indicesWhere(to, (t) => priced[t] === 1);
}

/** For each trading row the feature row of its day, or the last one before it; −1 before the first. */
export function featureRowOf(table: NeutralFeatureTable, trading: Int32Array): Int32Array {
  let row = -1;
  return trading.map((t) => {
    while (row + 1 < table.panelRow.length && table.panelRow[row + 1]! <= t) row += 1;
    return row;
  });
}

/** Test windows [from, to) of trading rows, oldest first (spec §10); left-over rows belong to none. */
export interface TestWindow {
  readonly from: number;
  readonly to: number;
}

export interface WindowLengths {
  readonly walkForward: boolean;
  /** Rows before the first window, and rows of a window. */
  readonly lookback: number;
  readonly test: number;
}

/** The window that has begun after the last complete one; null when none has. */
export function unfinishedWindow(tradingDays: number, lengths: WindowLengths): TestWindow | null {
  if (!lengths.walkForward) return null;
  const from = testWindows(tradingDays, lengths).at(-1)?.to ?? lengths.lookback;
  return from < tradingDays ? { from, to: tradingDays } : null;
}

/**
 * Half-open ranges of trading rows, one after the other; an unfinished last window is dropped, without walk-forward
 * all rows are one.
 */
export function testWindows(
  tradingDays: number,
  { walkForward, lookback, test }: WindowLengths,
): TestWindow[] {
  if (!walkForward) return tradingDays > 0 ? [{ from: 0, to: tradingDays }] : [];
  const count = Math.max(0, Math.floor((tradingDays - lookback) / test));
  return Array.from({ length: count }, (_, k) => ({
    from: lookback + test * k,
    to: lookback + test * (k + 1),
  }));
}
