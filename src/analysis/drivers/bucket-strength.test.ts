import { describe, expect, it } from 'vitest';
import { bucketVerdict } from './bucket-multiplier.js';
import { bucketContextOf, bucketStrength, type HourlyCloses } from './bucket-strength.js';
import { DEFAULT_POSTURE } from './posture-config.js';

const HOUR = 3_600_000;
const HOURS = 200;

function closes(of: (hour: number) => number, hours = HOURS): HourlyCloses {
  return {
    time: Float64Array.from({ length: hours }, (_, hour) => hour * HOUR),
    close: Float64Array.from({ length: hours }, (_, hour) => of(hour)),
  };
}

const flat = closes(() => 100);
const NEWEST = (HOURS - 1) * HOUR;
const wave = (hour: number): number => 100 * Math.exp(0.01 * Math.sin(hour / 9));

describe('the strength of a bucket', () => {
  it('is nothing when it does what the majors do', () => {
    const own = closes((hour) => 3 * wave(hour));
    const strength = bucketStrength(own, closes(wave), closes(wave), 8, NEWEST)!;
    expect(strength.score).toBe(0);
    expect(strength.phase).toBe('Recover');
    // the nearest bound of a phase is 0.2 away
    expect(strength.confidence).toBeCloseTo(0.25, 12);
  });

  it('is a constant drift that says nothing new: every stream is measured against itself', () => {
    const strength = bucketStrength(
      closes((hour) => Math.exp(hour / 1000)),
      flat,
      flat,
      8,
      NEWEST,
    )!;
    // only the level keeps moving: the last of thirty equal steps, √(29·29/ (29·31/3))… of a population deviation
    const level = 14.5 / Math.sqrt((30 ** 2 - 1) / 12);
    expect(strength.score).toBeCloseTo(0.1 * level, 6);
    expect(strength.slope).toBeCloseTo(0, 6);
  });

  it('rises when the bucket takes off, more by bitcoin than by the alts', () => {
    const takeOff = closes((hour) => wave(hour) * Math.exp(0.004 * Math.max(0, hour - 190)));
    const both = bucketStrength(takeOff, flat, flat, 20, NEWEST)!;
    expect(both.score).toBeGreaterThan(1);
    expect(both.slope).toBe(0.5);
    const againstBtc = bucketStrength(takeOff, flat, takeOff, 20, NEWEST)!;
    expect(againstBtc.score).toBeCloseTo(0.625 * both.score, 9);
  });

  it('is unknown with seven members, without a common hour and in the first hours', () => {
    expect(bucketStrength(flat, flat, flat, 7, NEWEST)).toBeNull();
    expect(
      bucketStrength(
        flat,
        flat,
        closes(() => 1, 11),
        8,
        NEWEST,
      ),
    ).toBeNull();
    expect(
      bucketStrength(
        flat,
        closes(() => 1, 20),
        flat,
        8,
        NEWEST,
      ),
    ).toBeNull();
  });

  it('looks back seven days and not ahead', () => {
    const now = 180 * HOUR;
    const own = closes((hour) => wave(hour) ** 2);
    const other = closes((hour) => (hour > 180 ? 1e9 : wave(hour) ** 2 * (hour <= 12 ? 7 : 1)));
    expect(bucketStrength(other, flat, flat, 9, now)).toEqual(bucketStrength(own, flat, flat, 9, now));
  });
});

describe('the multiplier of a bucket', () => {
  const phase = (score: number) => ({ score, slope: 0.5, confidence: 0.4 });
  const context = bucketContextOf({ nano: phase(1), small: phase(2), mid: phase(1), big: null }, 0);
  const ordering = DEFAULT_POSTURE.bucket_ordering;

  it('ranks by score, ties in the order of the buckets', () => {
    expect(context.bucket_rank).toEqual(['small', 'nano', 'mid']);
    expect(bucketVerdict('micro', context, ordering, 0)).toMatchObject({ bucket: 'small', rank: 1 });
    expect(bucketVerdict('small', context, ordering, 0).multiplier).toBe(1.3);
    expect(bucketVerdict('mid', context, ordering, 0).multiplier).toBeCloseTo(1.22, 12);
  });

  it('is 1 for a bucket that is unknown, a context that is old or lacks it, and no configuration', () => {
    const unity = [
      bucketVerdict('unknown', context, ordering, 0),
      bucketVerdict('small', context, ordering, 3 * HOUR + 1),
      bucketVerdict('small', null, ordering, 0),
      bucketVerdict('small', context, null, 0),
      bucketVerdict('big', context, ordering, 0),
    ];
    expect(unity.map(({ multiplier, rank }) => [multiplier, rank])).toEqual(Array(5).fill([1, null]));
    expect(bucketVerdict('small', context, ordering, 3 * HOUR).multiplier).toBe(1.3);
  });
});
