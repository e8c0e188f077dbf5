import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import type { Observations } from '../observations.js';
import type { GaussianHmmParameters } from './expectation.js';
import { GaussianHmm } from './gaussian-hmm.js';
import { randomModel, sampleObservations } from './random-model.fixture.js';
import { createReferenceEngine } from './reference-engine.js';
import { requireClose } from './same-answers.fixture.js';
import { createScaledEngine } from './scaled-engine.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 400 : 40;

const shift = (observations: Observations, by: number): Observations => ({
  ...observations,
  data: observations.data.map((value) => value + by),
});

describe('Gaussian HMM', () => {
  it('filters a prefix bit for bit across blocks, with every engine', () => {
    const parameters = randomModel(new Random(3), 3, 5, 'full');
    const rows = sampleObservations(new Random(4), parameters, [2600]);
    for (const engine of [createWasmEngine, createScaledEngine]) {
      const model = new GaussianHmm(parameters, undefined, engine);
      const whole = model.filter(rows).probability;
      for (const keep of [1, 511, 512, 513, 1700, 2599]) {
        const data = rows.data.map((value, i) => (i < keep * 5 ? value : 50));
        const spoiled = model.filter({ ...rows, data }).probability.slice(0, keep * 3);
        expect(spoiled).toEqual(whole.slice(0, keep * 3));
        const cut = { ...rows, data: rows.data.slice(0, keep * 5), rows: keep, lengths: [keep] };
        expect(model.filter(cut).probability).toEqual(spoiled);
      }
    }
  });

  it('filters bar by bar as in one go, for random models', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (seed, k, d) => {
          const random = new Random(seed);
          const parameters = randomModel(random, k, d, 'full');
          const rows = sampleObservations(random, parameters, [80, 30]);
          const model = new GaussianHmm(parameters);
          const batch = model.filter(rows).probability;
          const online = model.online();
          for (let row = 0; row < rows.rows; row += 1) {
            const values = rows.data.subarray(row * d, (row + 1) * d);
            const answer = online.next(row, values, row === 80);
            requireClose(answer, batch.subarray(row * k, (row + 1) * k), 1e-9, `row ${row}`);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('is as exact on prices far from zero as on returns', () => {
    const parameters = randomModel(new Random(3), 2, 3, 'full');
    const rows = sampleObservations(new Random(5), parameters, [1500]);
    const far = { ...parameters, means: parameters.means.map((mean) => mean + 100_000) };
    const near = new GaussianHmm(parameters);
    const model = new GaussianHmm(far);
    const distant = shift(rows, 100_000);
    requireClose(model.filter(distant).probability, near.filter(rows).probability, 1e-8, 'filtered');
    requireClose(model.smooth(distant).probability, near.smooth(rows).probability, 1e-8, 'smoothed');
    requireClose([model.score(distant)], [near.score(rows)], 1e-8, 'score');
  });

  it('starts a window from the stationary distribution, not from the start of training', () => {
    const parameters = randomModel(new Random(6), 3, 2, 'diag');
    const oneHot = { ...parameters, startProbability: Float64Array.of(0, 1, 0) };
    const model = new GaussianHmm(oneHot);
    // A row that says nothing: the filtered distribution is the prior.
    const flat: GaussianHmmParameters = {
      ...oneHot,
      means: new Float64Array(6),
      covariances: new Float64Array(6).fill(1),
    };
    const silent = new GaussianHmm(flat).filter({
      data: new Float64Array(2),
      rows: 1,
      features: 2,
      lengths: [1],
    });
    requireClose(silent.probability, model.stationary, 1e-12, 'first row');
  });

  it('tells the density of the next row before it comes: the sum of logs is the likelihood', () => {
    const parameters = randomModel(new Random(8), 3, 2, 'full');
    const rows = sampleObservations(new Random(9), parameters, [40]);
    const model = new GaussianHmm(parameters);
    const { probability } = model.filter(rows);
    let sum = model.filter({ ...rows, data: rows.data.slice(0, 2), rows: 1, lengths: [1] }).logLikelihood;
    for (let row = 1; row < 40; row += 1) {
      const before = probability.slice((row - 1) * 3, row * 3);
      sum += model.predictiveLogDensity(before, rows.data.subarray(row * 2, row * 2 + 2));
    }
    expect(sum).toBeCloseTo(model.filter(rows).logLikelihood, 9);
  });

  it('filters several sequences as each by itself', () => {
    const parameters = randomModel(new Random(10), 2, 2, 'tied');
    const rows = sampleObservations(new Random(11), parameters, [30, 50]);
    const model = new GaussianHmm(parameters);
    const both = model.filter(rows);
    const second = { data: rows.data.slice(60), rows: 50, features: 2, lengths: [50] };
    expect(both.probability.slice(60)).toEqual(model.filter(second).probability);
  });

  it('refuses parameters that are no probability model', () => {
    const parameters = randomModel(new Random(12), 2, 2, 'diag');
    const code = expect.objectContaining({ code: 'invalid_parameters' });
    const broken: Partial<GaussianHmmParameters>[] = [
      { startProbability: Float64Array.of(0.5, 0.4) },
      { startProbability: Float64Array.of(1.5, -0.5) },
      { transitionMatrix: Float64Array.of(0.5, 0.5, 0.9, 0.2) },
      { covariances: Float64Array.of(1, 1, 0, 1) },
      { means: Float64Array.of(0, 1, 2) },
      { means: Float64Array.of(0, 1, 2, Number.NaN) },
      { states: 0 },
    ];
    for (const part of broken) expect(() => new GaussianHmm({ ...parameters, ...part })).toThrow(code);
    const indefinite = Float64Array.of(1, 2, 2, 1);
    const tied = { ...parameters, covarianceType: 'tied' as const, covariances: indefinite };
    const row = { data: new Float64Array(2), rows: 1, features: 2, lengths: [1] };
    expect(() => new GaussianHmm(tied).filter(row)).toThrow(code);
  });
});

describe('missing features', () => {
  const parameters = randomModel(new Random(20), 3, 3, 'full');
  const rows = sampleObservations(new Random(21), parameters, [120]);
  const shape = { features: 3, usedFeatures: [0, 1, 2], allowMissing: true };
  const model = new GaussianHmm(parameters, shape);

  it('are an error unless the model marginalises them', () => {
    const data = rows.data.slice();
    data[7] = Number.NaN;
    expect(() => new GaussianHmm(parameters).filter({ ...rows, data })).toThrow(/row 2, column 1 is NaN/);
    expect(model.filter({ ...rows, data }).probability.every(Number.isFinite)).toBe(true);
    data[7] = Number.POSITIVE_INFINITY;
    expect(() => model.filter({ ...rows, data })).toThrow(/Infinity/);
  });

  it('are integrated out: dropping a feature everywhere is the model without it', () => {
    const data = rows.data.map((value, i) => (i % 3 === 1 ? Number.NaN : value));
    const kept = [0, 2];
    const smaller = {
      ...parameters,
      features: 2,
      means: Float64Array.from([0, 1, 2].flatMap((k) => kept.map((d) => parameters.means[k * 3 + d]!))),
      covariances: Float64Array.from(
        [0, 1, 2].flatMap((k) =>
          kept.flatMap((d) => kept.map((e) => parameters.covariances[(k * 3 + d) * 3 + e]!)),
        ),
      ),
    };
    const two = rows.data.filter((_, i) => i % 3 !== 1);
    const expected = new GaussianHmm(smaller).filter({ ...rows, data: two, features: 2 });
    const actual = model.filter({ ...rows, data });
    requireClose(actual.probability, expected.probability, 1e-9, 'filtered');
    requireClose([actual.logLikelihood], [expected.logLikelihood], 1e-9, 'likelihood');
  });

  it('leave the prediction alone when a whole row is missing', () => {
    const data = rows.data.map((value, i) => (i >= 90 && i < 93 ? Number.NaN : value));
    const { probability } = model.filter({ ...rows, data });
    const predicted = model.forecast(probability.slice(29 * 3, 30 * 3), 1);
    requireClose(probability.subarray(90, 93), predicted, 1e-12, 'row 30');
    const online = model.online();
    for (let row = 0; row < 40; row += 1) {
      const answer = online.next(row, data.subarray(row * 3, row * 3 + 3));
      requireClose(answer, probability.subarray(row * 3, row * 3 + 3), 1e-9, `row ${row}`);
    }
  });

  it('enter the E step by their expectation', () => {
    const random = new Random(22);
    const data = rows.data.map((value) => (random.uniform() < 0.15 ? Number.NaN : value));
    const engine = createReferenceEngine({ ...rows, data });
    const statistics = engine.expectation(parameters);
    expect(statistics.mass.reduce((a, b) => a + b)).toBeCloseTo(120, 9);
    expect(statistics.weightedOuter.every(Number.isFinite)).toBe(true);
  });
});
