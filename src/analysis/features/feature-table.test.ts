import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { makeSeries, type Series } from '../../market/series.js';
import { buildRegimeFeatures } from './regime-features.js';

const HOUR = 3_600_000;

/** A random walk on an hourly grid; `missing` bars are left out. */
function walk(length: number, seed: number, missing: ReadonlySet<number> = new Set()): Series {
  const random = new Random(seed);
  const rows: number[][] = [];
  let close = 100;
  for (let index = 0; rows.length < length; index++) {
    const open = close;
    close = open * Math.exp(0.01 * random.normal());
    const high = Math.max(open, close) * (1 + 0.004 * random.uniform());
    const low = Math.min(open, close) * (1 - 0.004 * random.uniform());
    const volume = 10 * random.uniform();
    if (!missing.has(index)) rows.push([index * HOUR, open, high, low, close, volume]);
  }
  const column = (position: number): Float64Array => Float64Array.from(rows, (row) => row[position]!);
  return makeSeries('binance:spot:BTCUSDT', '1h', {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}

describe('feature tables', () => {
  it('begins a segment after missing bars, not after a closed session', () => {
    const gap = buildRegimeFeatures(walk(100, 1, new Set([50, 51])));
    expect(gap.lengths).toEqual([50 - 27, 49]);
    expect(gap.dropped).toBe(28);

    // The same bars as five sessions a week of an equity: nothing is missing.
    const day = 24 * HOUR;
    const monday = Date.UTC(2019, 0, 7);
    const series = walk(100, 1);
    const weekdays = Float64Array.from(
      series.time,
      (_, bar) => monday + (Math.floor(bar / 5) * 7 + (bar % 5)) * day,
    );
    const equity = buildRegimeFeatures(makeSeries('file:equity:SPY', '1d', { ...series, time: weekdays }));
    // Holidays of the exchange are traded in this made-up series and no gap either.
    expect(equity.lengths).toEqual([73]);
  });
});
