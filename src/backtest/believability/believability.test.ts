import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { bootstrapIntervals, DEFAULT_BOOTSTRAP, drawRows } from './block-bootstrap.js';
import {
  deflatedSharpe,
  expectedMaximumSharpe,
  probabilisticSharpe,
  sharpeSample,
} from './deflated-sharpe.js';
import { delayedReturns } from './delayed-book.js';
import { overfittingProbability } from './overfitting-probability.js';
import { wealthBelief } from './return-belief.js';
import { returnFigures } from './return-figures.js';
import { tableDifferences, truncationCause } from './table-difference.js';
import { trialBelief } from './trial-belief.js';
import { verdictOf } from './verdict.js';

const LONG = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';

const normals = (seed: number, count: number, mean = 0): Float64Array => {
  const random = new Random(seed);
  return Float64Array.from({ length: count }, () => mean + random.normal());
};
const meanOf = (values: Float64Array) => (positions: Int32Array) => ({
  mean: positions.reduce((sum, at) => sum + values[at]!, 0) / positions.length,
});

describe('the block bootstrap', () => {
  it('draws blocks of one length round the circle, or of geometric length', () => {
    const circular = new Int32Array(1000);
    drawRows(circular, new Random(1), { method: 'circular', blockLength: 10 });
    for (let i = 0; i < 1000; i += 1) {
      if (i % 10 > 0) expect(circular[i]).toBe((circular[i - 1]! + 1) % 1000);
    }
    const stationary = new Int32Array(100_000);
    drawRows(stationary, new Random(1), { method: 'stationary', blockLength: 10 });
    const breaks = stationary.filter((at, i) => i > 0 && at !== (stationary[i - 1]! + 1) % 100_000).length;
    expect(100_000 / breaks).toBeGreaterThan(9.7);
    expect(100_000 / breaks).toBeLessThan(10.3);
  });

  it('covers the true mean about as often as it says', () => {
    const trials = LONG ? 1000 : 150;
    for (const method of ['circular', 'stationary'] as const) {
      let covered = 0;
      for (let trial = 0; trial < trials; trial += 1) {
        const { mean } = bootstrapIntervals(250, meanOf(normals(1000 + trial, 250, 0.3)), {
          ...DEFAULT_BOOTSTRAP,
          method,
          blockLength: 3,
          draws: 200,
          level: 0.9,
        });
        if (mean!.low <= 0.3 && 0.3 <= mean!.high) covered += 1;
      }
      expect(covered / trials).toBeGreaterThan(0.82);
      expect(covered / trials).toBeLessThan(0.97);
    }
  });

  it('has the width of theory for independent days, and is wider when days hang together', () => {
    const values = normals(7, 1000);
    const blocks = Float64Array.from({ length: 1000 }, (_, i) => values[Math.floor(i / 10)]!);
    const width = (column: Float64Array, blockLength: number): number => {
      const { mean } = bootstrapIntervals(1000, meanOf(column), { ...DEFAULT_BOOTSTRAP, blockLength });
      return mean!.high - mean!.low;
    };
    const theory = (2 * 1.96) / Math.sqrt(1000);
    expect(width(values, 1) / theory).toBeGreaterThan(0.9);
    expect(width(values, 1) / theory).toBeLessThan(1.1);
    expect(width(blocks, 20)).toBeGreaterThan(1.8 * width(blocks, 1));
  });

  it('is the same for the same seed, and says so when a figure has no value', () => {
    const values = normals(3, 60);
    const figures = (positions: Int32Array) => ({ ...meanOf(values)(positions), none: Number.NaN });
    const first = bootstrapIntervals(60, figures);
    expect(bootstrapIntervals(60, figures)).toEqual(first);
    expect(first.none).toMatchObject({ low: Number.NaN, p: 1, draws: 0 });
    expect(() => bootstrapIntervals(1, figures)).toThrow(/two days/);
  });
});

describe('the deflated Sharpe ratio', () => {
  // Bailey, López de Prado 2014: annual ratio 2.5, 5 years of 250 days, skewness −3, kurtosis 10, annual variance ½
  const paper = { sharpe: 2.5 / Math.sqrt(250), periods: 1250, skewness: -3, kurtosis: 10 };

  it('gives the numbers of the paper', () => {
    expect(expectedMaximumSharpe(100, 1 / 2 / 250)).toBeCloseTo(0.1132, 4);
    expect(deflatedSharpe(paper, 100, 1 / 2 / 250).probability).toBeCloseTo(0.9004, 4);
    expect(deflatedSharpe(paper, 46, 1 / 2 / 250).probability).toBeCloseTo(0.9505, 3);
    expect(deflatedSharpe({ ...paper, skewness: 0, kurtosis: 3 }, 88, 1 / 2 / 250).probability).toBeCloseTo(
      0.9505,
      3,
    );
  });

  it('is the plain probabilistic ratio for one trial, one half at the benchmark', () => {
    const sample = sharpeSample(normals(5, 500, 0.1));
    expect(deflatedSharpe(sample, 1, 1).probability).toBe(probabilisticSharpe(sample, 0));
    expect(probabilisticSharpe(sample, sample.sharpe)).toBeCloseTo(0.5, 12);
    expect(sharpeSample(new Float64Array(10)).sharpe).toBe(0);
  });

  it('expects of the best of many what simulation finds', () => {
    let sum = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      sum += normals(9000 + trial, 50).reduce((most, value) => Math.max(most, value));
    }
    expect(expectedMaximumSharpe(50, 1)).toBeCloseTo(sum / 400, 1);
  });

  it('falls with every further trial', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), (trials) => {
        const now = deflatedSharpe(paper, trials, 0.002).probability;
        expect(deflatedSharpe(paper, trials + 1, 0.002).probability).toBeLessThanOrEqual(now);
      }),
    );
  });
});

