import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TidewatchError } from '../errors.js';
import { BAR_COLUMNS, between, lowerBound, makeSeries, type Series, slice } from './series.js';
import { dropInvalid, validate } from './validation.js';

const minutes = (count: number): Series => {
  const time = Float64Array.from({ length: count }, (_, row) => row * 60_000);
  const price = (offset: number): Float64Array =>
    Float64Array.from({ length: count }, (_, row) => 100 + row + offset);
  return makeSeries('file:equity:TEST', '1m', {
    time,
    open: price(0),
    high: price(2),
    low: price(-2),
    close: price(1),
    volume: new Float64Array(count).fill(5),
  });
};

const copy = (series: Series): Series =>
  makeSeries(series.instrument, series.timeframe, {
    time: series.time.slice(),
    open: series.open.slice(),
    high: series.high.slice(),
    low: series.low.slice(),
    close: series.close.slice(),
    volume: series.volume.slice(),
  });

const planted = [
  ['time', (s: Series, row: number) => (s.time[row] = s.time[row - 1]!), 'time_not_increasing', 'time'],
  ['time', (s: Series, row: number) => (s.time[row] = Number.NaN), 'non_finite_value', 'time'],
  ['open', (s: Series, row: number) => (s.open[row] = 0), 'non_positive_price', 'open'],
  ['open', (s: Series, row: number) => (s.open[row] = Number.POSITIVE_INFINITY), 'non_finite_value', 'open'],
  ['high', (s: Series, row: number) => (s.high[row] = s.close[row]! - 0.1), 'inconsistent_bar', 'high'],
  ['low', (s: Series, row: number) => (s.low[row] = s.open[row]! + 0.1), 'inconsistent_bar', 'low'],
  ['close', (s: Series, row: number) => (s.close[row] = -1), 'non_positive_price', 'close'],
  ['volume', (s: Series, row: number) => (s.volume[row] = -1), 'negative_volume', 'volume'],
  ['volume', (s: Series, row: number) => (s.volume[row] = Number.NaN), 'non_finite_value', 'volume'],
] as const;

describe('series', () => {
  it('slices without copying', () => {
    const series = minutes(10);
    const part = slice(series, 3, 6);
    expect(part.length).toBe(3);
    expect(part.close.buffer).toBe(series.close.buffer);
    expect(part.time[0]).toBe(180_000);
  });

  it('selects half-open time ranges', () => {
    const series = minutes(10);
    expect([...between(series, 60_000, 180_000).time]).toEqual([60_000, 120_000]);
    expect(between(series, 1e12, 2e12).length).toBe(0);
    expect(lowerBound(series.time, 60_001)).toBe(2);
  });

  it('refuses columns of different length', () => {
    const series = minutes(3);
    expect(() => makeSeries('file:equity:TEST', '1m', { ...series, low: new Float64Array(2) })).toThrow(
      /column low .* has 2 rows, time has 3/,
    );
  });
});

describe('validate', () => {
  it('returns the same series when every rule holds', () => {
    const series = minutes(100);
    expect(validate(series)).toBe(series);
  });

  it.each(planted)('names row and column of a bad %s', (_name, plant, code, column) => {
    const series = copy(minutes(20));
    plant(series, 7);
    try {
      validate(series);
      expect.unreachable('the violation was not seen');
    } catch (error) {
      expect(error).toBeInstanceOf(TidewatchError);
      expect((error as TidewatchError).code).toBe(code);
      expect((error as TidewatchError).details).toMatchObject({ row: 7, column });
    }
  });

  it('drops and counts in tolerant mode, and what is left is valid', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 49 }), fc.constantFrom(...planted)), { maxLength: 15 }),
        (defects) => {
          const series = copy(minutes(50));
          for (const [row, [, plant]] of defects) plant(series, row);
          const { series: clean, dropped } = dropInvalid(series);
          validate(clean);
          const count = [...dropped.values()].reduce((sum, value) => sum + value, 0);
          expect(clean.length + count).toBe(50);
        },
      ),
    );
  });

  it('keeps the buffers when nothing is wrong', () => {
    const series = minutes(5);
    const { series: same, dropped } = dropInvalid(series);
    expect(dropped.size).toBe(0);
    for (const column of BAR_COLUMNS) expect(same[column]).toBe(series[column]);
  });
});
