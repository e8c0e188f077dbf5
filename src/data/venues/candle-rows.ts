/** Candles out of the answers of exchanges that send an array per bar. */
import { z } from 'zod';
import { CandleColumns } from './candle-columns.js';
import { readDecimalRows, skipSpace } from './decimal-rows.js';

/** Which cell of a row holds what; undefined: the venue does not say. */
export interface RowLayout {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quoteVolume?: number;
  readonly trades?: number;
  /** Cell 0 times this is UTC ms. */
  readonly timeUnit: 1 | 1000;
  /** Cells that a row has at least; a shorter one makes the answer unreadable. */
  readonly cells: number;
  /** Cell that is 0 while the bar is open. */
  readonly confirmed?: number;
}

/**
 * Rows of an array that begins at `start`.
 * @returns the columns in the venue's order, and where the array ends
 * @throws RangeError
 */
function readRows(body: Buffer, start: number, layout: RowLayout): { columns: CandleColumns; end: number } {
  // a candle takes 60 to 160 bytes; the columns grow where the guess is short
  const columns = new CandleColumns(Math.ceil(body.length / 100) + 8);
  const { open, high, low, close, volume, quoteVolume, trades, timeUnit, confirmed } = layout;
  const end = readDecimalRows(body, start, layout.cells, (cells, count) => {
    if (count < layout.cells) throw new RangeError(`a row has ${count} cells instead of ${layout.cells}`);
    if (confirmed !== undefined && cells[confirmed] === 0) return;
    if (columns.length === columns.time.length) columns.reserve(1);
    const row = columns.length;
    columns.time[row] = cells[0]! * timeUnit;
    columns.open[row] = cells[open]!;
    columns.high[row] = cells[high]!;
    columns.low[row] = cells[low]!;
    columns.close[row] = cells[close]!;
    columns.volume[row] = cells[volume]!;
    columns.quoteVolume[row] = quoteVolume === undefined ? Number.NaN : cells[quoteVolume]!;
    columns.trades[row] = trades === undefined ? Number.NaN : cells[trades]!;
    columns.length = row + 1;
  });
  return { columns, end };
}

/** An answer that is the array itself. @throws RangeError */
export function rowsAlone(body: Buffer, layout: RowLayout): CandleColumns {
  const { columns, end } = readRows(body, 0, layout);
  if (skipSpace(body, end) !== body.length) throw new RangeError(`something follows the rows at byte ${end}`);
  return columns;
}

/**
 * An answer that holds the rows in an envelope: the rows are read from their bytes, the rest is parsed and handed to
 * `check`, which sees an empty array in their place.
 * @throws RangeError, SyntaxError, and what `check` throws
 */
export function rowsInEnvelope(
  body: Buffer,
  layout: RowLayout,
  check: (envelope: unknown) => void,
): CandleColumns {
  const start = body.indexOf('[[');
  if (start < 0) {
    check(JSON.parse(body.toString('utf8')));
    return new CandleColumns(0);
  }
  const { columns, end } = readRows(body, start, layout);
  check(JSON.parse(`${body.toString('utf8', 0, start)}[]${body.toString('utf8', end)}`));
  return columns;
}

/** A number that a venue may send as text; NaN for null and the empty text where they may occur. */
export const decimal = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/)])
  .transform(Number);

/** An answer that names another market than the one asked for must not be stored. @throws RangeError */
export function requireOnly(wanted: string, named: readonly string[]): void {
  const other = named.find((name) => name !== wanted);
  if (other !== undefined) throw new RangeError(`the answer is about ${other.slice(0, 40)}, not ${wanted}`);
}
