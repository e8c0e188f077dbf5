import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { RunLengthRecursion, runLengthPosterior } from './bocpd.js';
import { type BocpdModel, bocpdFamily } from './bocpd-model.js';
import { logGamma } from './gamma-functions.js';
import type { Observations } from './observations.js';
import { peltFamily } from './pelt-model.js';
import { type SegmentCost, segmentRows } from './segmentation.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 500 : 50;

/** Three stretches of 80 rows about 2, −2 and 0. */
const LEVELS = [2, -2, 0];
function stretches(): Observations {
  const random = new Random(6);
  const data = Float64Array.from(
    { length: 240 },
    (_, row) => LEVELS[Math.floor(row / 80)]! + 0.5 * random.normal(),
  );
  return { data, rows: 240, features: 1, lengths: [240] };
}

/** Least objective by trying every segmentation that keeps the smallest size. */
function exhaustive(values: readonly number[], cost: SegmentCost, penalty: number, size: number): number {
  const costOf = (part: readonly number[]): number => {
    const mean = part.reduce((a, b) => a + b, 0) / part.length;
    const scatter = part.reduce((a, b) => a + (b - mean) ** 2, 0);
    return cost === 'l2' ? scatter : part.length * Math.log(scatter / (part.length - 1) + 1e-6);
  };
  const from = (start: number): number => {
    let least = costOf(values.slice(start));
    for (let end = start + size; end <= values.length - size; end += 1) {
      least = Math.min(least, costOf(values.slice(start, end)) + penalty + from(end));
    }
    return least;
  };
  return from(0);
}

describe('segmentation', () => {
  it('is exact under pruning, for both costs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 4, maxLength: 22 }),
        fc.constantFrom<SegmentCost>('l2', 'normal'),
        fc.constantFrom(0, 1, 4, 15),
        fc.constantFrom(2, 3, 5),
        (values, cost, penalty, minimumSize) => {
          const { ends, objective } = segmentRows(Float64Array.from(values), 1, {
            cost,
            penalty,
            minimumSize,
          });
          expect(objective).toBeCloseTo(exhaustive(values, cost, penalty, minimumSize), 6);
          expect(ends[ends.length - 1]).toBe(values.length);
          const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
          if (ends.length > 1) expect(Math.min(...sizes)).toBeGreaterThanOrEqual(minimumSize);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('finds the changes of level, and refuses what makes no sense', () => {
    expect(segmentRows(stretches().data, 1, { cost: 'l2', penalty: 20 }).ends).toEqual([80, 160, 240]);
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => segmentRows(stretches().data, 1, { cost: 'l2', penalty: -1 })).toThrow(refused);
    expect(() => segmentRows(stretches().data, 1, { cost: 'l2', penalty: 1, minimumSize: 1 })).toThrow(
      refused,
    );
    expect(segmentRows(new Float64Array(0), 1, { cost: 'l2', penalty: 1 }).ends).toEqual([]);
  });
});

describe('online change points', () => {
  it('raises the alarm within a few bars of a change, and calms down', () => {
    const { data, rows } = stretches();
    const recursion = new RunLengthRecursion(1);
    let memory = recursion.start();
    const told = Array.from({ length: rows }, (_, row) => {
      memory = recursion.step(memory, data, row);
      return runLengthPosterior(recursion, memory);
    });
    for (const change of [80, 160]) {
      const alarms = told.slice(change, change + 10).map(({ recentChange }) => recentChange);
      expect(Math.max(...alarms)).toBeGreaterThan(0.5);
    }
    expect(told[75]!.recentChange).toBeLessThan(0.2);
    expect(told[150]!.expectedRunLength).toBeGreaterThan(50);
    expect(told[150]!.likeliestRunLength).toBe(71);
  });

  it('loses almost nothing by dropping unlikely runs', () => {
    const { data, rows } = stretches();
    const evidence = (prune: number): number => {
      const recursion = new RunLengthRecursion(1, { prune });
      let memory = recursion.start();
      let sum = 0;
      for (let row = 0; row < rows; row += 1) {
        memory = recursion.step(memory, data, row);
        sum += memory[0]!;
      }
      return sum;
    };
    expect(Math.abs(evidence(1e-6) - evidence(0))).toBeLessThan(0.01);
  });

  it('keeps its cost bounded where nothing changes for long', () => {
    const random = new Random(2);
    const recursion = new RunLengthRecursion(1);
    let memory = recursion.start();
    for (let row = 0; row < 1500; row += 1) memory = recursion.step(memory, [random.normal()], 0);
    expect((memory.length - 1) / recursion.width).toBeLessThanOrEqual(501);
    expect(runLengthPosterior(recursion, memory).expectedRunLength).toBeGreaterThan(900);
  });

  it('names bars by the kind of their stretch: causally in the filter, to the bar in hindsight', () => {
    const rows = stretches();
    const model = bocpdFamily.fit(rows, { states: 3 }).model as BocpdModel;
    const kinds = [40, 120, 200].map((row) => model.decode(rows).path[row]!);
    expect(new Set(kinds).size).toBe(3);
    const { probability, logLikelihood } = model.filter(rows);
    [40, 120, 200].forEach((row, i) => {
      expect(probability[row * 3 + kinds[i]!]).toBeGreaterThan(0.9);
    });
    expect(logLikelihood).toBeLessThan(0);
    expect([...model.decode(rows).path.slice(77, 83)]).toEqual([0, 0, 0, 1, 1, 1].map((i) => kinds[i]!));
  });

  it('refuses a hazard or prior that is none', () => {
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => bocpdFamily.fit(stretches(), { states: 2, hazard: 1 })).toThrow(refused);
    const prior = { mean: 0, kappa: 0, alpha: 1, beta: 1 };
    expect(() => bocpdFamily.fit(stretches(), { states: 2, prior })).toThrow(refused);
  });
});

it('cuts each sequence by itself', () => {
  const rows = { ...stretches(), lengths: [100, 140] };
  const { report } = peltFamily.fit(rows, { states: 3, cost: 'l2', penalty: 20 });
  expect(report.ends).toEqual([80, 100, 160, 240]);
});

it.each([
  [0.5, 0.5723649429247001],
  [1.5, -0.12078223763524522],
  [3, Math.LN2],
  [20.25, 40.08411059791735],
  [150, 600.0094705553274],
])('ln Γ(%d)', (x, expected) => {
  expect(logGamma(x)).toBeCloseTo(expected, 11);
});
