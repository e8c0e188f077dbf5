import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import { symmetricEigen } from '../symmetric-eigen.js';
import type { CovarianceType } from './expectation.js';
import { type FitOptions, fitGaussianHmm } from './fit.js';
import { covarianceMatrix } from './parameters.js';
import { randomModel, sampleObservations } from './random-model.fixture.js';
import { createScaledEngine } from './scaled-engine.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 200 : 20;
const TYPES: CovarianceType[] = ['full', 'diag', 'tied', 'spherical'];

const truth = randomModel(new Random(2), 3, 2, 'full');
const rows = sampleObservations(new Random(3), truth, [400, 200]);
const base: FitOptions = { states: 3, covarianceType: 'full', restarts: 6, rounds: 2 };
const column = (values: number[]) => ({
  data: Float64Array.from(values),
  rows: values.length,
  features: 1,
  lengths: [values.length],
});

describe('fitting a Gaussian HMM', () => {
  it('finds a likelihood at least as high as that of the model that drew the rows', () => {
    const { report } = fitGaussianHmm(rows, base);
    const engine = createScaledEngine(rows);
    expect(report.logLikelihood).toBeGreaterThan(engine.filter(truth).logLikelihood);
    expect(report.converged).toBe(true);
    expect(report.warnings).toEqual([]);
  });

  it('never lowers the penalised likelihood, whatever the shape', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(...TYPES),
        (seed, states, covarianceType) => {
          const random = new Random(seed);
          const drawn = sampleObservations(random, randomModel(random, states, 3, 'full'), [150]);
          const { report } = fitGaussianHmm(drawn, { states, covarianceType, restarts: 2, rounds: 0, seed });
          const codes = report.warnings.map(({ code }) => code);
          expect(codes).not.toContain('likelihood_decreased');
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('gives the same model for the same seed, and tells what it tried', () => {
    const first = fitGaussianHmm(rows, base);
    const second = fitGaussianHmm(rows, base);
    expect(second).toEqual(first);
    expect(
      first.report.restarts.filter(({ family }) => family !== 'relocated').map(({ family }) => family),
    ).toEqual(['kmeans++', 'return_blocks', 'volatility_blocks', 'random_rows', 'random_rows', 'kmeans++']);
    expect(first.report.spread).toBeGreaterThanOrEqual(0);
  });

  it('scales with the data: the same rows in other units give the same states', () => {
    const scaled = { ...rows, data: rows.data.map((value) => value * 1e-4) };
    const small = fitGaussianHmm(scaled, base);
    const large = fitGaussianHmm(rows, base);
    small.parameters.means.forEach((mean, i) => {
      expect(mean * 1e4).toBeCloseTo(large.parameters.means[i]!, 3);
    });
  });

  it('fits features far from zero as well as near ones', () => {
    const far = { ...rows, data: rows.data.map((value) => value + 1e6) };
    const near = fitGaussianHmm(rows, base).report.logLikelihood;
    expect(fitGaussianHmm(far, base).report.logLikelihood).toBeCloseTo(near, 2);
  });

  it('keeps every variance above its floor on collapsing data', () => {
    const random = new Random(5);
    const values = Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? 5 : random.normal()));
    const { parameters } = fitGaussianHmm(column(values), { states: 2, covarianceType: 'diag', restarts: 4 });
    expect(Math.min(...parameters.covariances)).toBeGreaterThan(0);
  });

  it('keeps full covariances positive when two features are copies of each other', () => {
    const copies = { ...rows, data: rows.data.map((value, i) => (i % 2 === 0 ? value : rows.data[i - 1]!)) };
    const { parameters } = fitGaussianHmm(copies, { ...base, states: 2 });
    for (let k = 0; k < 2; k += 1) {
      const { values } = symmetricEigen(covarianceMatrix(parameters, k), 2);
      expect(Math.min(...values)).toBeGreaterThan(0);
    }
  });

  it('is unchanged by a sticky prior of weight 0, and never lowers its objective under another', () => {
    const options = { states: 3, covarianceType: 'diag', restarts: 4, rounds: 1 } as const;
    const plain = fitGaussianHmm(rows, options);
    const nothing = fitGaussianHmm(rows, { ...options, sticky: { kappa: 0 } });
    expect(nothing.parameters).toEqual(plain.parameters);
    for (const sticky of [{ kappa: 50 }, { targetDuration: 30 }]) {
      const { report, parameters } = fitGaussianHmm(rows, { ...options, sticky });
      expect(report.warnings.map(({ code }) => code)).not.toContain('likelihood_decreased');
      expect(fitGaussianHmm(rows, { ...options, sticky }).parameters).toEqual(parameters);
    }
    expect(() => fitGaussianHmm(rows, { ...options, sticky: { kappa: Number.NaN } })).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    );
  });

  it('holds states longer with a sticky prior, up to the duration asked for', () => {
    const stay = (options: Partial<FitOptions>): number => {
      const { parameters } = fitGaussianHmm(rows, { ...base, covarianceType: 'diag', ...options });
      return Math.min(...[0, 4, 8].map((i) => parameters.transitionMatrix[i]!));
    };
    const free = stay({});
    expect(stay({ sticky: { kappa: 100 } })).toBeGreaterThan(free);
    expect(stay({ sticky: { targetDuration: 50 } })).toBeGreaterThanOrEqual(1 - 1 / 50 - 1e-9);
  });

  it('re-seeds a state that lost its rows, once', () => {
    const initial = {
      ...randomModel(new Random(1), 2, 2, 'diag'),
      means: Float64Array.of(0, 0, 1e6, 1e6),
      covariances: new Float64Array(4).fill(1),
    };
    const { parameters, report } = fitGaussianHmm(rows, { states: 2, covarianceType: 'diag', initial });
    expect(report.warnings.map(({ code }) => code)).toContain('state_reseeded');
    expect(Math.max(...parameters.means.map(Math.abs))).toBeLessThan(20);
  });

  it('stops at the iteration limit and says so', () => {
    const { report } = fitGaussianHmm(rows, { ...base, restarts: 1, maxIterations: 3, tolerance: 0 });
    expect(report).toMatchObject({ iterations: 3, converged: false, stoppedBy: 'max_iterations' });
    expect(report.history.length).toBe(3);
  });

  it('fits with missing values when told to', () => {
    const random = new Random(8);
    const data = rows.data.map((value) => (random.uniform() < 0.1 ? Number.NaN : value));
    const options = { ...base, restarts: 2, rounds: 0, missing: 'marginalise' } as const;
    const { parameters, report } = fitGaussianHmm({ ...rows, data }, options);
    expect(parameters.means.every(Number.isFinite)).toBe(true);
    expect(report.warnings.map(({ code }) => code)).not.toContain('likelihood_decreased');
    expect(() => fitGaussianHmm({ ...rows, data }, base)).toThrow(/is NaN/);
  });
});

