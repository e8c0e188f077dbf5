import { describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { makeSeries, type Series, slice } from '../../market/series.js';
import { BarTail } from './bar-tail.js';

const HOUR = 3_600_000;
const bars = syntheticSeries('binance:spot:BTCUSDT', '1h', 3000, 1, 0);

function corrected(series: Series, row: number): Series {
  const close = series.close.slice();
  close[row] = Math.fround(close[row]! * 1.0001);
  return makeSeries(series.instrument, series.timeframe, { ...series, close });
}

describe('the tail of a walk', () => {
  const seen = BarTail.EMPTY.with(slice(bars, 0, 2500)).with(slice(bars, 2500, 2900));
  const from = 2000 * HOUR;

  it('tells bars that follow from bars that it has seen', () => {
    expect(seen.newsIn(slice(bars, 2000), from)?.time).toEqual(bars.time.slice(2900));
    expect(seen.newsIn(slice(bars, 2000, 2900), from)?.length).toBe(0);
  });

  it('notices a corrected, a missing and a late bar', () => {
    expect(seen.newsIn(corrected(slice(bars, 2000), 100), from)).toBeUndefined();
    expect(seen.newsIn(slice(bars, 2001), from)).toBeUndefined();
    const holed = BarTail.EMPTY.with(slice(bars, 0, 2000)).with(slice(bars, 2001, 2900));
    expect(holed.newsIn(slice(bars, 2000), from)).toBeUndefined();
    expect(holed.newsIn(slice(bars, 2001), 2001 * HOUR)?.length).toBe(100);
  });

  it('says nothing of bars that it does not hold any more', () => {
    expect(seen.reaches(0)).toBe(false);
    expect(seen.newsIn(bars, 0)).toBeUndefined();
    expect(BarTail.EMPTY.newsIn(bars, 0)?.length).toBe(bars.length);
  });

  it('takes bars that replace its own from a time on', () => {
    const other = corrected(bars, 2600);
    const replaced = seen.with(slice(other, 2550));
    expect(replaced.newsIn(slice(other, 2000), from)?.length).toBe(0);
    expect(replaced.newsIn(slice(bars, 2000), from)).toBeUndefined();
  });
});
