/** The newest bar of each instrument of a universe as a row of a table. */
import type { UptrendPayload, UptrendState } from '../../analysis/uptrend/payload.js';
import type { UptrendFlag } from '../../backtest/uptrend-trace.js';
import { flagsOf, trendStrengthOf } from './payload-facts.js';

/** One series in a scan; times UTC ms, scores 0..1, null where the engine cannot judge yet. */
export interface ScanRow {
  readonly instrument_id: string;
  /** Null with the reason in `skipped`: fewer bars than the engine needs, or none that could be read. */
  readonly state: UptrendState | null;
  readonly ts: number | null;
  readonly since: number | null;
  readonly bars_in_state: number | null;
  readonly price: number | null;
  readonly warm: boolean | null;
  readonly flags: readonly UptrendFlag[];
  readonly ox: number | null;
  readonly dx: number | null;
  readonly edx: number | null;
  readonly ts_with_boost: number | null;
  readonly skipped: string | null;
}

/** @param since open of the first bar in the state, UTC ms */
export function scanRow(
  instrument: string,
  payload: UptrendPayload | null,
  since: number,
  barsInState: number,
): ScanRow {
  if (payload === null) return skippedRow(instrument, 'too few bars');
  const { scores } = payload;
  return {
    instrument_id: instrument,
    state: payload.state,
    ts: payload.ts,
    since,
    bars_in_state: barsInState,
    price: payload.price,
    warm: payload.warm,
    flags: flagsOf(payload),
    ox: scores?.ox ?? null,
    dx: scores?.dx ?? null,
    edx: scores?.edx ?? null,
    ts_with_boost: trendStrengthOf(payload),
    skipped: null,
  };
}

/** A row that only says why the series was not judged. */
export function skippedRow(instrument: string, reason: string): ScanRow {
  return { ...EMPTY_ROW, instrument_id: instrument, skipped: reason };
}

const EMPTY_ROW: Omit<ScanRow, 'instrument_id' | 'skipped'> = {
  state: null,
  ts: null,
  since: null,
  bars_in_state: null,
  price: null,
  warm: null,
  flags: [],
  ox: null,
  dx: null,
  edx: null,
  ts_with_boost: null,
};

export const SCAN_ORDERS = ['state', 'ox', 'dx', 'edx', 'ts', 'since', 'symbol'] as const;
export type ScanOrder = (typeof SCAN_ORDERS)[number];

/** S3 first; a missing score last; equal rows by name. */
export function sortScan(rows: readonly ScanRow[], order: ScanOrder): ScanRow[] {
  const key = (row: ScanRow): number => {
    if (order === 'symbol') return 0;
    if (order === 'since') return -(row.since ?? Number.NEGATIVE_INFINITY);
    if (order === 'state') return row.state === null ? 9 : STATE_RANK.indexOf(row.state);
    const score = order === 'ts' ? row.ts_with_boost : row[order];
    return score === null ? 9 : -score;
  };
  const strength = (row: ScanRow): number => -(row.ts_with_boost ?? row.ox ?? -1);
  return [...rows].sort(
    (a, b) =>
      key(a) - key(b) ||
      (order === 'state' ? strength(a) - strength(b) : 0) ||
      (a.instrument_id < b.instrument_id ? -1 : 1),
  );
}
const STATE_RANK: readonly UptrendState[] = ['S3', 'S2', 'S1', 'S4', 'S0'];
