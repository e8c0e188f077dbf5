/** A made-up report for tests: K states over 1h bars that rise and fall by sine; nothing in it is a result. */
import { makeSeries } from '../../market/series.js';
import { regimeColor } from './regime-color.js';
import type { RegimeReportInput, ReportState } from './regime-report-input.js';

const HOUR = 3_600_000;
const LABELS: Readonly<Record<number, readonly string[]>> = {
  1: ['Chop'],
  2: ['Bear', 'Bull'],
  3: ['Chop', 'Bear', 'Bull'],
  5: ['Strong Bear', 'Bear', 'Chop', 'Bull', 'Strong Bull'],
  8: ['Strong Bear', 'Bear', 'Chop 1', 'Chop 2', 'Chop 3', 'Chop 4', 'Bull', 'Strong Bull'],
};

export function smallReport(
  overrides: Partial<RegimeReportInput> = {},
  bars = 600,
  count = 3,
): RegimeReportInput {
  const column = (value: (bar: number) => number): Float64Array =>
    Float64Array.from({ length: bars }, (_, bar) => value(bar));
  const close = column((bar) => 30_000 + 4000 * Math.sin(bar / 40));
  const open = column((bar) => (bar === 0 ? 30_000 : close[bar - 1]!));
  const series = makeSeries('binance:spot:BTCUSDT', '1h', {
    time: column((bar) => Date.UTC(2024, 0, 1) + bar * HOUR),
    open,
    close,
    high: column((bar) => Math.max(open[bar]!, close[bar]!) + 50),
    low: column((bar) => Math.min(open[bar]!, close[bar]!) - 50),
    volume: column(() => 1),
  });
  const firstBar = 20;
  const probabilities = new Float64Array((bars - firstBar) * count);
  for (let row = 0; row < bars - firstBar; row += 1) {
    const current = Math.floor((row + firstBar) / 37) % count;
    for (let state = 0; state < count; state += 1) {
      probabilities[row * count + state] = count === 1 ? 1 : state === current ? 0.94 : 0.06 / (count - 1);
    }
  }
  const states = LABELS[count]!.map(
    (label, index): ReportState => ({
      label,
      color: regimeColor(label),
      volatilityLabel: ['Low', 'High', 'Mid'][index % 3]!,
      bars: 193,
      share: 1 / count,
      meanRun: 37,
      volatility: 0.0045,
      sameBar: { mean: 0.0004 * (index - 1), t: 3 * (index - 1) },
      nextBar: { mean: 0.0001 * (index - 1), t: 1.2 * (index - 1) },
      expectedDuration: count === 1 ? Number.POSITIVE_INFINITY : 1 / 0.06,
    }),
  );
  const evenly = Float64Array.from({ length: count }, () => 1 / count);
  return {
    title: 'BTC/USDT 1h regimes',
    symbol: 'BTC/USDT',
    quote: 'USDT',
    source: 'native',
    sampleData: true,
    generatedAt: Date.UTC(2024, 1, 1),
    series,
    kind: 'filtered',
    firstBar,
    probabilities,
    states,
    statisticsScope: 'all 580 bars',
    transitionMatrix: Float64Array.from({ length: count * count }, (_, cell) =>
      count === 1 ? 1 : cell % (count + 1) === 0 ? 0.94 : 0.06 / (count - 1),
    ),
    stationary: evenly,
    forecast: [1, 5, 20].map((ahead) => ({ bars: ahead, probabilities: evenly })),
    trainEnd: series.time[Math.floor(0.8 * bars)]!,
    diagnostics: {
      modelName: 'Gaussian HMM',
      covarianceType: 'diag',
      probabilistic: true,
      choice: null,
      profile: 'scaled',
      features: ['log_ret', 'volatility'],
      scaled: true,
      trainBars: 464,
      validationBars: 116,
      parameters: 38,
      bic: 7452,
      logLikelihoodPerRowTrain: -5.71,
      logLikelihoodPerRowValidation: -8.69,
      converged: true,
      iterations: 17,
      filteredDiffersFromSmoothed: 0.052,
      restarts: 24,
      restartSpread: 3.25,
      warnings: [],
    },
    manifest: {
      runId: 'run-1',
      modelId: 'k3-diag-8f2c',
      dataHash: '1a2b3c4d',
      seed: 42,
      version: '0.1.0',
      reproduce: 'tidewatch model train BTC/USDT --tf 1h --seed 42',
    },
    ...overrides,
  };
}
