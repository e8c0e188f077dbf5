import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalProbability } from './error-function.js';
import { normalQuantile } from './normal-quantile.js';

describe('the normal quantile', () => {
  it('gives the values of every table', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(0.99)).toBeCloseTo(2.326347874040841, 14);
    expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12);
  });

  it('undoes the normal distribution', () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (z) => {
        expect(normalQuantile(normalProbability(z))).toBeCloseTo(z, 6);
      }),
    );
  });

  it('refuses what is no probability', () => {
    for (const value of [0, 1, -0.1, Number.NaN]) {
      expect(() => normalQuantile(value)).toThrow(/not a probability/);
    }
  });
});
