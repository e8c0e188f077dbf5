import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ladderOf, openOfBucket } from '../../market/bucket.js';
import { makeSeries } from '../../market/series.js';
import { TIMEFRAME_MS, TIMEFRAMES } from '../../market/timeframe.js';
import { mergeRegimes, regimeOfBars, runsOf } from './regime-levels.js';
import { levelOfBars, mergeRows } from './series-levels.js';

const MINUTE = 60_000;

/** Minutes with holes: steps between bars, and a price per bar. */
const bars = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.double({ min: 1, max: 1000, noNaN: true })), {
    minLength: 1,
    maxLength: 300,
  })
  .map((steps) => {
    let time = Date.UTC(2024, 0, 3, 17, 11);
    const times = steps.map(([step]) => {
      time += step * MINUTE;
      return time;
    });
    const price = Float64Array.from(steps, ([, value]) => value);
    return makeSeries('file:spot:X', '1m', {
      time: Float64Array.from(times),
      open: price,
      high: price.map((value) => value + 1),
      low: price.map((value) => value - 0.5),
      close: price.map((value) => value + 0.25),
      volume: price.map((value) => value * 2),
    });
  });

describe('buckets', () => {
  it('keep first, extremes, last, sum and count of exactly their bars', () => {
    fc.assert(
      fc.property(bars, fc.constantFrom(...ladderOf(MINUTE).slice(1)), (series, bucket) => {
        const level = mergeRows(levelOfBars(series, MINUTE), bucket);
        const expected = new Map<number, number[]>();
        for (let bar = 0; bar < series.length; bar += 1) {
          const open = openOfBucket(series.time[bar]!, bucket);
          expected.set(open, [...(expected.get(open) ?? []), bar]);
        }
        expect(Array.from(level.time)).toEqual([...expected.keys()]);
        for (const [row, inside] of [...expected.values()].entries()) {
          expect(level.open[row]).toBe(series.open[inside[0]!]);
          expect(level.close[row]).toBe(series.close[inside.at(-1)!]);
          expect(level.high[row]).toBe(Math.max(...inside.map((bar) => series.high[bar]!)));
          expect(level.low[row]).toBe(Math.min(...inside.map((bar) => series.low[bar]!)));
          expect(level.bars[row]).toBe(inside.length);
          const sum = inside.reduce((total, bar) => total + series.volume[bar]!, 0);
          expect(level.volume[row]).toBeCloseTo(sum, 6);
        }
      }),
    );
  });

  it('merged step by step are those merged at once', () => {
    fc.assert(
      fc.property(bars, (series) => {
        let level = levelOfBars(series, MINUTE);
        for (const bucket of ladderOf(MINUTE).slice(1)) {
          const direct = mergeRows(levelOfBars(series, MINUTE), bucket);
          level = mergeRows(level, bucket);
          for (const column of ['time', 'open', 'high', 'low', 'close', 'bars'] as const) {
            expect(level[column]).toEqual(direct[column]);
          }
        }
      }),
    );
  });

  it.each(TIMEFRAMES)('of %s: every length divides the longest', (timeframe) => {
    const lengths = ladderOf(TIMEFRAME_MS[timeframe]);
    expect(lengths[0]).toBe(TIMEFRAME_MS[timeframe]);
    for (const length of lengths) expect(lengths.at(-1)! % length).toBe(0);
    expect([...lengths].sort((a, b) => a - b)).toEqual(lengths);
  });

  it('begin weeks on Monday', () => {
    const week = 7 * 24 * 60 * MINUTE;
    expect(new Date(openOfBucket(Date.UTC(2024, 0, 3, 5), week)).toISOString()).toBe(
      '2024-01-01T00:00:00.000Z',
    );
  });
});

describe('regimes in buckets', () => {
  const track = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 200 }).map((states) => ({
    time: Float64Array.from(states, (_, row) => row * MINUTE),
    state: Uint8Array.from(states),
  }));

  it('lose no bar, whatever the length', () => {
    fc.assert(
      fc.property(track, ({ time, state }) => {
        const probability = new Float64Array(time.length * 3).map((_, at) =>
          state[Math.floor(at / 3)] === at % 3 ? 1 : 0,
        );
        const merged = mergeRegimes(regimeOfBars(3, time, state, probability), 15 * MINUTE);
        for (let each = 0; each < 3; each += 1) {
          const wanted = state.filter((value) => value === each).length;
          let counted = 0;
          let summed = 0;
          for (let row = 0; row < merged.length; row += 1) {
            counted += merged.counts[row * 3 + each]!;
            summed += merged.sums[row * 3 + each]!;
          }
          expect([counted, summed]).toEqual([wanted, wanted]);
        }
      }),
    );
  });

  it('runs of any stretch are those of the whole that touch it', () => {
    fc.assert(
      fc.property(track, fc.nat(199), fc.nat(199), ({ time, state }, a, b) => {
        const [from, to] = [Math.min(a, b, time.length), Math.min(Math.max(a, b), time.length)];
        const all = runsOf({ time, state }, 0, time.length, time.length)!;
        expect(all.bars.reduce((sum, bars) => sum + bars, 0)).toBe(time.length);
        for (let run = 1; run < all.state.length; run += 1)
          expect(all.state[run]).not.toBe(all.state[run - 1]);
        const some = runsOf({ time, state }, from, to, time.length)!;
        const touching = all.first
          .map((first, run) => ({ first, last: all.last[run]! }))
          .filter(({ first, last }) => to > from && first <= time[to - 1]! && last >= time[from]!);
        expect(some.first).toEqual(touching.map(({ first }) => first));
        expect(some.last).toEqual(touching.map(({ last }) => last));
      }),
      { examples: [[{ time: Float64Array.of(0, 1, 2, 3), state: Uint8Array.of(0, 0, 0, 0) }, 3, 3]] },
    );
  });

  it('says so when there are too many', () => {
    const state = Uint8Array.from({ length: 100 }, (_, row) => row % 2);
    const time = Float64Array.from(state, (_, row) => row);
    expect(runsOf({ time, state }, 0, 100, 99)).toBeUndefined();
    expect(runsOf({ time, state }, 0, 100, 100)?.state).toHaveLength(100);
  });
});
