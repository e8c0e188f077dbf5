/** Order and choice of the rows of the universe table. */
import type { UptrendScanAnswer } from '../../../src/app/server/api-types.js';
import { STATES, type State } from './uptrend-content.js';

export type ScanRow = UptrendScanAnswer['rows'][number];

export const SCAN_COLUMNS = ['symbol', 'state', 'held', 'ts', 'ox', 'dx', 'edx', 'price'] as const;
export type ScanColumn = (typeof SCAN_COLUMNS)[number];

export interface ScanOrder {
  readonly column: ScanColumn;
  readonly isRising: boolean;
}

/** What most readers look for first: the most advanced state, the newest change, the highest score. */
const FIRST_RISING: ReadonlySet<ScanColumn> = new Set(['symbol', 'held']);
const STATE_ORDER: readonly State[] = ['S0', 'S4', 'S1', 'S2', 'S3'];

/** `ox`, or `-ox` for the other direction than its usual one. */
export function parseOrder(text: string | null): ScanOrder {
  const name = (text ?? 'state').replace(/^-/, '');
  const column = SCAN_COLUMNS.find((each) => each === name) ?? 'state';
  const usual = FIRST_RISING.has(column);
  return { column, isRising: text?.startsWith('-') ? !usual : usual };
}

/** The address of an order after its column's head was clicked. */
export function nextOrder(order: ScanOrder, column: ScanColumn): string {
  const usual = FIRST_RISING.has(column);
  const isRising = order.column === column ? !order.isRising : usual;
  return isRising === usual ? column : `-${column}`;
}

function scoreOf(row: ScanRow, column: ScanColumn): number | null {
  switch (column) {
    case 'symbol':
      return null;
    case 'state':
      return row.state === null ? null : STATE_ORDER.indexOf(row.state);
    case 'held':
      return row.bars_in_state;
    case 'ts':
      return row.ts_with_boost;
    default:
      return row[column];
  }
}

/** Rows without the value come last in both directions; equal rows by name. */
export function sortScan(rows: readonly ScanRow[], { column, isRising }: ScanOrder): ScanRow[] {
  const sign = isRising ? 1 : -1;
  return [...rows].sort((a, b) => {
    const byName = a.display.localeCompare(b.display, 'en', { numeric: true });
    if (column === 'symbol') return sign * byName;
    const [x, y] = [scoreOf(a, column), scoreOf(b, column)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byName;
    return sign * (x - y) || byName;
  });
}

export function parseStates(text: string | null): State[] {
  const wanted = (text ?? '').split(',');
  return STATES.filter((state) => wanted.includes(state));
}

/** @param states all when empty */
export function filterScan(rows: readonly ScanRow[], states: readonly State[], text: string): ScanRow[] {
  const letters = (words: string): string => words.toLowerCase().replace(/[^a-z0-9]/g, '');
  return rows.filter(
    (row) =>
      (states.length === 0 || (row.state !== null && states.includes(row.state))) &&
      letters(`${row.display} ${row.instrument_id}`).includes(letters(text)),
  );
}
