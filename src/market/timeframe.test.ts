import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  barClose,
  barsPer,
  bucketOpen,
  divides,
  parseTimeframe,
  TIMEFRAME_MS,
  TIMEFRAMES,
} from './timeframe.js';

describe('timeframe', () => {
  it('knows the eight timeframes of the product', () => {
    expect(TIMEFRAMES).toEqual(['1m', '5m', '13m', '15m', '30m', '1h', '4h', '1d']);
    expect(TIMEFRAME_MS['1d']).toBe(86_400_000);
  });

  it('names the allowed values when asked for another', () => {
    expect(() => parseTimeframe('2h')).toThrow(/unknown timeframe "2h"/);
    expect(() => parseTimeframe('constructor')).toThrow(/unknown timeframe/);
  });

  it('counts buckets from the epoch, so 13m drifts against midnight', () => {
    const midnight = Date.UTC(2025, 8, 13);
    expect(bucketOpen(midnight, '1d')).toBe(midnight);
    expect(bucketOpen(midnight, '13m')).toBeLessThan(midnight);
    expect(bucketOpen(-1, '1m')).toBe(-60_000);
  });

  it('puts every time inside the bucket it names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e13, max: 4e12 }),
        fc.constantFrom(...TIMEFRAMES),
        (time, timeframe) => {
          const open = bucketOpen(time, timeframe);
          expect(open % TIMEFRAME_MS[timeframe]).toBeCloseTo(0);
          expect(open).toBeLessThanOrEqual(time);
          expect(barClose(open, timeframe)).toBeGreaterThan(time);
        },
      ),
    );
  });

  it('knows which timeframes nest', () => {
    expect(divides('1m', '13m')).toBe(true);
    expect(divides('5m', '13m')).toBe(false);
    expect(barsPer('1d', '1h')).toBe(24);
  });
});
