import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digamma, logGamma } from './gamma-functions.js';

describe('ln Γ and ψ', () => {
  it('know the values of the tables', () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(2)).toBeCloseTo(0, 14);
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 13);
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 14);
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 14);
    expect(digamma(100)).toBeCloseTo(4.600161852738087, 13);
  });

  it('follow their recurrences', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 300, noNaN: true }), (x) => {
        expect(logGamma(x + 1) - logGamma(x) - Math.log(x)).toBeCloseTo(0, 11);
        expect(digamma(x + 1) - digamma(x) - 1 / x).toBeCloseTo(0, 11);
      }),
    );
  });
});
