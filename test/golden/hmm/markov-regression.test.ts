import { afterAll, describe, expect, it } from 'vitest';
import { stationaryDistribution, stepDistribution } from '../../../src/analysis/models/markov-chain.js';
import {
  MarkovRegression,
  trainMarkovRegression,
} from '../../../src/analysis/models/markov-regression/markov-regression.js';
import { informationCriteria } from '../../../src/analysis/models/selection.js';
import { Deviation, goldenCsv, goldenFiles, goldenJson, hasGoldenFile } from '../golden-files.js';
import { FOLDER } from './golden-hmm.js';

interface Golden {
  readonly series: string;
  readonly n: number;
  readonly fixed?: readonly {
    readonly params: {
      readonly p00: number;
      readonly p10: number;
      readonly const: readonly number[];
      readonly sigma2: readonly number[];
    };
    readonly loglik: number;
    readonly rows: readonly number[];
    readonly filtered_p0: readonly number[];
    readonly predicted_p0: readonly number[];
    readonly smoothed_p0: readonly number[];
    readonly aic: number;
    readonly bic: number;
    readonly expected_durations: readonly number[];
  }[];
  readonly fitted?: readonly {
    readonly k_regimes: number;
    readonly params: readonly number[];
    readonly param_names: readonly string[];
    readonly loglik: number;
  }[];
}

/** How far below the log-likelihood of the library a fit may end, nats. */
const ALLOWED = 0.01;

const files = goldenFiles(FOLDER, /^markov_regression.*\.json$/).flatMap((file) => {
  const golden = goldenJson<Golden>(FOLDER, file);
  const source = /(\S+\.csv)/.exec(golden.series)?.[1];
  return source && hasGoldenFile(FOLDER, source) ? [{ file, source, golden }] : [];
});

/** 100 ln(close_t / close_{t−1}) from the second row on. */
function percentReturns(source: string) {
  const close = goldenCsv(FOLDER, source).numbers('close');
  const data = close.slice(1).map((value, row) => 100 * Math.log(value / close[row]!));
  return { data, rows: data.length, features: 1, lengths: [data.length] };
}

const total = new Deviation();
afterAll(() => console.info(total.summary('hmm Markov regression')));

describe('golden Markov-switching regression', () => {
  it('has cases whose series is there, or the folder holds none', () => {
    expect(files.length > 0).toBe(goldenFiles(FOLDER, /^markov_regression.*\.json$/).length > 0);
  });

  describe.each(files)('$file', ({ source, golden }) => {
    const rows = percentReturns(source);

    it('reads the series', () => expect(rows.rows).toBe(golden.n));

    it.each((golden.fixed ?? []).map((fixed, i) => [i, fixed] as const))(
      'given parameters %i',
      (_, fixed) => {
        const { p00, p10, const: coefficients, sigma2 } = fixed.params;
        const model = new MarkovRegression(
          {
            states: 2,
            coefficientCount: 1,
            coefficients: Float64Array.from(coefficients),
            variances: Float64Array.from(sigma2),
            transitionMatrix: Float64Array.of(p00, 1 - p00, p10, 1 - p10),
          },
          { features: 1, response: 0, regressors: [], intercept: true },
        );
        const { transitionMatrix } = model.parameters;
        const filtered = model.filter(rows);
        const smoothed = model.smooth(rows);
        const deviation = new Deviation();
        deviation.compare('log-likelihood', filtered.logLikelihood, fixed.loglik, 1e-8, 0);
        fixed.rows.forEach((row, i) => {
          const before = filtered.probability.subarray((row - 1) * 2, row * 2);
          const predicted =
            row === 0
              ? stationaryDistribution(transitionMatrix, 2)
              : stepDistribution(before, transitionMatrix);
          deviation.compare(
            `filtered ${row}`,
            filtered.probability[row * 2]!,
            fixed.filtered_p0[i]!,
            0,
            1e-8,
          );
          deviation.compare(
            `smoothed ${row}`,
            smoothed.probability[row * 2]!,
            fixed.smoothed_p0[i]!,
            0,
            1e-8,
          );
          deviation.compare(`predicted ${row}`, predicted[0]!, fixed.predicted_p0[i]!, 0, 1e-8);
        });
        const { aic, bic } = informationCriteria(filtered.logLikelihood, model.parameterCount, rows.rows, 0);
        deviation.compare('aic', aic, fixed.aic, 1e-8, 0);
        deviation.compare('bic', bic, fixed.bic, 1e-8, 0);
        fixed.expected_durations.forEach((bars, k) => {
          deviation.compare(`duration ${k}`, model.expectedDurations[k]!, bars, 1e-8, 0);
        });
        total.add(deviation);
        expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
      },
    );

    it.each((golden.fitted ?? []).map((fitted) => [fitted.k_regimes, fitted] as const))(
      'fitted with %i regimes reaches the likelihood of the library',
      (states, fitted) => {
        const { report } = trainMarkovRegression(rows, { states });
        console.info(
          `golden hmm Markov regression: ${states} regimes, gain ${(report.logLikelihood - fitted.loglik).toFixed(6)} nats`,
        );
        expect(report.logLikelihood).toBeGreaterThanOrEqual(fitted.loglik - ALLOWED);
      },
    );
  });
});