describe('degenerate input', () => {
  const one: FitOptions = { states: 1, covarianceType: 'diag' };
  const cases: [string, string, () => unknown][] = [
    [
      'no rows',
      'too_few_rows',
      () => fitGaussianHmm({ data: new Float64Array(0), rows: 0, features: 1, lengths: [] }, one),
    ],
    ['fewer rows than states', 'too_few_rows', () => fitGaussianHmm(column([1, 2]), { ...one, states: 3 })],
    ['a single row', 'too_few_rows', () => fitGaussianHmm(column([1]), one)],
    [
      'fewer numbers than parameters',
      'too_few_rows',
      () => fitGaussianHmm(column([1, 2, 3, 4]), { ...one, states: 2 }),
    ],
    ['identical rows', 'degenerate_data', () => fitGaussianHmm(column(new Array<number>(50).fill(2)), one)],
    ['NaN', 'non_finite_input', () => fitGaussianHmm(column([1, Number.NaN, 2]), one)],
    ['infinity', 'non_finite_input', () => fitGaussianHmm(column([1, 2, Number.NEGATIVE_INFINITY]), one)],
    [
      'lengths that do not add up',
      'column_length_mismatch',
      () => fitGaussianHmm({ ...column([1, 2, 3]), lengths: [2] }, one),
    ],
  ];

  it.each(cases)('%s: %s', (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  it('one state is the plain normal distribution', () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.sin(i));
    const { parameters, report } = fitGaussianHmm(column(values), one);
    const mean = values.reduce((a, b) => a + b) / 500;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 500;
    expect(parameters.means[0]).toBeCloseTo(mean, 12);
    expect(parameters.covariances[0]).toBeCloseTo(variance * (1 + 1e-3 / 500), 12);
    expect(report.iterations).toBeLessThanOrEqual(3);
  });
});
