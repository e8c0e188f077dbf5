/**
 * Regime models at work: fits of the other families, the causal filter over eight years of minutes, the whole way from
 * bars to labels, and one bar as it arrives.
 */
import { join } from 'node:path';
import {
  buildRegimeFeatures,
  REGIME_FEATURES,
  RegimeFeatureStream,
} from '../src/analysis/features/regime-features.js';
import { applyRegimeModel, OpenedRegime } from '../src/analysis/models/apply-regime-model.js';
import type { FitReport } from '../src/analysis/models/gaussian-hmm/fit.js';
import { trainGaussianHmm } from '../src/analysis/models/gaussian-hmm/gaussian-hmm.js';
import { trainMarkovRegression } from '../src/analysis/models/markov-regression/markov-regression.js';
import type { Observations } from '../src/analysis/models/observations.js';
import type { FilteredProbability, OnlineFilter } from '../src/analysis/models/regime-model.js';
import { trainStudentTHmm } from '../src/analysis/models/student-t-hmm/student-t-hmm.js';
import { trainRegimeModel } from '../src/analysis/models/train-regime-model.js';
import { makeSeries, type Series, slice } from '../src/market/series.js';
import type { BenchCase } from './bench-case.js';
import { readDoubles } from './read-doubles.js';

const FEATURES = 5;
const MINUTES = 3_200_000;
const STATES = 3;
/** Bars that train the model of the bar-to-label cases. */
const TRAINING_BARS = 20_000;
const ONLINE_BARS = 200_000;
const STUDENT_T_ITERATIONS = 3;

function readRows(folder: string, rows: number): Observations {
  const file = rows > 1_000_000 ? 'hmm_3200k.f64' : 'hmm_1000k.f64';
  return {
    data: readDoubles(join(folder, file), rows * FEATURES),
    rows,
    features: FEATURES,
    lengths: [rows],
  };
}

function readMinutes(folder: string): Series {
  const values = readDoubles(join(folder, 'ohlcv_3200k.f64'), MINUTES * 6);
  const column = (index: number): Float64Array => values.subarray(index * MINUTES, (index + 1) * MINUTES);
  return makeSeries('file:spot:BENCH', '1m', {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}

function openedFor(series: Series): OpenedRegime {
  const table = buildRegimeFeatures(slice(series, 0, TRAINING_BARS));
  return new OpenedRegime(trainRegimeModel(table, { states: STATES, covarianceType: 'full', restarts: 3 }));
}

/** The peer's work: first feature as y, constant and variance switching, the family's default fit. */
const markovRegression: BenchCase = {
  work: 'regime.markov-regression.k3.5k',
  rows: 5_000,
  unit: 'row',
  async setup(folder) {
    const rows = readRows(folder, 5_000);
    return {
      run: () => trainMarkovRegression(rows, { states: STATES, response: 0 }).report,
      check(result) {
        const { logLikelihood, converged } = result as FitReport;
        return { llf: logLikelihood, converged };
      },
    };
  },
};

/** Seconds per EM iteration from one start, the starting points included. */
const studentT: BenchCase = {
  work: 'regime.student-t.em.full.k3.1000k',
  rows: 1_000_000,
  unit: 'row-iter',
  divide: STUDENT_T_ITERATIONS,
  async setup(folder) {
    const rows = readRows(folder, 1_000_000);
    const { model } = trainStudentTHmm(
      { ...rows, data: rows.data.subarray(0, 50_000), rows: 10_000, lengths: [10_000] },
      { states: STATES, restarts: 1, maxIterations: 5 },
    );
    return {
      run: () =>
        trainStudentTHmm(rows, {
          states: STATES,
          initial: model.parameters,
          maxIterations: STUDENT_T_ITERATIONS,
          tolerance: Number.NEGATIVE_INFINITY,
        }).report,
      check: (result) => ({ logLikelihood: (result as FitReport).history.slice(-1) }),
    };
  },
};

const filter: BenchCase = {
  work: 'regime.filter.3200k',
  rows: MINUTES,
  unit: 'row',
  async setup(folder) {
    const rows = readRows(folder, MINUTES);
    const { model } = trainGaussianHmm(
      {
        ...rows,
        data: rows.data.subarray(0, TRAINING_BARS * FEATURES),
        rows: TRAINING_BARS,
        lengths: [TRAINING_BARS],
      },
      { states: STATES, covarianceType: 'full', restarts: 3 },
    );
    return {
      run: () => model.filter(rows),
      check(result) {
        const { logLikelihood, probability } = result as FilteredProbability;
        return { logLikelihood, last: [...probability.slice(-STATES)] };
      },
    };
  },
};

const barsToLabels: BenchCase = {
  work: 'regime.features-filter-labels.3200k',
  rows: MINUTES,
  unit: 'bar',
  async setup(folder) {
    const series = readMinutes(folder);
    const opened = openedFor(series);
    const names = opened.record.labels;
    return {
      run() {
        const { regime } = applyRegimeModel(opened, buildRegimeFeatures(series));
        return { regime, names };
      },
      check(result) {
        const { regime } = result as { regime: Uint8Array };
        const counts = Object.fromEntries(names.map((name) => [name, 0]));
        for (const state of regime) counts[names[state]!]! += 1;
        return { rows: regime.length, counts };
      },
    };
  },
};

/** One bar as it arrives: five indicators, scaling, filter. Seconds of one bar; the quantiles are in the check. */
const onlineStep: BenchCase = {
  work: 'regime.online-step',
  rows: ONLINE_BARS,
  unit: 'bar',
  divide: ONLINE_BARS,
  async setup(folder) {
    const series = readMinutes(folder);
    const opened = openedFor(series);
    let features = new RegimeFeatureStream(series);
    let online: OnlineFilter = opened.model.online();
    const microseconds = new Float64Array(ONLINE_BARS);
    return {
      prepare() {
        features = new RegimeFeatureStream(series);
        online = opened.model.online();
      },
      run() {
        for (let bar = 0; bar < ONLINE_BARS; bar += 1) {
          const started = performance.now();
          const row = features.next({
            time: series.time[bar]!,
            open: series.open[bar]!,
            high: series.high[bar]!,
            low: series.low[bar]!,
            close: series.close[bar]!,
            volume: series.volume[bar]!,
          });
          if (row) online.next(row.time, opened.scaleRow(row.values, REGIME_FEATURES), row.startsSegment);
          microseconds[bar] = 1e3 * (performance.now() - started);
        }
        return microseconds;
      },
      check(result) {
        const sorted = (result as Float64Array).slice().sort();
        const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
        return { p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999), max_us: at(1) };
      },
    };
  },
};

export const regimeCases: readonly BenchCase[] = [
  markovRegression,
  studentT,
  filter,
  barsToLabels,
  onlineStep,
];
