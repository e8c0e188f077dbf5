import { describe, expect, it } from 'vitest';
import { neweyWestLag, neweyWestT } from './newey-west.js';
import { mostProbablePath, stateStatistics } from './state-statistics.js';

const path = [0, 0, 1, 1, 1, 0, 2];
const logReturn = [0.01, -0.02, 0.03, -0.01, -0.05, 0.02, 0.07];
const rsi = [50, 40, 60, 55, 30, 45, 70];
const of = (lengths: number[], filteredPath = path) =>
  stateStatistics({ states: 4, path, filteredPath, logReturn, others: { rsi }, lengths, barsPerYear: 365 });

describe('state statistics', () => {
  it('describe the bars of a state', () => {
    const [first, second] = of([7]);
    expect(first).toMatchObject({ count: 3, share: 3 / 7, runs: 2, meanRunLength: 1.5 });
    expect(first!.averageReturn).toBeCloseTo(0.01 / 3, 15);
    expect(first!.volatility).toBeCloseTo(Math.sqrt((0.0009 - 0.0001 / 3) / 2), 15);
    expect(first!.averages.rsi).toBe(45);
    expect(first!.hitRate).toBeCloseTo(2 / 3, 15);
    expect(first!.annualisedReturn).toBeCloseTo((365 * 0.01) / 3, 12);
    expect(first!.annualisedVolatility).toBeCloseTo(first!.volatility! * Math.sqrt(365), 12);
    expect(second!.maxDrawdown).toBeCloseTo(1 - Math.exp(-0.06), 15);
  });

  it('count the return of the bar after, by the filtered state, and not across a gap', () => {
    expect(of([7])[0]!.nextBarReturn).toBeCloseTo((-0.02 + 0.03 + 0.07) / 3, 15);
    expect(of([6, 1])[0]!.nextBarReturn).toBeCloseTo((-0.02 + 0.03) / 2, 15);
    expect(of([7], [1, 1, 1, 1, 1, 1, 1])[0]!.nextBarReturn).toBeNull();
    expect(of([7])[2]!.nextBarReturn).toBeNull();
  });

  it('end a run at a gap', () => {
    expect(of([1, 6])[0]!.runs).toBe(3);
  });

  it('say null, not zero, where there is nothing to average', () => {
    expect(of([7])[3]).toEqual({
      count: 0,
      share: 0,
      averageReturn: null,
      volatility: null,
      averages: { rsi: null },
      tStatistic: null,
      hitRate: null,
      runs: 0,
      meanRunLength: null,
      annualisedReturn: null,
      annualisedVolatility: null,
      maxDrawdown: null,
      nextBarReturn: null,
      nextBarTStatistic: null,
    });
    expect(of([7])[2]).toMatchObject({ count: 1, volatility: null, tStatistic: null });
  });
});

describe('Newey–West t', () => {
  it('has the lag of the spec', () => {
    expect([10, 100, 1000, 10_000].map(neweyWestLag)).toEqual([2, 4, 6, 11]);
  });

  it('is mean over standard error when nothing is correlated', () => {
    // +1, −1 in an order whose autocovariances are worked out by hand.
    const values = [1, 2, 3];
    const covariance = [2 / 3, 0, -1 / 3];
    const lags = neweyWestLag(3);
    const variance = covariance[0]! + 2 * (1 - 1 / (lags + 1)) * (lags > 0 ? covariance[1]! : 0);
    expect(lags).toBe(1);
    expect(neweyWestT(values)).toBeCloseTo(2 / Math.sqrt(variance / 3), 12);
  });

  it('shrinks when values come in runs', () => {
    const base = Array.from({ length: 400 }, (_, i) => 0.1 + Math.sin(i * 2.7));
    const runs = Array.from({ length: 400 }, (_, i) => 0.1 + Math.sin(Math.floor(i / 8) * 2.7));
    expect(Math.abs(neweyWestT(runs)!)).toBeLessThan(Math.abs(neweyWestT(base)!));
  });

  it('is null for one value or none, and for values that do not vary', () => {
    expect([[], [1], [2, 2, 2]].map((values) => neweyWestT(values))).toEqual([null, null, null]);
  });
});

describe('most probable path', () => {
  it('takes the largest probability, the first one on ties', () => {
    expect([...mostProbablePath([0.2, 0.8, 0.5, 0.5, 0.9, 0.1], 2)]).toEqual([1, 0, 0]);
  });
});