describe('the probability of overfitting', () => {
  it('is 0 when one variant is better everywhere', () => {
    const noise = Array.from({ length: 9 }, (_, i) => normals(20 + i, 512));
    const better = normals(99, 512, 2);
    const found = overfittingProbability([...noise, better], 10);
    expect(found).toMatchObject({
      probability: 0,
      choices: 252,
      variants: 10,
      blocks: 10,
      lossProbability: 0,
    });
    expect(found.medianLogit).toBeCloseTo(Math.log(10), 12);
  });

  it('is 1 when what wins in one half must lose in the other', () => {
    // each variant earns in its own half of two blocks and loses in the other
    const halves = [1, -1].map((sign) =>
      Float64Array.from({ length: 200 }, (_, day) => sign * (day < 100 ? 1 : -1) + 0.1 * (day % 2)),
    );
    expect(overfittingProbability(halves, 2)).toMatchObject({
      probability: 1,
      choices: 2,
      lossProbability: 1,
    });
  });

  it('is about one half for variants that are all noise', () => {
    let sum = 0;
    const repeats = LONG ? 60 : 12;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const variants = Array.from({ length: 20 }, (_, i) => normals(500 + 31 * repeat + 1000 * i, 400));
      sum += overfittingProbability(variants, 8).probability;
    }
    expect(sum / repeats).toBeGreaterThan(0.3);
    expect(sum / repeats).toBeLessThan(0.7);
  });

  it('refuses a single variant', () => {
    expect(() => overfittingProbability([normals(1, 50)])).toThrow(/two variants/);
    expect(() => overfittingProbability([normals(1, 50), normals(1, 40)])).toThrow(/different numbers/);
  });
});

describe('figures of returns', () => {
  it('are those of a calculation by hand', () => {
    const figures = returnFigures(Float64Array.from([0.1, -0.1, 0.05]), undefined, 3);
    expect(figures.total_return).toBeCloseTo(1.1 * 0.9 * 1.05 - 1, 12);
    expect(figures.cagr).toBeCloseTo(figures.total_return, 12);
    expect(figures.max_drawdown).toBeCloseTo(-0.1, 12);
    expect(figures.hit_rate).toBeCloseTo(2 / 3, 12);
    expect(returnFigures(new Float64Array(5)).sharpe).toBe(0);
  });
});

describe('a book that is traded later or dearer', () => {
  const book = {
    assets: 1,
    weights: Float64Array.from([1, 1, 0, 0]),
    returns: Float64Array.from([0.5, 0.1, 0.2, -0.3]),
    funding: Float64Array.from([0, 0.01, Number.NaN, 0]),
  };
  it('earns what the weights of the day before earn, less trading and funding', () => {
    expect(Array.from(delayedReturns(book, 0, 0))).toEqual([0, 0.1 - 0.01, 0.2, 0]);
    expect(Array.from(delayedReturns(book, 0.02, 0))[0]).toBeCloseTo(-0.02, 12);
  });
  it('earns the returns of later days when trades are late', () => {
    expect(Array.from(delayedReturns(book, 0, 1))).toEqual([0, 0, 0.2, -0.3]);
  });
});

describe('differences of dated tables', () => {
  const table = (values: (number | null)[]) => ({
    t: { keys: ['2024-01-01', '2024-01-02', '2024-01-03'], columns: { x: values } },
  });
  it('tell the first key, both values and how many', () => {
    const [found, ...more] = tableDifferences(table([1, 2, 3]), table([1, 5, 6]), '2024-01-02');
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      table: 't',
      column: 'x',
      first: '2024-01-02',
      expected: 2,
      found: 5,
      differing: 1,
    });
  });
  it('see rows that are missing or too many, and take NaN for missing', () => {
    const short = { t: { keys: ['2024-01-01'], columns: { x: [1] } } };
    expect(tableDifferences(table([1, 2, 3]), short)[0]).toMatchObject({ first: '2024-01-02', found: null });
    expect(tableDifferences(short, table([1, 2, 3]))[0]).toMatchObject({
      first: '2024-01-02',
      expected: null,
    });
    expect(tableDifferences(table([1, Number.NaN, 3]), table([1, null, 3]))).toEqual([]);
  });
  it('name what usually makes such a pattern', () => {
    const difference = tableDifferences(table([1, 2, 3]), table([1, 2, 4]))[0]!;
    expect(truncationCause(difference, '2024-01-03')).toContain('stamped earlier');
    expect(truncationCause({ ...difference, differing: 3, firstDate: '2023-01-01' }, '2024-01-03')).toContain(
      'whole range',
    );
  });
});

