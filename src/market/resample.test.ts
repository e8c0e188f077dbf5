import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler, resample } from './resample.js';
import { between, makeSeries, type Series } from './series.js';
import { TIMEFRAME_MS, type Timeframe } from './timeframe.js';

const GOLDEN = new URL('../../test/golden/data/hmm/', import.meta.url);

function readColumns(name: string): Record<string, Float64Array> {
  const [header = '', ...lines] = gunzipSync(readFileSync(new URL(name, GOLDEN)))
    .toString('utf8')
    .trim()
    .split('\n');
  const names = header.split(',');
  const columns = names.map(() => new Float64Array(lines.length));
  for (const [row, line] of lines.entries()) {
    for (const [column, text] of line.split(',').entries()) columns[column]![row] = Number(text);
  }
  return Object.fromEntries(names.map((column, index) => [column, columns[index]!]));
}

function minutes(): Series {
  const { ts, open, high, low, close, volume } = readColumns('ohlcv_1m.csv.gz');
  return makeSeries('kraken:spot:BTCUSD', '1m', {
    time: ts!,
    open: open!,
    high: high!,
    low: low!,
    close: close!,
    volume: volume!,
  });
}

/** Minute bars at the given minute numbers, with prices that tell the bars apart. */
function barsAt(minuteNumbers: readonly number[]): Series {
  const price = (offset: number) => Float64Array.from(minuteNumbers, (_, row) => 100 + row + offset);
  return makeSeries('x:y:Z', '1m', {
    time: Float64Array.from(minuteNumbers, (minute) => minute * 60_000),
    open: price(0),
    high: price(2),
    low: price(-2),
    close: price(1),
    volume: price(0),
  });
}

describe('resample', () => {
  it.each(['13m', '15m', '1h', '4h', '1d'] as const)('makes the %s bars of the reference', (timeframe) => {
    const expected = readColumns(`resampled_${timeframe}.csv.gz`);
    const { series, bars } = resample(minutes(), timeframe, { horizon: Number.POSITIVE_INFINITY });
    expect(series.time).toEqual(expected.ts);
    for (const column of ['open', 'high', 'low', 'close'] as const) {
      expect(series[column]).toEqual(expected[column]);
    }
    expect(Float64Array.from(bars)).toEqual(expected.n);
    for (const [row, volume] of series.volume.entries()) {
      expect(Math.abs(volume - expected.volume![row]!)).toBeLessThanOrEqual(2e-8 * Math.max(1, volume));
    }
  });

  it('leaves out the bucket that has not closed by the last bar', () => {
    const source = between(minutes(), 0, Date.UTC(2025, 8, 14, 10, 30));
    const { series } = resample(source, '1h');
    expect(series.time.at(-1)).toBe(Date.UTC(2025, 8, 14, 9));
  });

  it('closes a bucket whose last minutes never traded once a later bar is known', () => {
    const source = barsAt([0, 1, 2, 6]);
    expect(resample(source, '5m').bars).toEqual(new Uint32Array([3]));
    expect(resample(source, '5m').complete).toEqual(new Uint8Array([0]));
    expect(resample(barsAt([0, 1, 2]), '5m').series.length).toBe(0);
    expect(resample(barsAt([0, 1, 2]), '5m', { horizon: 300_000 }).series.length).toBe(1);
  });

  it('makes no bar for empty time and flags full buckets', () => {
    const { series, complete } = resample(barsAt([0, 1, 2, 3, 4, 15, 19, 20]), '5m');
    expect(series.time).toEqual(new Float64Array([0, 900_000]));
    expect(complete).toEqual(new Uint8Array([1, 0]));
  });

  it('refuses a timeframe that does not nest', () => {
    const five = resample(barsAt([0, 5, 10]), '5m', { horizon: Number.POSITIVE_INFINITY }).series;
    expect(() => resample(five, '13m')).toThrow(/13m bars cannot be made from 5m bars/);
  });

  it('gives the same bits for bars that arrive in pieces', () => {
    const source = minutes();
    const { time, open, high, low, close, volume } = source;
    const columns = [time, open, high, low, close, volume] as const;
    const whole = resample(source, '13m');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const resampler = new Resampler(source.instrument, '1m', '13m');
        for (let row = 0, piece = 0; row < source.length; piece += 1) {
          const end = Math.min(source.length, row + sizes[piece % sizes.length]!);
          const [t, o, h, l, c, v] = columns.map((column) => column.subarray(row, end));
          resampler.push(t!, o!, h!, l!, c!, v!, end - row);
          row = end;
        }
        expect(resampler.finish()).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps volume and extremes, never looks past the horizon, and a prefix gives a prefix', () => {
    const minuteSets = fc.uniqueArray(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 300 });
    const timeframes = fc.constantFrom<Timeframe>('1m', '5m', '13m', '1h', '1d');
    fc.assert(
      fc.property(minuteSets, timeframes, fc.nat(300), (numbers, timeframe, cut) => {
        const source = barsAt(numbers.sort((a, b) => a - b));
        const all = resample(source, timeframe, { horizon: Number.POSITIVE_INFINITY });
        const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
        expect(sum(all.series.volume)).toBeCloseTo(sum(source.volume), 6);
        expect(all.bars.reduce((total, count) => total + count, 0)).toBe(source.length);
        expect(all.series.time.every((time) => time % TIMEFRAME_MS[timeframe] === 0)).toBe(true);
        const horizon = (numbers[Math.min(cut, numbers.length - 1)]! + 1) * 60_000;
        const early = resample(between(source, 0, horizon), timeframe);
        for (const [row, time] of early.series.time.entries()) {
          expect(time + TIMEFRAME_MS[timeframe]).toBeLessThanOrEqual(horizon);
          expect(early.series.close[row]).toBe(all.series.close[row]);
          expect(early.series.volume[row]).toBe(all.series.volume[row]);
        }
      }),
    );
  });
});
