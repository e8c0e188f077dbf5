/** The report of the sample's BTC 1h bars, trained here: 3 states, diagonal, first 80 %, seed 42. */
import { createHash } from 'node:crypto';
import { DuckDBInstance } from '@duckdb/node-api';
import { featureSet } from '../../src/analysis/features/feature-sets.js';
import { type FeatureTable, featureColumn } from '../../src/analysis/features/feature-table.js';
import { Scaler } from '../../src/analysis/features/scaler.js';
import { trainGaussianHmm } from '../../src/analysis/models/gaussian-hmm/gaussian-hmm.js';
import { labelStates, labelVolatility } from '../../src/analysis/models/labels.js';
import type { Observations } from '../../src/analysis/models/observations.js';
import { informationCriteria } from '../../src/analysis/models/selection.js';
import { stateStatistics } from '../../src/analysis/models/state-statistics.js';
import { alignProbabilities } from '../../src/app/report/align-probabilities.js';
import { regimeColor } from '../../src/app/report/regime-color.js';
import type { RegimeReportInput } from '../../src/app/report/regime-report-input.js';
import { makeSeries, type Series } from '../../src/market/series.js';

const SAMPLE = 'data/sample/ohlcv/BTCUSDT_spot_1h.parquet';

/** BTC 1h of the sample, every bar. */
export async function sampleSeries(): Promise<Series> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT timestamp::DOUBLE, open::DOUBLE, high::DOUBLE, low::DOUBLE, close::DOUBLE, volume::DOUBLE FROM '${SAMPLE}' ORDER BY 1`,
    );
    const [times, open, high, low, close, volume] = reader
      .getColumns()
      .map((column) => Float64Array.from(column as number[]));
    return makeSeries('binance:spot:BTCUSDT', '1h', {
      time: times!,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function observations(
  table: FeatureTable,
  scaled: readonly Float64Array[],
  from: number,
  to: number,
): Observations {
  const features = scaled.length;
  const data = new Float64Array((to - from) * features);
  for (let row = from; row < to; row += 1) {
    for (let feature = 0; feature < features; feature += 1) {
      data[(row - from) * features + feature] = scaled[feature]![row]!;
    }
  }
  const lengths: number[] = [];
  let start = 0;
  for (const length of table.lengths) {
    const overlap = Math.min(to, start + length) - Math.max(from, start);
    if (overlap > 0) lengths.push(overlap);
    start += length;
  }
  return { data, rows: to - from, features, lengths };
}

export interface SampleReportOptions {
  states: number;
  restarts: number;
}

/** @param options fewer restarts than the product's own make the fixture quick */
export async function sampleReportInput(
  options: SampleReportOptions = { states: 3, restarts: 4 },
): Promise<RegimeReportInput> {
  const series = await sampleSeries();
  const table = featureSet('hmm').build(series);
  const rows = table.bar.length;
  const split = Math.floor(0.8 * rows);
  const scaled = Scaler.fit(table.columns, 0, split).transform(table.columns);
  const training = observations(table, scaled, 0, split);
  const validation = observations(table, scaled, split, rows);
  const everything = observations(table, scaled, 0, rows);
  const { model, report } = trainGaussianHmm(training, {
    states: options.states,
    covarianceType: 'diag',
    restarts: options.restarts,
    finalists: 2,
    featureNames: table.names,
  });
  const filtered = model.filter(everything);
  const smoothed = model.smooth(everything);
  const argmax = (probability: Float64Array): Uint8Array =>
    Uint8Array.from({ length: rows }, (_, row) => {
      const values = probability.subarray(row * options.states, (row + 1) * options.states);
      return values.indexOf(values.reduce((most, value) => Math.max(most, value)));
    });
  const path = argmax(filtered.probability);
  const smoothedPath = argmax(smoothed.probability);
  const statistics = stateStatistics({
    states: options.states,
    path,
    filteredPath: path,
    logReturn: featureColumn(table, 'log_ret'),
    others: {},
    lengths: table.lengths,
    barsPerYear: 8766,
  });
  const labels = labelStates(statistics);
  const volatility = labelVolatility(statistics.map((state) => state.volatility));
  const last = filtered.probability.slice((rows - 1) * options.states);
  const differing = path.reduce((count, state, row) => count + (state === smoothedPath[row] ? 0 : 1), 0);
  const dataHash = createHash('sha256')
    .update(new Uint8Array(series.close.buffer))
    .digest('hex')
    .slice(0, 12);
  const modelId = `binance_BTCUSDT_1h_k${options.states}_${dataHash.slice(0, 4)}`;
  return {
    title: 'BTC/USDT 1h regimes',
    symbol: 'BTC/USDT',
    quote: 'USDT',
    source: 'native',
    sampleData: true,
    generatedAt: Date.UTC(2024, 4, 9, 12),
    series,
    kind: 'filtered',
    ...alignProbabilities(table.bar, filtered.probability, options.states, series.length),
    states: statistics.map((state, index) => ({
      label: labels[index]!,
      color: regimeColor(labels[index]!),
      volatilityLabel: volatility[index]!,
      bars: state.count,
      share: state.share,
      meanRun: state.meanRunLength,
      volatility: state.volatility,
      sameBar: state.averageReturn === null ? null : { mean: state.averageReturn, t: state.tStatistic },
      nextBar:
        state.nextBarReturn === null ? null : { mean: state.nextBarReturn, t: state.nextBarTStatistic },
      expectedDuration: model.expectedDurations[index]!,
    })),
    statisticsScope: `all ${rows.toLocaleString('en-US')} bars with features`,
    transitionMatrix: model.parameters.transitionMatrix,
    stationary: model.stationary,
    forecast: [1, 5, 20].map((bars) => ({ bars, probabilities: model.forecast(last, bars) })),
    trainEnd: table.time[split]!,
    diagnostics: {
      modelName: 'Gaussian HMM',
      covarianceType: 'diag',
      probabilistic: true,
      choice: null,
      profile: 'scaled',
      features: table.names,
      scaled: true,
      trainBars: split,
      validationBars: rows - split,
      parameters: model.parameterCount,
      bic: informationCriteria(report.logLikelihood, model.parameterCount, split, 0).bic,
      logLikelihoodPerRowTrain: report.logLikelihood / split,
      logLikelihoodPerRowValidation: model.filter(validation).logLikelihood / (rows - split),
      converged: report.converged,
      iterations: report.iterations,
      filteredDiffersFromSmoothed: differing / rows,
      restarts: report.restarts.length,
      restartSpread: report.spread,
      warnings: report.warnings.map(({ message }) => message),
    },
    manifest: {
      runId: null,
      modelId,
      dataHash,
      seed: 42,
      version: '0.1.0',
      reproduce: 'tidewatch start --seed 42',
    },
  };
}
