import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import type { Observations } from '../observations.js';
import { mostProbablePath } from '../state-statistics.js';
import {
  MarkovRegression,
  type MarkovRegressionFitOptions,
  trainMarkovRegression,
} from './markov-regression.js';
import { RegressionLikelihood } from './regression-likelihood.js';

/** y = 0.5 + 2 x + N(0, 1) in state 0, −1 − x + N(0, 9) in state 1, in column 1; x in column 2; noise in column 0. */
function sample(seed: number, lengths: readonly number[]) {
  const random = new Random(seed);
  const rows = lengths.reduce((a, b) => a + b);
  const data = new Float64Array(rows * 3);
  const path = new Uint8Array(rows);
  let state = 0;
  for (let row = 0; row < rows; row += 1) {
    if (random.uniform() < (state === 0 ? 0.02 : 0.05)) state = 1 - state;
    path[row] = state;
    const x = 0.3 * random.normal() + 4;
    const noise = random.normal();
    data.set([random.normal(), state === 0 ? 0.5 + 2 * x + noise : -1 - x + 3 * noise, x], row * 3);
  }
  return { observations: { data, rows, features: 3, lengths } as Observations, path };
}

const REGRESSION = { states: 2, response: 1, regressors: [2] } as const;

describe('Markov-switching regression', () => {
  it('recovers the regressions that made the rows', () => {
    const { observations, path } = sample(1, [6_000, 2_000]);
    const { model, report } = trainMarkovRegression(observations, REGRESSION);
    expect(report.converged).toBe(true);
    expect(report.warnings).toEqual([]);
    const { coefficients, variances, transitionMatrix } = model.parameters;
    const calm = variances[0]! < variances[1]! ? 0 : 1;
    const wild = 1 - calm;
    const near = (value: number, expected: number, by: number) =>
      expect(Math.abs(value - expected), `${value} for ${expected}`).toBeLessThan(by);
    near(coefficients[calm * 2]!, 0.5, 0.7);
    near(coefficients[calm * 2 + 1]!, 2, 0.17);
    near(coefficients[wild * 2 + 1]!, -1, 1);
    // The line of the wild state where its data are.
    near(coefficients[wild * 2]! + 4 * coefficients[wild * 2 + 1]!, -5, 0.3);
    near(variances[calm]!, 1, 0.1);
    near(variances[wild]!, 9, 0.8);
    near(transitionMatrix[calm * 3]!, 0.98, 0.01);
    near(transitionMatrix[wild * 3]!, 0.95, 0.02);
    const found = mostProbablePath(model.filter(observations).probability, 2);
    expect(found.filter((state, row) => (state === calm) === (path[row] === 0)).length).toBeGreaterThan(
      0.97 * path.length,
    );
  });

  it('finds the same optimum whatever the units of the columns', () => {
    const { observations } = sample(2, [1_500]);
    const units = [1, 1e-4, 300];
    const data = observations.data.map((value, i) => value * units[i % 3]! + (i % 3 === 2 ? 50 : 0));
    const plain = trainMarkovRegression(observations, REGRESSION);
    const scaled = trainMarkovRegression({ ...observations, data }, REGRESSION);
    expect(scaled.report.logLikelihood - observations.rows * Math.log(1e4)).toBeCloseTo(
      plain.report.logLikelihood,
      4,
    );
  });

  it('has the gradient of its likelihood', () => {
    const { observations } = sample(3, [90, 60]);
    const data = new Float64Array(150 * 2).map(
      (_, i) => observations.data[Math.floor(i / 2) * 3 + 2 - (i % 2)]! / 5,
    );
    const rows = { data, rows: 150, features: 2, lengths: [90, 60] };
    for (const sticky of [undefined, { kappa: 4 }]) {
      const likelihood = new RegressionLikelihood(rows, 3, true, 0, sticky);
      const random = new Random(4);
      const variables = new Float64Array(9 + 6 + 3).map(() => 0.5 * random.normal());
      const { gradient } = likelihood.evaluate(variables);
      gradient.forEach((slope, i) => {
        const at = (by: number) => likelihood.evaluate(variables.with(i, variables[i]! + by)).value;
        expect((at(1e-5) - at(-1e-5)) / 2e-5).toBeCloseTo(slope, 5);
      });
    }
  });

  it('continues out of sample as if the rows had come in one piece', () => {
    const { observations } = sample(5, [1_200]);
    const { model } = trainMarkovRegression(observations, REGRESSION);
    const part = (from: number, to: number): Observations => ({
      data: observations.data.slice(from * 3, to * 3),
      rows: to - from,
      features: 3,
      lengths: [to - from],
    });
    const whole = model.filter(observations);
    const head = model.filter(part(0, 1_000));
    const tail = model.filter(part(1_000, 1_200), {
      from: 'carried',
      probability: head.probability.slice(-2),
    });
    expect(tail.probability).toEqual(whole.probability.slice(2_000));
    expect(head.logLikelihood + tail.logLikelihood).toBeCloseTo(whole.logLikelihood, 8);
  });

  it('forecasts the response: mean and deviation of the mixture of states', () => {
    const model = new MarkovRegression(
      {
        states: 2,
        coefficientCount: 2,
        coefficients: Float64Array.of(0, 1, 10, -1),
        variances: Float64Array.of(1, 4),
        transitionMatrix: Float64Array.of(0.9, 0.1, 0.3, 0.7),
      },
      { features: 2, response: 0, regressors: [1], intercept: true },
    );
    const now = Float64Array.of(1, 0);
    expect(model.forecastResponse(now, 0, [2])).toEqual({ mean: 2, deviation: 1 });
    // One bar on: 0.9 · N(2, 1) + 0.1 · N(8, 4).
    const next = model.forecastResponse(now, 1, [2]);
    expect(next.mean).toBeCloseTo(2.6, 12);
    expect(next.deviation).toBeCloseTo(Math.sqrt(0.9 * (1 + 4) + 0.1 * (4 + 64) - 2.6 ** 2), 12);
    // Far on: the stationary distribution (3/4, 1/4).
    expect(model.forecastResponse(now, 500, [2]).mean).toBeCloseTo(0.75 * 2 + 0.25 * 8, 9);
    expect(() => model.forecastResponse(now, 1)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });

  it('holds states longer under a sticky prior', () => {
    const { observations } = sample(6, [800]);
    const stay = (options: Partial<MarkovRegressionFitOptions>): number =>
      Math.min(...trainMarkovRegression(observations, { ...REGRESSION, ...options }).model.expectedDurations);
    const plain = stay({});
    expect(stay({ sticky: { kappa: 0 } })).toBe(plain);
    expect(stay({ sticky: { kappa: 200 } })).toBeGreaterThan(plain * 1.5);
    expect(stay({ sticky: { targetDuration: 100 } })).toBeGreaterThanOrEqual(100 * (1 - 1e-9));
  });

  it('fits one state as ordinary least squares, without an intercept too', () => {
    const { observations } = sample(7, [300]);
    const { model } = trainMarkovRegression(observations, { ...REGRESSION, states: 1, intercept: false });
    let [xx, xy] = [0, 0];
    for (let row = 0; row < 300; row += 1) {
      xx += observations.data[row * 3 + 2]! ** 2;
      xy += observations.data[row * 3 + 2]! * observations.data[row * 3 + 1]!;
    }
    expect(model.parameters.coefficients.length).toBe(1);
    expect(model.parameters.coefficients[0]).toBeCloseTo(xy / xx, 6);
  });

  it('gives a constant regressor no coefficient, and says so; collinear ones share theirs', () => {
    const { observations } = sample(8, [400]);
    const data = new Float64Array(400 * 4).map((_, i) => {
      const row = Math.floor(i / 4) * 3;
      return [observations.data[row + 1]!, 5, observations.data[row + 2]!, 2 * observations.data[row + 2]!][
        i % 4
      ]!;
    });
    const rows = { data, rows: 400, features: 4, lengths: [400] };
    const { model, report } = trainMarkovRegression(rows, { states: 2, regressors: [1, 2, 3] });
    expect(report.warnings.map(({ code }) => code)).toContain('constant_feature');
    expect(model.parameters.coefficients[1]).toBe(0);
    expect(model.parameters.coefficients.every((c) => Math.abs(c) < 100)).toBe(true);
  });

  const constant = { data: new Float64Array(60).fill(2), rows: 20, features: 3, lengths: [20] };
  it.each([
    ['no rows', { ...constant, data: new Float64Array(0), rows: 0, lengths: [] }, {}, 'too_few_rows'],
    ['one row', { ...constant, data: new Float64Array(3), rows: 1, lengths: [1] }, {}, 'too_few_rows'],
    [
      'fewer rows than parameters',
      { ...constant, data: new Float64Array(15), rows: 5, lengths: [5] },
      {},
      'too_few_rows',
    ],
    ['a constant response', constant, {}, 'degenerate_data'],
    ['a missing value', { ...constant, data: constant.data.with(4, Number.NaN) }, {}, 'non_finite_input'],
    ['a response that is a regressor', constant, { response: 2 }, 'bad_parameter'],
    ['a column that is not there', constant, { regressors: [3] }, 'bad_parameter'],
    ['nothing to explain with', constant, { regressors: [], intercept: false }, 'bad_parameter'],
    ['negative stickiness', constant, { sticky: { kappa: -1 } }, 'bad_parameter'],
  ] as const)('refuses %s', (_, rows, options, code) => {
    expect(() => trainMarkovRegression(rows, { ...REGRESSION, ...options })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
