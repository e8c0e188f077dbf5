import { describe, expect, it } from 'vitest';
import { bicReference, informationCriteria, parameterCount, totalEntropy } from './selection.js';

describe('model selection', () => {
  it('counts every free parameter', () => {
    expect(parameterCount(1, 1, 'spherical')).toBe(2);
    expect(parameterCount(3, 5, 'spherical')).toBe(2 + 6 + 15 + 3);
    expect(parameterCount(3, 5, 'diag')).toBe(2 + 6 + 15 + 15);
    expect(parameterCount(3, 5, 'full')).toBe(2 + 6 + 15 + 45);
    expect(parameterCount(3, 5, 'tied')).toBe(2 + 6 + 15 + 15);
  });

  it('charges parameters in AIC and BIC, and unclear states in ICL', () => {
    const { aic, bic, icl } = informationCriteria(-100, 10, 200, 5);
    expect(aic).toBe(220);
    expect(bic).toBeCloseTo(200 + 10 * Math.log(200), 12);
    expect(icl).toBe(bic + 10);
  });

  it('keeps the formula of the reference, which forgets the transitions', () => {
    expect(bicReference(-100, 3, 5, 200)).toBeCloseTo(200 + (2 + 30) * Math.log(200), 12);
  });

  it('is certain at entropy 0 and lost at ln K per row', () => {
    expect(totalEntropy([1, 0, 0, 1])).toBe(0);
    expect(totalEntropy([0.5, 0.5, 0.5, 0.5])).toBeCloseTo(2 * Math.log(2), 14);
  });
});
