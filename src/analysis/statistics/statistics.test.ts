/** Against numbers of scipy, scikit-learn and statsmodels; versions and seed are in the fixture. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { bhattacharyyaDistance, meanSeparation } from '../models/bhattacharyya.js';
import { neweyWestT } from '../models/newey-west.js';
import { adjustedRandIndex } from './adjusted-rand.js';
import { blockBootstrapMeans, phaseShiftTest } from './circular-shift.js';
import { chiSquaredTail, complementaryError, normalProbability, twoSidedNormal } from './error-function.js';
import { uniformityTest } from './kolmogorov-smirnov.js';
import { kruskalWallis } from './kruskal-wallis.js';

interface Moments {
  mean: number[];
  covariance: number[];
}

const known = JSON.parse(readFileSync(new URL('./statistics.fixture.json', import.meta.url), 'utf8')) as {
  erfc: [number, number][];
  chi2_sf: [number, number, number][];
  kruskal: { values: number[]; group: number[]; statistic: number; p: number };
  ks: { values: number[]; statistic: number; p: number };
  rand: { first: number[]; second: number[]; index: number };
  bhattacharyya: { first: Moments; second: Moments; distance: number };
  newey_west: { values: number[]; t: number };
};

const moments = ({ mean, covariance }: Moments) => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

function expectClose(actual: number, expected: number, relative = 1e-12): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected) + 1e-300);
}

describe('error function', () => {
  it.each(known.erfc)('erfc(%d)', (x, expected) => expectClose(complementaryError(x), expected));

  it.each(known.chi2_sf)('upper tail of χ² at %d with %d degrees', (value, degrees, expected) =>
    expectClose(chiSquaredTail(value, degrees), expected),
  );

  it('is a distribution: symmetric, rising, certain far out', () => {
    fc.assert(
      fc.property(fc.double({ min: -12, max: 12, noNaN: true }), (z) => {
        expect(normalProbability(z) + normalProbability(-z)).toBeCloseTo(1, 14);
        expect(normalProbability(z + 0.01)).toBeGreaterThanOrEqual(normalProbability(z));
      }),
    );
    expect(complementaryError(40)).toBe(0);
    expect(twoSidedNormal(1.959963984540054)).toBeCloseTo(0.05, 14);
    expect(chiSquaredTail(0, 3)).toBe(1);
  });
});

describe('tests of a sample', () => {
  it('Kruskal–Wallis with ties', () => {
    const result = kruskalWallis(known.kruskal.values, known.kruskal.group);
    expectClose(result?.statistic ?? Number.NaN, known.kruskal.statistic);
    expectClose(result?.p ?? Number.NaN, known.kruskal.p);
    expect(result?.groups).toBe(3);
  });

  it('Kruskal–Wallis says nothing of one group or of equal values', () => {
    expect(kruskalWallis([1, 2, 3], [1, 1, 1])).toBeNull();
    expect(kruskalWallis([2, 2, 2], [0, 1, 1])).toBeNull();
  });

  it('Kolmogorov–Smirnov: the statistic exactly, the p-value to a percent of the exact one', () => {
    const result = uniformityTest(known.ks.values);
    expectClose(result?.statistic ?? Number.NaN, known.ks.statistic);
    expectClose(result?.p ?? Number.NaN, known.ks.p, 0.02);
    expect(uniformityTest([])).toBeNull();
  });

  it('Newey–West t of a mean', () => {
    expectClose(neweyWestT(known.newey_west.values) ?? Number.NaN, known.newey_west.t, 1e-10);
  });

  it('adjusted Rand index', () => {
    expectClose(adjustedRandIndex(known.rand.first, known.rand.second) ?? Number.NaN, known.rand.index);
    expect(adjustedRandIndex([0, 0, 1, 2], [5, 5, 7, 3])).toBe(1);
    expect(adjustedRandIndex([1, 1], [2, 2])).toBe(1);
    expect(adjustedRandIndex([], [])).toBeNull();
  });

  it('Bhattacharyya distance', () => {
    const first = moments(known.bhattacharyya.first);
    const second = moments(known.bhattacharyya.second);
    expectClose(bhattacharyyaDistance(first, second), known.bhattacharyya.distance);
    expect(bhattacharyyaDistance(first, first)).toBeCloseTo(0, 14);
    expect(meanSeparation([first, second, first])).toBeCloseTo((2 * known.bhattacharyya.distance) / 3, 12);
    expect(meanSeparation([first])).toBeNull();
  });
});

describe('tests against luck', () => {
  const bars = 400;
  const random = new Random(7);
  const state = Uint8Array.from({ length: bars }, (_, i) => (Math.floor(i / 20) % 3 === 0 ? 1 : 0));
  const informed = Float64Array.from(state, (s) => (s === 1 ? 0.01 : -0.005) + 0.004 * random.normal());
  const noise = Float64Array.from({ length: bars }, () => 0.01 * random.normal());
  const earned = (returns: Float64Array) => (shift: number) =>
    returns.reduce((sum, value, i) => sum + value * state[(i + shift) % bars]!, 0);

  it('a path that knows beats nearly all its shifted copies, one that does not is among them', () => {
    expect(phaseShiftTest(bars, 999, new Random(1), earned(informed))?.p).toBeLessThan(0.1);
    expect(phaseShiftTest(bars, 999, new Random(1), earned(noise))?.p).toBeGreaterThan(0.05);
    expect(phaseShiftTest(2, 10, new Random(1), () => 0)).toBeNull();
  });

  it('the bootstrap tells states with a mean of their own from states without', () => {
    const draws = { draws: 499, blockLength: 20 };
    const found = blockBootstrapMeans(informed, state, 3, { ...draws, random: new Random(2) });
    expect(found[0]).toBeLessThan(0.02);
    expect(found[1]).toBeLessThan(0.02);
    expect(found[2]).toBeNull();
    const none = blockBootstrapMeans(noise, state, 2, { ...draws, random: new Random(2) });
    expect(none[1]).toBeGreaterThan(0.05);
  });

  it('is the same for the same seed', () => {
    const run = () => phaseShiftTest(bars, 99, new Random(5), earned(noise));
    expect(run()).toEqual(run());
  });

  it('rejects a true null about as often as it says (1 in 10 at p ≤ 0.1)', () => {
    let rejected = 0;
    for (let sample = 0; sample < 200; sample += 1) {
      const draw = new Random(sample);
      const returns = Float64Array.from({ length: 120 }, () => draw.normal());
      const groups = Uint8Array.from({ length: 120 }, (_, i) => Math.floor(i / 6) % 2);
      const [p] = blockBootstrapMeans(returns, groups, 2, { draws: 99, blockLength: 5, random: draw });
      if (p! <= 0.1) rejected += 1;
    }
    expect(rejected).toBeGreaterThan(8);
    expect(rejected).toBeLessThan(36);
  });
});
