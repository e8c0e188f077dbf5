import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { RollingMoments } from './rolling-moments.js';

/** Two passes about the window's own first value. */
function directly(window: Float64Array, degreesOfFreedom: number): { mean: number; std: number } {
  const shifted = window.map((value) => value - window[0]!);
  const mean = shifted.reduce((sum, value) => sum + value, 0) / window.length;
  const squares = shifted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean: window[0]! + mean, std: Math.sqrt(squares / (window.length - degreesOfFreedom)) };
}

describe('RollingMoments', () => {
  it('equals the two-pass formula to 1e-11 after jumps of many orders of magnitude', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 2, max: 60 }),
        fc.constantFrom(0 as const, 1 as const),
        (seed, length, degreesOfFreedom) => {
          const random = new Random(seed);
          let level = 1;
          const values = Float64Array.from({ length: 400 }, () => {
            if (random.below(30) === 0) level = 10 ** (random.below(14) - 4);
            return level * (1 + 1e-3 * random.normal());
          });
          const { mean, std } = new RollingMoments(length, degreesOfFreedom).batch(values);
          for (let row = length - 1; row < values.length; row++) {
            const exact = directly(values.subarray(row - length + 1, row + 1), degreesOfFreedom);
            expect(Math.abs(std[row]! - exact.std)).toBeLessThanOrEqual(1e-11 * exact.std);
            expect(Math.abs(mean[row]! - exact.mean)).toBeLessThanOrEqual(
              1e-13 * Math.abs(level) * 1e3 + 1e-11 * Math.abs(exact.mean),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives exactly zero for a constant window, whatever came before', () => {
    const values = Float64Array.from({ length: 60 }, (_, row) => (row < 20 ? 1e12 * (row + 1) : 0.1));
    const { std, mean } = new RollingMoments(14).batch(values);
    for (let row = 33; row < 60; row++) {
      expect(std[row]).toBe(0);
      expect(mean[row]).toBe(0.1);
    }
  });

  it('does not drift over a million rows', () => {
    const random = new Random(5);
    const values = Float64Array.from(
      { length: 1_000_000 },
      (_, row) => (row < 999_000 ? 1e8 : 1) * (1 + 0.01 * random.uniform()),
    );
    const { std } = new RollingMoments(14).batch(values);
    const exact = directly(values.subarray(-14), 0).std;
    expect(Math.abs(std.at(-1)! - exact)).toBeLessThanOrEqual(1e-12 * exact);
  });

  it('has no sample deviation for a window of one', () => {
    expect(new RollingMoments(1, 1).batch(Float64Array.of(3)).std[0]).toBeNaN();
    expect(new RollingMoments(1, 0).batch(Float64Array.of(3)).std[0]).toBe(0);
  });

  it.each([0, 1.5, Number.NaN, -3])('refuses a window of %s', (length) => {
    expect(() => new RollingMoments(length)).toThrow(/length is/);
  });
});
