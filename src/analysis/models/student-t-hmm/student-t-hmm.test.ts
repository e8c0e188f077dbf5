import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import type { GaussianHmmParameters } from '../gaussian-hmm/expectation.js';
import { GaussianHmm, trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import { randomModel, sampleObservations } from '../gaussian-hmm/random-model.fixture.js';
import type { Observations } from '../observations.js';
import { mostProbablePath } from '../state-statistics.js';
import { StudentTHmm, studentTHmmFamily, trainStudentTHmm } from './student-t-hmm.js';

/** Two calm/wild states over two features, sticky. */
const truth: GaussianHmmParameters = {
  states: 2,
  features: 2,
  covarianceType: 'full',
  startProbability: Float64Array.of(0.5, 0.5),
  transitionMatrix: Float64Array.of(0.98, 0.02, 0.03, 0.97),
  means: Float64Array.of(1, 0, -1.5, 1),
  covariances: Float64Array.of(1, 0.3, 0.3, 0.5, 2, -0.4, -0.4, 1.5),
};

/** A chi-squared draw with whole ν. */
function chiSquared(random: Random, nu: number): number {
  let sum = 0;
  for (let i = 0; i < nu; i += 1) sum += random.normal() ** 2;
  return sum;
}

/** Rows of `truth` with t noise: normal noise about the mean, stretched by √(ν/χ²); with the states they came from. */
function sampleT(random: Random, rows: number, degreesOfFreedom: readonly number[]) {
  const path = new Uint8Array(rows);
  const data = new Float64Array(rows * 2);
  let state = 0;
  for (let row = 0; row < rows; row += 1) {
    if (row > 0 && random.uniform() > truth.transitionMatrix[state * 3]!) state = 1 - state;
    path[row] = state;
    const [a, b, , c] = truth.covariances.subarray(state * 4, state * 4 + 4);
    const nu = degreesOfFreedom[state]!;
    const stretch = Math.sqrt(nu / chiSquared(random, nu));
    const [x, y] = [random.normal(), random.normal()];
    data[row * 2] = truth.means[state * 2]! + stretch * Math.sqrt(a!) * x;
    data[row * 2 + 1] =
      truth.means[state * 2 + 1]! + stretch * ((b! / Math.sqrt(a!)) * x + Math.sqrt(c! - (b! * b!) / a!) * y);
  }
  const observations: Observations = { data, rows, features: 2, lengths: [rows] };
  return { observations, path };
}

const mapped = (found: ArrayLike<number>, path: Uint8Array): number => {
  let same = 0;
  for (let row = 0; row < path.length; row += 1) if (found[row] === path[row]) same += 1;
  return Math.max(same, path.length - same) / path.length;
};

describe('Student-t HMM', () => {
  it('recovers the parameters that made the rows', () => {
    const { observations } = sampleT(new Random(3), 12_000, [4, 12]);
    const { model, report } = trainStudentTHmm(observations, { states: 2, restarts: 4, rounds: 0 });
    expect(report.warnings).toEqual([]);
    const { means, covariances, degreesOfFreedom, transitionMatrix } = model.parameters;
    // The state with the larger first mean is state 0 of the truth.
    const order = means[0]! > means[2]! ? [0, 1] : [1, 0];
    order.forEach((k, original) => {
      for (let d = 0; d < 2; d += 1)
        expect(Math.abs(means[k * 2 + d]! - truth.means[original * 2 + d]!)).toBeLessThan(0.08);
      for (let i = 0; i < 4; i += 1)
        expect(Math.abs(covariances[k * 4 + i]! - truth.covariances[original * 4 + i]!)).toBeLessThan(0.15);
      expect(Math.abs(transitionMatrix[k * 3]! - truth.transitionMatrix[original * 3]!)).toBeLessThan(0.01);
    });
    expect(degreesOfFreedom[order[0]!]).toBeGreaterThan(3.2);
    expect(degreesOfFreedom[order[0]!]).toBeLessThan(5);
    expect(degreesOfFreedom[order[1]!]).toBeGreaterThan(8);
    expect(degreesOfFreedom[order[1]!]).toBeLessThan(20);
  });

  it('is the Gaussian HMM when ν is 200: the same probabilities but for the thin tails', () => {
    for (const covarianceType of ['full', 'diag', 'tied', 'spherical'] as const) {
      const parameters = randomModel(new Random(5), 3, 3, covarianceType);
      const rows = sampleObservations(new Random(6), parameters, [400, 200]);
      const normal = new GaussianHmm(parameters);
      const heavy = new StudentTHmm({
        ...parameters,
        degreesOfFreedom: new Float64Array(3).fill(200),
      });
      const [a, b] = [normal.filter(rows), heavy.filter(rows)];
      let worst = 0;
      a.probability.forEach((p, i) => {
        worst = Math.max(worst, Math.abs(p - b.probability[i]!));
      });
      expect(worst).toBeLessThan(0.05);
      expect(Math.abs(a.logLikelihood - b.logLikelihood) / rows.rows).toBeLessThan(0.005);
      const [path, other] = [normal.decode(rows).path, heavy.decode(rows).path];
      expect(path.filter((state, row) => state !== other[row]).length).toBeLessThan(0.02 * rows.rows);
    }
  });

  it('fits normal rows as well as the Gaussian HMM does, with thin tails', () => {
    const rows = sampleObservations(new Random(11), truth, [3_000]);
    const options = { states: 2, covarianceType: 'full', restarts: 4, rounds: 0 } as const;
    const normal = trainGaussianHmm(rows, options);
    const heavy = trainStudentTHmm(rows, options);
    // ν has reached neither its bound of 200 nor infinity, so a little is missing.
    expect(heavy.report.logLikelihood).toBeGreaterThan(normal.report.logLikelihood - 3);
    for (const nu of heavy.model.parameters.degreesOfFreedom) expect(nu).toBeGreaterThan(20);
  });

  it('is not fooled by outliers that cost the Gaussian HMM a state', () => {
    const { observations, path } = sampleT(new Random(8), 4_000, [30, 30]);
    const random = new Random(9);
    for (let outlier = 0; outlier < 25; outlier += 1) {
      const at = 2 * random.below(observations.rows);
      observations.data[at] = 60 * random.normal();
      observations.data[at + 1] = 60 * random.normal();
    }
    const options = { states: 2, covarianceType: 'full', restarts: 6, rounds: 0 } as const;
    const agreement = (model: { filter: StudentTHmm['filter'] }): number =>
      mapped(mostProbablePath(model.filter(observations).probability, 2), path);
    const best = agreement(new StudentTHmm({ ...truth, degreesOfFreedom: Float64Array.of(30, 30) }));
    expect(best).toBeGreaterThan(0.95);
    expect(agreement(trainStudentTHmm(observations, options).model)).toBeGreaterThan(best - 0.005);
    expect(agreement(trainGaussianHmm(observations, options).model)).toBeLessThan(0.8);
  });

  it('never lowers its objective, a sticky prior included', () => {
    const { observations } = sampleT(new Random(4), 600, [5, 5]);
    for (const sticky of [undefined, { kappa: 30 }, { targetDuration: 40 }]) {
      const { report } = trainStudentTHmm(observations, {
        states: 3,
        restarts: 4,
        rounds: 1,
        ...(sticky ? { sticky } : {}),
      });
      expect(report.warnings.map(({ code }) => code)).not.toContain('likelihood_decreased');
      expect(report.converged).toBe(true);
    }
  });

  it('gives the same answer when features lie far from zero', () => {
    const { observations } = sampleT(new Random(4), 500, [5, 5]);
    const far = { ...observations, data: observations.data.map((value) => value + 1e6) };
    const options = { states: 2, restarts: 2, rounds: 0 };
    const near = trainStudentTHmm(observations, options).model.filter(observations);
    const there = trainStudentTHmm(far, options).model.filter(far);
    expect(there.logLikelihood).toBeCloseTo(near.logLikelihood, 3);
    let worst = 0;
    near.probability.forEach((p, i) => {
      worst = Math.max(worst, Math.abs(p - there.probability[i]!));
    });
    expect(worst).toBeLessThan(1e-4);
  });

  it('leaves constant features out, and says so', () => {
    const { observations } = sampleT(new Random(4), 400, [5, 5]);
    const data = new Float64Array(1200).map((_, i) =>
      i % 3 === 1 ? 7 : observations.data[Math.floor(i / 3) * 2 + (i % 3 === 0 ? 0 : 1)]!,
    );
    const rows = { data, rows: 400, features: 3, lengths: [400] };
    const { model, report } = trainStudentTHmm(rows, { states: 2, restarts: 2, rounds: 0 });
    expect(model.usedFeatures).toEqual([0, 2]);
    expect(report.warnings.map(({ code }) => code)).toContain('constant_feature');
    expect(studentTHmmFamily.fromJson(JSON.parse(JSON.stringify(model))).filter(rows).probability).toEqual(
      model.filter(rows).probability,
    );
  });

  it.each([
    ['no rows', 0, () => 0, 'too_few_rows'],
    ['one row', 1, () => 1, 'too_few_rows'],
    ['fewer numbers than parameters', 7, (i: number) => Math.sin(i), 'too_few_rows'],
    ['identical rows', 50, () => 3, 'degenerate_data'],
    ['a missing value', 50, (i: number) => (i === 9 ? Number.NaN : Math.sin(i)), 'non_finite_input'],
  ] as const)('refuses %s', (_, rows, value, code) => {
    const data = new Float64Array(rows * 2).map((_, i) => value(i));
    const given = { data, rows, features: 2, lengths: rows > 0 ? [rows] : [] };
    expect(() => trainStudentTHmm(given, { states: 2 })).toThrow(expect.objectContaining({ code }));
  });

  it('refuses degrees of freedom and stickiness that cannot be', () => {
    const { observations } = sampleT(new Random(4), 100, [5, 5]);
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => trainStudentTHmm(observations, { states: 2, degreesOfFreedom: 2 })).toThrow(refused);
    expect(() => trainStudentTHmm(observations, { states: 2, sticky: { kappa: -1 } })).toThrow(refused);
    expect(() => trainStudentTHmm(observations, { states: 2, sticky: { targetDuration: 0.5 } })).toThrow(
      refused,
    );
  });
});
