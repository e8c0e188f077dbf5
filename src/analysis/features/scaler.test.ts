import { describe, expect, it } from 'vitest';
import { Scaler } from './scaler.js';

describe('Scaler', () => {
  it('standardises by the population deviation of the training rows only', () => {
    const scaler = Scaler.fit([Float64Array.of(1, 3, 100), Float64Array.of(-2, 2, 50)], 0, 2);
    expect([...scaler.mean]).toEqual([2, 0]);
    expect([...scaler.deviation]).toEqual([1, 2]);
    const [first] = scaler.transform([Float64Array.of(1, 3, 100), Float64Array.of(0, 0, 0)]);
    expect(first![2]).toBeCloseTo(98 / (1 + 1e-8), 9);
    expect([...scaler.transformRow([3, 2])]).toEqual([1 / (1 + 1e-8), 2 / (2 + 1e-8)]);
  });

  it('turns a constant feature into zeros', () => {
    const scaler = Scaler.fit([new Float64Array(50).fill(0.1)]);
    expect(scaler.deviation[0]).toBeLessThan(1e-16);
    expect(Math.abs(scaler.transformRow([0.1])[0]!)).toBeLessThan(1e-8);
  });

  it('keeps its digits at a price level of 1e9', () => {
    const scaler = Scaler.fit([Float64Array.of(1e9, 1e9 + 1, 1e9 + 2)]);
    expect(scaler.deviation[0]).toBeCloseTo(Math.sqrt(2 / 3), 12);
  });

  it('refuses an empty training range', () => {
    expect(() => Scaler.fit([Float64Array.of(1)], 1, 1)).toThrow(/no rows/);
  });
});
