import { afterAll, describe, expect, it } from 'vitest';
import type { CovarianceType } from '../../../src/analysis/models/gaussian-hmm/expectation.js';
import { type FitResult, fitGaussianHmm } from '../../../src/analysis/models/gaussian-hmm/fit.js';
import { GaussianHmm } from '../../../src/analysis/models/gaussian-hmm/gaussian-hmm.js';
import type { Observations } from '../../../src/analysis/models/observations.js';
import type { ErrorCode } from '../../../src/errors.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';
import {
  compareAll,
  ENGINES,
  FOLDER,
  flat,
  type GoldenParameters,
  type RunLength,
  runLengths,
  toParameters,
} from './golden-hmm.js';

interface Degenerate {
  readonly name: string;
  readonly n_states?: number;
  readonly covariance_type?: CovarianceType;
  readonly n_iter?: number;
  readonly tol?: number;
  readonly X?: readonly (readonly (number | null)[])[];
  readonly lengths?: readonly number[];
  readonly init?: GoldenParameters;
  readonly outcome: 'ok' | 'error';
  readonly loglik_per_iteration?: readonly (number | null)[];
  readonly final?: GoldenParameters;
  readonly score?: number;
  readonly viterbi_rle?: RunLength;
}

const cases = goldenFiles(FOLDER, /^degenerate.*\.json$/).flatMap(
  (file) => goldenJson<{ cases: Degenerate[] }>(FOLDER, file).cases,
);

/** Cases whose numbers are rounding noise of the library: only finiteness is asked (README of the golden files). */
const NUMBERS_NOT_COMPARED = [
  'all_rows_identical_full',
  'fewer_params_than_data',
  'single_row',
  'empty_state',
];

/** What we do, by the table of the spec (§5.8), recognised from the case itself. */
function ourAnswer({ X = [], n_states: states = 2, init, ...rest }: Degenerate): ErrorCode | 'fits' {
  const values = X.flat();
  if (rest.name.startsWith('inf') || values.some((value) => value === null)) return 'non_finite_input';
  if (X.length < states || X.length < 2) return 'too_few_rows';
  if (X.every((row) => row.every((value, d) => value === X[0]![d]))) return 'degenerate_data';
  const features = X[0]!.length;
  const type = rest.covariance_type!;
  const covariance = {
    full: (states * features * (features + 1)) / 2,
    diag: states * features,
    tied: (features * (features + 1)) / 2,
    spherical: states,
  };
  if (values.length < states * states - 1 + states * features + covariance[type]) return 'too_few_rows';
  const sum = init ? flat(init.startprob).reduce((a, b) => a + b, 0) : 1;
  return Math.abs(sum - 1) > 1e-5 ? 'invalid_parameters' : 'fits';
}

function observations({ X, lengths, name }: Degenerate): Observations {
  // The file has no room for an infinite number; the case says in words what it holds.
  const rows = X ?? [
    [0.5, 1],
    [name.startsWith('inf') ? Number.POSITIVE_INFINITY : 0, 2],
    [0.1, 3],
  ];
  const features = rows[0]?.length ?? 2;
  const data = Float64Array.from(rows.flat(), (value) => value ?? Number.NaN);
  return { data, rows: rows.length, features, lengths: lengths ?? (rows.length > 0 ? [rows.length] : []) };
}

function fitLikeLibrary(golden: Degenerate, engineFactory = ENGINES[0]![1]): FitResult {
  const rows = observations(golden);
  const { n_states: states = 2, covariance_type: covarianceType = 'diag', init } = golden;
  return fitGaussianHmm(rows, {
    states,
    covarianceType,
    mode: 'hmmlearn',
    maxIterations: golden.n_iter ?? 20,
    tolerance: golden.tol ?? 0.01,
    ...(init ? { initial: toParameters(init, states, rows.features, covarianceType) } : {}),
    engineFactory,
  });
}

describe.each(ENGINES)('golden degenerate input, %s engine', (engineName, engineFactory) => {
  const total = new Deviation();
  afterAll(() => console.info(total.summary(`hmm degenerate, ${engineName}`)));

  const comparable = cases.filter(
    ({ outcome, name }) => outcome === 'ok' && !NUMBERS_NOT_COMPARED.includes(name),
  );

  it('has numbers to compare, or the folder holds none', () => {
    expect(comparable.length > 0 || cases.length === 0).toBe(true);
  });

  it.each(comparable.map((golden) => [golden.name, golden] as const))('%s as the library', (_, golden) => {
    const { parameters, report } = fitLikeLibrary(golden, engineFactory);
    const deviation = new Deviation();
    expect(report.iterations).toBe(golden.loglik_per_iteration!.length);
    golden.loglik_per_iteration!.forEach((expected, i) => {
      compareAll(deviation, `log-likelihood ${i}`, [report.history[i]!], [expected ?? Number.NaN], 1e-6);
    });
    compareAll(deviation, 'π', parameters.startProbability, flat(golden.final!.startprob), 1e-6);
    compareAll(deviation, 'A', parameters.transitionMatrix, flat(golden.final!.transmat), 1e-6);
    compareAll(deviation, 'μ', parameters.means, flat(golden.final!.means), 1e-6);
    compareAll(deviation, 'Σ', parameters.covariances, flat(golden.final!.covars), 1e-6);
    const model = new GaussianHmm(parameters, undefined, engineFactory);
    const rows = observations(golden);
    if (golden.score !== undefined) compareAll(deviation, 'score', [model.score(rows)], [golden.score], 1e-6);
    total.add(deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    if (golden.viterbi_rle) {
      const { path } = model.decode(rows, { from: 'startProbability' });
      expect(runLengths(path)).toEqual(golden.viterbi_rle);
    }
  });
});

describe('golden degenerate input, our answers', () => {
  it('has cases, or the folder holds none', () => {
    expect(cases.length > 0).toBe(goldenFiles(FOLDER, /^degenerate.*\.json$/).length > 0);
  });

  it.each(cases.map((golden) => [golden.name, ourAnswer(golden), golden] as const))(
    '%s: %s',
    (_, answer, golden) => {
      const rows = observations(golden);
      const { n_states: states = 2, covariance_type: covarianceType = 'diag', init } = golden;
      const attempt = (): FitResult =>
        fitGaussianHmm(rows, {
          states,
          covarianceType,
          ...(init ? { initial: toParameters(init, states, rows.features, covarianceType) } : {}),
        });
      if (answer !== 'fits') {
        expect(attempt).toThrow(expect.objectContaining({ code: answer }));
        return;
      }
      const { parameters, report, usedFeatures } = attempt();
      const dropped = golden.X![0]!.length - usedFeatures.length;
      const constant = report.warnings.filter(({ code }) => code === 'constant_feature');
      expect(constant.length, 'one warning per dropped feature').toBe(dropped);
      expect(Number.isFinite(report.logLikelihood)).toBe(true);
      // Forbidden transitions stay forbidden.
      if (init) {
        flat(init.transmat).forEach((value, i) => {
          if (value === 0) expect(parameters.transitionMatrix[i]).toBe(0);
        });
      }
    },
  );

  it.each(
    cases
      .filter(({ name }) => NUMBERS_NOT_COMPARED.includes(name))
      .map((golden) => [golden.name, golden] as const),
  )('%s ends in finite numbers or a named error in library mode', (_, golden) => {
    try {
      const { parameters } = fitLikeLibrary(golden);
      expect([...parameters.means, ...parameters.covariances].every(Number.isFinite)).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ name: 'TidewatchError' });
    }
  });
});
