import { describe, expect, it } from 'vitest';
import type { DecodedLevel } from './client/decode-columns.js';
import { defaultRange, levelFor, offeredRanges, rowAtOrAfter } from './client/range-choice.js';
import { findRuns, firstRunAfter } from './client/state-runs.js';
import { timeAxis } from './client/time-axis.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function level(bucket: number, times: number[]): DecodedLevel {
  const column = new Float64Array(times.length);
  return {
    bucket,
    rows: times.length,
    time: Float64Array.from(times),
    open: column,
    high: column,
    low: column,
    close: column,
    state: column,
    share: column,
    probabilities: [],
  };
}

const every = (bucket: number, from: number, to: number): DecodedLevel =>
  level(
    bucket,
    Array.from({ length: (to - from) / bucket }, (_, row) => (from + row * bucket) / 1000),
  );

describe('ranges', () => {
  const names = (span: number, bar: number): string[] => offeredRanges(span, bar).map(({ name }) => name);

  it('offers what the history holds', () => {
    expect(names(1457 * DAY, HOUR)).toEqual(['All', '1Y', '90D', '30D', '7D']);
    expect(names(90 * DAY, 60_000)).toEqual(['All', '30D', '7D', '1D']);
    expect(names(3000 * DAY, DAY)).toEqual(['All', '5Y', '1Y', '90D']);
    expect(names(3 * DAY, HOUR)).toEqual(['All']);
  });

  it('begins with the longest that shows single bars', () => {
    const ranges = offeredRanges(1457 * DAY, HOUR);
    expect(defaultRange(ranges, HOUR, 1100).name).toBe('30D');
    expect(defaultRange(ranges, HOUR, 330).name).toBe('7D');
    expect(defaultRange(offeredRanges(3 * DAY, HOUR), HOUR, 1100).name).toBe('All');
  });

  it('takes the finest level that reaches back and has room', () => {
    const end = 1000 * DAY;
    const levels = [
      every(HOUR, end - 200 * DAY, end),
      every(4 * HOUR, end - 800 * DAY, end),
      every(DAY, 0, end),
    ];
    expect(levelFor(levels, end - 30 * DAY, end, 1050)).toBe(levels[0]);
    expect(levelFor(levels, end - 30 * DAY, end, 300)).toBe(levels[1]);
    expect(levelFor(levels, end - 300 * DAY, end - 270 * DAY, 1050)).toBe(levels[1]);
    expect(levelFor(levels, 0, end, 1050)).toBe(levels[2]);
    expect(levelFor(levels, 0, end, 10)).toBe(levels[2]);
  });

  it('finds rows by time', () => {
    const hours = every(HOUR, 0, DAY);
    expect(rowAtOrAfter(hours, 0)).toBe(0);
    expect(rowAtOrAfter(hours, 3601)).toBe(2);
    expect(rowAtOrAfter(hours, 1e9)).toBe(24);
  });
});

describe('time axis', () => {
  const gapped = level(HOUR, [0, 3600, 4 * 3600, 4 * 3600 + 1800, 5 * 3600]);

  it('keeps a place for each missing bar of a market that never closes', () => {
    const axis = timeAxis(gapped, true);
    expect(axis.times).toEqual([0, 3600, 7200, 10_800, 14_400, 16_200, 18_000]);
    expect([...axis.rowAt]).toEqual([0, 1, -1, -1, 2, 3, 4]);
    expect([...axis.positionOf]).toEqual([0, 1, 4, 5, 6]);
  });

  it('closes the gaps of a market that closes', () => {
    expect(timeAxis(gapped, false).times).toHaveLength(5);
  });
});

describe('state runs', () => {
  it('end at another state, at a bar without one and at a gap', () => {
    const runs = findRuns([0, 0, 1, 255, 1, 1], [0, 1, 2, 3, 4, 7]);
    expect(runs).toEqual([
      { from: 0, to: 2, state: 0 },
      { from: 2, to: 3, state: 1 },
      { from: 4, to: 5, state: 1 },
      { from: 7, to: 8, state: 1 },
    ]);
    expect(firstRunAfter(runs, -5)).toBe(0);
    expect(firstRunAfter(runs, 2)).toBe(1);
    expect(firstRunAfter(runs, 9)).toBe(4);
  });
});
