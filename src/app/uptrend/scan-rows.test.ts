import { describe, expect, it } from 'vitest';
import { SCAN_ORDERS, type ScanRow, skippedRow, sortScan } from './scan-rows.js';

const row = (name: string, facts: Partial<ScanRow>): ScanRow => ({
  ...skippedRow(name, ''),
  skipped: null,
  ...facts,
});

describe('scan table', () => {
  const rows = [
    row('a', { state: 'S0', since: 5, ts_with_boost: null }),
    row('b', { state: 'S3', since: 9, ts_with_boost: 0.4, ox: 0.7, dx: 0.2, edx: 0.5 }),
    row('c', { state: 'S3', since: 2, ts_with_boost: 0.9, ox: 0.3, dx: 0.6, edx: 0.4 }),
    row('d', { state: 'S1', since: 7, ts_with_boost: 0.7 }),
    row('e', { state: 'S2', since: 1, ox: 0.9 }),
    skippedRow('f', 'too few bars'),
  ];

  it.each([
    // strongest state first, within it strength; what could not be judged comes last
    ['state', 'cbedaf'],
    ['ts', 'cdbaef'],
    ['ox', 'ebcadf'],
    ['dx', 'cbadef'],
    ['edx', 'bcadef'],
    // newest change first
    ['since', 'bdacef'],
    ['symbol', 'abcdef'],
  ] as const)('by %s', (order, names) => {
    expect(SCAN_ORDERS).toContain(order);
    expect(
      sortScan([...rows].reverse(), order)
        .map(({ instrument_id }) => instrument_id)
        .join(''),
    ).toBe(names);
  });
});
