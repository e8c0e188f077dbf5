import { describe, expect, it } from 'vitest';
import { filterScan, nextOrder, parseOrder, parseStates, type ScanRow, sortScan } from './scan-rows.js';

const row = (display: string, state: ScanRow['state'], ox: number | null, bars = 1): ScanRow => ({
  instrument_id: `binance:spot:${display}`,
  display,
  state,
  ts: 0,
  since: 0,
  bars_in_state: state === null ? null : bars,
  price: 1,
  warm: true,
  flags: [],
  ox,
  dx: null,
  edx: null,
  ts_with_boost: null,
  skipped: state === null ? 'too few bars' : null,
  stale: false,
});

const rows = [
  row('BTC', 'S0', null, 9),
  row('ETH', 'S3', 0.4),
  row('SOL', 'S2', 0.9),
  row('NEW', null, null),
];
const names = (list: readonly ScanRow[]): string[] => list.map(({ display }) => display);

describe('the universe table', () => {
  it('shows the most advanced states first and series without a state last', () => {
    expect(names(sortScan(rows, parseOrder(null)))).toEqual(['ETH', 'SOL', 'BTC', 'NEW']);
    expect(names(sortScan(rows, parseOrder('-state')))).toEqual(['BTC', 'SOL', 'ETH', 'NEW']);
  });

  it('keeps missing scores last in both directions', () => {
    expect(names(sortScan(rows, parseOrder('ox')))).toEqual(['SOL', 'ETH', 'BTC', 'NEW']);
    expect(names(sortScan(rows, parseOrder('-ox')))).toEqual(['ETH', 'SOL', 'BTC', 'NEW']);
  });

  it('turns the order round on the second click, and back on the third', () => {
    expect(nextOrder(parseOrder('state'), 'ox')).toBe('ox');
    expect(nextOrder(parseOrder('ox'), 'ox')).toBe('-ox');
    expect(nextOrder(parseOrder('-ox'), 'ox')).toBe('ox');
    expect(nextOrder(parseOrder('ox'), 'symbol')).toBe('symbol');
  });

  it('takes nonsense in the address for the usual order', () => {
    expect(parseOrder('nothing')).toEqual(parseOrder(null));
    expect(parseStates('S9,S2,x,S0')).toEqual(['S0', 'S2']);
  });

  it('chooses by state and by name, whatever separates its letters', () => {
    expect(names(filterScan(rows, ['S2', 'S3'], ''))).toEqual(['ETH', 'SOL']);
    expect(names(filterScan(rows, [], 'spot:b'))).toEqual(['BTC']);
  });
});
