import { describe, expect, it } from 'vitest';
import { minimise } from './quasi-newton.js';

const rosenbrock = ([x, y]: Float64Array) => ({
  value: (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2,
  gradient: Float64Array.of(-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)),
});

describe('minimum of a smooth function', () => {
  it('follows a curved valley to its end', () => {
    const { point, value, converged } = minimise(rosenbrock, Float64Array.of(-1.2, 1), {
      maxIterations: 200,
      tolerance: 1e-16,
    });
    expect(converged).toBe(true);
    expect(value).toBeLessThan(1e-12);
    expect(point[0]).toBeCloseTo(1, 5);
  });

  it('stays inside where the function is defined', () => {
    // ln x + 1/x has its minimum at 1 and is not defined below 0.
    const evaluate = ([x]: Float64Array) => ({
      value: Math.log(x!) + 1 / x!,
      gradient: Float64Array.of(1 / x! - 1 / (x! * x!)),
    });
    const { point } = minimise(evaluate, Float64Array.of(0.05), { maxIterations: 100, tolerance: 1e-14 });
    expect(point[0]).toBeCloseTo(1, 5);
  });

  it('says when it was stopped before the end', () => {
    const { converged, iterations } = minimise(rosenbrock, Float64Array.of(-1.2, 1), {
      maxIterations: 3,
      tolerance: 1e-16,
    });
    expect([converged, iterations]).toEqual([false, 3]);
  });
});
