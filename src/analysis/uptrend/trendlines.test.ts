import { describe, expect, it } from 'vitest';
import { trendlines } from './trendlines.js';

/** A wave of eight bars on a rising line: a high at 2, 10, 18 … and a low at 6, 14, 22 … */
const wave = (bar: number): number => 100 + 0.5 * bar + 4 * [0, 0.5, 1, 0.5, 0, -0.5, -1, -0.5][bar % 8]!;
const closes = Array.from({ length: 60 }, (_, bar) => wave(bar));
const hours = closes.map((_, bar) => bar);

describe('trendlines', () => {
  it('run through the highs and the lows of a wave on a line, exactly', () => {
    const [highs, lows] = trendlines(closes, hours);
    expect(highs).toMatchObject({ type: 'highs', points_count: 7 });
    expect(lows).toMatchObject({ type: 'lows', points_count: 7 });
    for (const [line, offset] of [
      [highs!, 4],
      [lows!, -4],
    ] as const) {
      expect(line.slope).toBeCloseTo(0.5, 12);
      expect(line.intercept).toBeCloseTo(100 + offset, 10);
      expect(line.r2_score).toBeCloseTo(1, 12);
      expect(line.confidence).toBeLessThanOrEqual(1);
    }
  });

  it('are per hour, and do not join swings that are far apart in time or price', () => {
    const slow = hours.map((hour) => 2 * hour);
    expect(trendlines(closes, slow)[0]!.slope).toBeCloseTo(0.25, 12);
    expect(trendlines(closes, hours, { windowHours: 7 })).toEqual([]);
    expect(trendlines(closes, hours, { thresholdPercent: 1 })).toEqual([]);
  });

  it('are none without three swings, and level where all are on one level', () => {
    expect(trendlines(closes.slice(0, 20), hours)).toEqual([]);
    expect(trendlines([], [])).toEqual([]);
    const level = closes.map((close, bar) => close - 0.5 * bar);
    expect(trendlines(level, hours)[0]).toMatchObject({ slope: 0, intercept: 104, r2_score: 1 });
  });
});