describe('the verdict', () => {
  const interval = (low: number, high: number) => ({
    estimate: (low + high) / 2,
    low,
    high,
    p: 0.5,
    draws: 1000,
  });
  const base = { faults: 0, overfitting: undefined, deflated: undefined };
  it('says that there is nothing to see when the interval covers zero', () => {
    expect(verdictOf({ ...base, sharpe: interval(-0.3, 2.4) }).verdict).toBe('nothing to see here');
    expect(verdictOf({ ...base, sharpe: undefined }).verdict).toBe('nothing to see here');
  });
  it('puts faults first, then loss, overfitting and luck', () => {
    expect(verdictOf({ ...base, faults: 1, sharpe: interval(1, 2) }).verdict).toBe('broken');
    expect(verdictOf({ ...base, sharpe: interval(-2, -1) }).verdict).toBe('loses');
    expect(verdictOf({ ...base, overfitting: 0.7, sharpe: interval(1, 2) }).verdict).toBe('overfitted');
    expect(verdictOf({ ...base, deflated: 0.6, sharpe: interval(1, 2) }).verdict).toBe('nothing to see here');
    expect(verdictOf({ ...base, deflated: 0.99, sharpe: interval(1, 2) }).verdict).toBe('holds so far');
  });
});

describe('the belief in a path of wealth', () => {
  const DAY = 86_400_000;
  const wealthOf = (returns: ArrayLike<number>): number[] => {
    const path = [1];
    for (const value of Array.from(returns)) path.push(path.at(-1)! * (1 + value));
    return path;
  };
  const path = (seed: number, mean: number) => {
    const strategy = wealthOf(normals(seed, 400).map((value) => 0.01 * value + mean));
    return { ts: strategy.map((_, at) => at * DAY), strategy, buy_and_hold: strategy.map(() => 1) };
  };

  it('sees nothing in chance, and something in a drift that is none', () => {
    const chance = wealthBelief(path(3, 0));
    expect(chance.verdict.verdict).toBe('nothing to see here');
    expect(chance.intervals.sharpe!.low).toBeLessThan(0);
    expect(wealthBelief(path(3, 0.004)).verdict.verdict).toBe('holds so far');
    expect(wealthBelief(path(3, -0.004)).verdict.verdict).toBe('loses');
  });

  it('leaves a shorter last stretch out, and says when there is too little', () => {
    const whole = path(5, 0);
    const cut = { ...whole, ts: [...whole.ts.slice(0, -1), whole.ts.at(-1)! - DAY / 2] };
    expect(wealthBelief(cut).intervals.total_return!.estimate).toBeCloseTo(whole.strategy.at(-2)! - 1, 12);
    expect(wealthBelief(whole).intervals.total_return!.estimate).toBeCloseTo(whole.strategy.at(-1)! - 1, 12);
    const few = { ts: [0, DAY], strategy: [1, 1.1], buy_and_hold: [1, 1] };
    expect(wealthBelief(few)).toMatchObject({ intervals: {}, verdict: { verdict: 'nothing to see here' } });
  });
});

describe('the belief in the best of several trials', () => {
  const trial = (name: string, seed: number, mean: number, from = 0) => ({
    name,
    period: Float64Array.from({ length: 300 }, (_, at) => from + at),
    returns: normals(seed, 300).map((value) => 0.01 * value + mean),
  });

  it('is small among worthless ones, large for one with a drift, and nothing for one alone', () => {
    const worthless = Array.from({ length: 8 }, (_, at) => trial(`t${at}`, at + 1, 0));
    expect(trialBelief(worthless)!.deflated_sharpe).toBeLessThan(0.95);
    const belief = trialBelief([...worthless, trial('real', 99, 0.005)])!;
    expect(belief).toMatchObject({ best: 'real', trials: 9 });
    expect(belief.overfitting).toMatchObject({ variants: 9, days: 300 });
    expect(belief.overfitting!.probability).toBeLessThan(0.2);
    expect(trialBelief([trial('alone', 1, 0)])).toBeNull();
  });

  it('splits only the periods that all have', () => {
    expect(trialBelief([trial('a', 1, 0), trial('b', 2, 0, 200)])!.overfitting!.days).toBe(100);
    expect(trialBelief([trial('a', 1, 0), trial('b', 2, 0, 290)])!.overfitting).toBeNull();
  });
});
