import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { makeSeries, type Series, slice } from '../../market/series.js';
import { Ema } from '../indicators/ema.js';
import { olsSlope } from '../indicators/ols-slope.js';
import { UptrendTa } from './ta.js';
import { minimumTaBars } from './ta-record.js';

function market(length: number): Series {
  const random = new Random(21);
  const make = (): Float64Array => new Float64Array(length);
  const columns = { time: make(), open: make(), high: make(), low: make(), close: make(), volume: make() };
  let close = 50;
  for (let bar = 0; bar < length; bar++) {
    columns.time[bar] = 1_600_000_000_000 + bar * 3_600_000;
    columns.open[bar] = close;
    const open = close;
    close *= Math.exp(0.01 * random.normal());
    columns.close[bar] = close;
    columns.high[bar] = Math.max(open, close) * 1.002;
    columns.low[bar] = Math.min(open, close) * 0.998;
    columns.volume[bar] = Math.exp(random.normal());
  }
  return makeSeries('binance:spot:BTCUSDT', '1h', columns);
}

describe('UptrendTa', () => {
  it('seeds every average at the first bar of its window', () => {
    const series = market(1500);
    const ta = new UptrendTa('1h', { window: 400 }).batch(series);
    for (const bar of [71, 398, 399, 400, 401, 777, 1499]) {
      const window = series.close.subarray(Math.max(0, bar - 399), bar + 1);
      for (const span of [20, 144, 333] as const) {
        const average = new Ema(span).batch(window).ema;
        const end = average.length;
        const slope = olsSlope(average, end, 10) / average[end - 1]!;
        const earlier = olsSlope(average, end - 10, 10) / average[end - 11]!;
        expect(ta[`ema${span}`][bar]! / average[end - 1]! - 1, `ema${span} of bar ${bar}`).toBeCloseTo(0, 12);
        expect(ta[`ema${span}_slope`][bar], `slope of ema${span}, bar ${bar}`).toBeCloseTo(slope, 13);
        if (span !== 20) expect(ta[`d_ema${span}_slope`][bar]).toBeCloseTo(slope - earlier, 13);
      }
    }
  });

  it('does not depend on what came before the window', () => {
    const series = market(2600);
    const long = new UptrendTa('1h').batch(series);
    const late = new UptrendTa('1h').batch(slice(series, 900));
    for (const line of ['ema333', 'atr', 'adx', 'rsi', 'vo_z'] as const) {
      for (let bar = 2000; bar < 2600; bar++) {
        expect(late[line][bar - 900]! / long[line][bar]! - 1, `${line} of bar ${bar}`).toBeCloseTo(0, 9);
      }
    }
  });

  it('skips bars without a positive close, mends high and low, and takes bad volume as none', () => {
    const series = market(200);
    const damaged = slice(series, 0);
    const [high, low, close, volume] = [series.high, series.low, series.close, series.volume].map((column) =>
      Float64Array.from(column),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    close[0] = 0;
    close[150] = -1;
    high[160] = 0;
    low[161] = Number.NaN;
    volume[162] = -3;
    volume[163] = Number.NaN;
    const ta = new UptrendTa('1h');
    const columns = ta.batch({ ...damaged, high, low, close, volume });
    expect(columns.ema20[150]).toBeNaN();
    expect(columns.ema20.findIndex(Number.isFinite)).toBe(minimumTaBars('1h'));
    high[160] = close[159]!;
    low[161] = close[160]!;
    volume[162] = 0;
    volume[163] = 0;
    const mended = new UptrendTa('1h').batch({ ...damaged, high, low, close, volume });
    for (const line of ta.lines) expect(columns[line]).toEqual(mended[line]);
  });

  it('has no record before the timeframe has its minimum of bars, then a typed one', () => {
    const series = market(100);
    const ta = new UptrendTa('1h');
    for (let bar = 0; bar < 100; bar++) {
      ta.next({
        high: series.high[bar]!,
        low: series.low[bar]!,
        close: series.close[bar]!,
        volume: series.volume[bar]!,
      });
      expect(ta.record() === null).toBe(bar < 71);
    }
    const record = ta.record()!;
    expect(record.timeframe).toBe('1h');
    expect(typeof record.vo_z_cluster).toBe('boolean');
    expect(record.sep_fast).toBeCloseTo((record.ema20 - record.ema60) / record.ema60, 14);
    expect(
      ['1m', '15m', '1h', '4h', '1d', '5m'].map((timeframe) => minimumTaBars(timeframe as '1m')),
    ).toEqual([333, 288, 72, 18, 72, 72]);
  });
});
