import { afterAll, describe, expect, it } from 'vitest';
import { type NeutralRegime, REGIME_CODE } from '../../../src/analysis/neutral/regime-state.js';
import type { MajorsAltsSettings } from '../../../src/backtest/panel/panel-settings.js';
import { evaluateRegimes } from '../../../src/backtest/panel/regime-evaluation.js';
import { decideRegimes, runMajorsAlts } from '../../../src/backtest/panel/run-majors-alts.js';
import { isoDate } from '../../../src/market/asset-panel.js';
import { Deviation, goldenCsv, goldenFiles, goldenJson, hasGoldenFile } from '../golden-files.js';
import { FOLDER, goldenInput, goldenSettings, MAIN_CONFIG, report } from './golden-majors-alts.js';

/** The README: these goldens are of this configuration in the corrected profile. */
const makeSettings = (): MajorsAltsSettings => goldenSettings(MAIN_CONFIG, 'corrected');
const CORRECTED = `${FOLDER}/corrected`;
const present = (...names: string[]): string[] => names.filter((name) => hasGoldenFile(CORRECTED, name));

describe('golden always-on return, evaluation and grid search', () => {
  const total = new Deviation();
  afterAll(() => report('regime goldens', total));
  it('reads every file of the corrected folder that other suites do not', () => {
    const others =
      /^(features_wide\.csv|signals_.*|always_on_ls_return\.csv|regime_eval\.json|grid_search\.json)$/;
    expect(goldenFiles(CORRECTED, /\.(csv|json)$/).filter((name) => !others.test(name))).toEqual([]);
  });

  const judge = (deviation: Deviation): void => {
    total.add(deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
  };

  it.each(present('always_on_ls_return.csv'))('%s', async (file) => {
    const golden = goldenCsv(CORRECTED, file);
    const settings = makeSettings();
    const { alwaysOn } = runMajorsAlts(await goldenInput(settings), settings);
    expect(Array.from(alwaysOn.day, isoDate)).toEqual(golden.text('date'));
    const deviation = new Deviation();
    golden.numbers('always_on_ls_return').forEach((value, row) => {
      deviation.compare(isoDate(alwaysOn.day[row]!), alwaysOn.return[row]!, value, 0, 1e-9);
    });
    judge(deviation);
  });

  interface GoldenHorizon {
    readonly regime_stats: Record<string, Record<string, number>>;
    readonly mean_all: number;
    readonly n_all: number;
  }

  it.each(present('regime_eval.json'))('%s', async (file) => {
    const golden = goldenJson<Record<string, GoldenHorizon>>(CORRECTED, file);
    const settings = makeSettings();
    const horizons = Object.keys(golden).map((key) => Number(/\d+/.exec(key)![0]));
    const result = runMajorsAlts(await goldenInput(settings), settings);
    const evaluated = evaluateRegimes(result, 'corrected', {
      horizonsDays: horizons,
      bootstrap: { enabled: false, blockSize: 10, draws: 0, seed: 1 },
    });
    const deviation = new Deviation();
    Object.values(golden).forEach((expected, i) => {
      const { regimes, meanAll, countAll, horizon } = evaluated[i]!;
      expect([...regimes.keys()]).toEqual(Object.keys(expected.regime_stats));
      expect(countAll).toBe(expected.n_all);
      deviation.compare(`mean of ${horizon}`, meanAll, expected.mean_all, 1e-6, 1e-12);
      for (const [regime, values] of Object.entries(expected.regime_stats)) {
        const actual = regimes.get(regime as NeutralRegime)!;
        const where = `${regime} ${horizon}`;
        expect(actual.count).toBe(values.count);
        deviation.compare(`mean ${where}`, actual.meanReturn, values.mean_return!, 1e-6, 1e-12);
        deviation.compare(`std ${where}`, actual.stdReturn, values.std_return!, 1e-6, 1e-12);
        deviation.compare(`hit rate ${where}`, actual.hitRate, values.hit_rate!, 1e-6, 0);
        deviation.compare(`t ${where}`, actual.tStat, values.t_stat!, 1e-6, 0);
        deviation.compare(`p ${where}`, actual.pValue, values.p_value!, 1e-6, 0);
      }
    });
    judge(deviation);
  });

  interface GoldenGrid {
    readonly seed: number;
    readonly candidates: readonly {
      readonly default_weights: Record<string, number>;
      readonly threshold_low: number;
      readonly threshold_high: number;
      readonly threshold_strong_low: number;
      readonly threshold_strong_high: number;
    }[];
    readonly windows: readonly {
      readonly test_start: string;
      readonly test_end: string;
      readonly sample: number | null;
      readonly train_sharpe: number | null;
      readonly train_active_days: number | null;
      readonly test_mean: number;
      readonly test_sharpe: number;
    }[];
    readonly oos_sharpe: number;
  }

  it.each(present('grid_search.json'))('%s', async (file) => {
    const golden = goldenJson<GoldenGrid>(CORRECTED, file);
    const settings = makeSettings();
    const { composite } = settings.regime;
    const gridSearch = {
      ...composite.gridSearch,
      apply: true,
      seed: golden.seed,
      samples: golden.candidates.length,
    };
    const searching = {
      ...settings,
      regime: { ...settings.regime, composite: { ...composite, gridSearch } },
    };
    const { gridSearch: found, trading, view } = decideRegimes(await goldenInput(searching), searching);
    const dateOf = (row: number): string => isoDate(view.panel.days[trading[row]!]!);
    const deviation = new Deviation();
    golden.candidates.forEach((expected, i) => {
      const actual = found!.candidates[i]!;
      expect(Object.keys(actual.weights)).toEqual(Object.keys(expected.default_weights));
      for (const [key, weight] of Object.entries(expected.default_weights)) {
        deviation.compare(`weight ${i} ${key}`, actual.weights[key]!, weight, 0, 1e-9);
      }
      deviation.compare(`low ${i}`, actual.thresholdLow, expected.threshold_low, 0, 1e-9);
      deviation.compare(`high ${i}`, actual.thresholdHigh, expected.threshold_high, 0, 1e-9);
      deviation.compare(`strong low ${i}`, actual.thresholdStrongLow, expected.threshold_strong_low, 0, 1e-9);
      deviation.compare(
        `strong high ${i}`,
        actual.thresholdStrongHigh,
        expected.threshold_strong_high,
        0,
        1e-9,
      );
    });
    expect(found!.windows.map(({ sample }) => sample)).toEqual(golden.windows.map(({ sample }) => sample));
    golden.windows.forEach((expected, k) => {
      const { from, to, trainSharpe, trainActiveDays, testMean, testSharpe } = found!.windows[k]!;
      expect([dateOf(from), dateOf(to - 1)]).toEqual([expected.test_start, expected.test_end]);
      expect(trainActiveDays).toBe(expected.train_active_days);
      deviation.compare(
        `train ${k}`,
        trainSharpe ?? Number.NaN,
        expected.train_sharpe ?? Number.NaN,
        1e-6,
        0,
      );
      deviation.compare(`test ${k}`, testSharpe, expected.test_sharpe, 1e-6, 0);
      deviation.compare(`test mean ${k}`, testMean, expected.test_mean, 1e-6, 1e-15);
    });
    deviation.compare('out of sample', found!.oosSharpe, golden.oos_sharpe, 1e-6, 0);
    judge(deviation);
  });
});

interface GoldenFit {
  readonly fit_date: string;
  readonly train_first: string;
  readonly train_last: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly centroids: readonly (readonly number[])[];
  readonly iterations: number;
  readonly state_labels: readonly string[];
  readonly means?: readonly (readonly number[])[];
  readonly variances?: readonly (readonly number[])[];
  readonly transition?: readonly (readonly number[])[];
  readonly start?: readonly number[];
  readonly loglik?: number;
}

/** README: features, train and refit rows, states of these goldens. */
function clustering(method: 'hmm' | 'kmeans', states: number): MajorsAltsSettings {
  const settings = makeSettings();
  return {
    ...settings,
    regime: {
      ...settings.regime,
      mode: 'unsupervised',
      unsupervised: {
        ...settings.regime.unsupervised,
        method,
        states,
        features: ['alt_breadth', 'btc_dominance', 'momentum'],
        trainRows: 252,
        refitRows: 63,
      },
    },
  };
}

const METHODS = goldenFiles(`${FOLDER}/unsupervised`, /_labels\.csv$/).map(
  (name) => name.replace('_labels.csv', '') as 'hmm' | 'kmeans',
);

describe.each(METHODS)('golden unsupervised regimes, %s', (method) => {
  const folder = `${FOLDER}/unsupervised`;
  const fits = goldenJson<GoldenFit[]>(folder, `${method}_fits.json`);
  const labels = goldenCsv(folder, `${method}_labels.csv`);
  const run = (async () => {
    const chosen = clustering(method, fits[0]!.state_labels.length);
    return decideRegimes(await goldenInput(chosen), chosen);
  })();

  it('fits', async () => {
    const { unsupervised, features } = await run;
    const deviation = new Deviation();
    const dateOf = (row: number): string => isoDate(features.day[row]!);
    expect(unsupervised!.fits).toHaveLength(fits.length);
    fits.forEach((expected, i) => {
      const fit = unsupervised!.fits[i]!;
      expect([fit.row, fit.trainFirst, fit.trainLast].map(dateOf)).toEqual([
        expected.fit_date,
        expected.train_first,
        expected.train_last,
      ]);
      const all = (
        where: string,
        actual: Float64Array,
        numbers: readonly number[],
        tolerance: number,
      ): void =>
        numbers.forEach((value, at) => {
          deviation.compare(`${where} ${i} ${at}`, actual[at]!, value, 0, tolerance);
        });
      all('mean', fit.mean, expected.mean, 1e-9);
      all('std', fit.std, expected.std, 1e-9);
      all('centroid', fit.centroids, expected.centroids.flat(), 1e-9);
      expect(Array.from(fit.stateLabels)).toEqual(
        expected.state_labels.map((name) => REGIME_CODE[name as NeutralRegime]),
      );
      if (method === 'kmeans') expect(fit.iterations).toBe(expected.iterations);
      if (!expected.means || fit.iterations !== expected.iterations) return;
      // the same number of EM steps: the same numbers
      deviation.compare(`loglik ${i}`, fit.hmm!.logLikelihood, expected.loglik!, 1e-6, 0);
      all('state mean', fit.hmm!.means, expected.means.flat(), 1e-6);
      all('variance', fit.hmm!.variances, expected.variances!.flat(), 1e-6);
      all('transition', fit.hmm!.transition, expected.transition!.flat(), 1e-6);
      all('start', fit.hmm!.start, expected.start!, 1e-6);
    });
    report(`${method} fits`, deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
  });

  it('labels', async () => {
    const { unsupervised, features } = await run;
    expect(Array.from(features.day, isoDate)).toEqual(labels.text('date'));
    const codes = (column: string): number[] =>
      labels.text(column).map((name) => (name === '' ? -1 : REGIME_CODE[name as NeutralRegime]));
    const share = (actual: ArrayLike<number>, expected: readonly number[]): number =>
      expected.filter((code, row) => actual[row] === code).length / expected.length;
    const least = method === 'kmeans' ? 1 : 0.99;
    expect(share(unsupervised!.rawLabel, codes('raw_label'))).toBeGreaterThanOrEqual(least);
    expect(share(unsupervised!.regime, codes('regime'))).toBeGreaterThanOrEqual(least);
  });
});
