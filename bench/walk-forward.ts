/**
 * Walk-forward over 2,000 daily feature rows of BTC (the golden series), a refit every 21 bars from row 756 on: 60
 * refits with 10 restarts each, 4 states, diagonal covariances, then alignment, filter, rule after costs and the whole
 * scorecard. The schedule is that of the peer's walk-forward (its bars are synthetic, its features need ETFs).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildRegimeFeatures } from '../src/analysis/features/regime-features.js';
import {
  type FoldSearch,
  searchFold,
  type WalkForwardInput,
} from '../src/analysis/models/walk-forward/fold-search.js';
import {
  type FinishedWalkForward,
  finishWalkForward,
  foldsToSearch,
  type WalkForwardPlan,
} from '../src/analysis/models/walk-forward/walk-forward-report.js';
import { makeSeries } from '../src/market/series.js';
import type { BenchCase } from './bench-case.js';

const GOLDEN = join('test', 'golden', 'data', 'hmm', 'ohlcv_daily.csv.gz');
const ROWS = 2_000;

const PLAN: WalkForwardPlan = {
  candidate: { family: 'hmm', states: 4, covariance: 'diag', restarts: 10, seed: 42 },
  schedule: { window: 'expanding', train: 756, refit: 21 },
  decoding: {},
  rule: 'long_short',
  costBps: 10,
  barsPerYear: 365,
  draws: 1_000,
};

function dailyBars(): WalkForwardInput {
  const lines = gunzipSync(readFileSync(GOLDEN)).toString().trim().split('\n').slice(1);
  const cells = lines.map((line) => line.split(',').map(Number));
  const column = (at: number): Float64Array => Float64Array.from(cells, (row) => row[at]);
  const series = makeSeries('binance:spot:BTCUSDT', '1d', {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
  const table = buildRegimeFeatures(series);
  if (table.lengths[0] < ROWS) throw new Error('the golden daily series has a gap');
  const cut = (values: Float64Array): Float64Array => values.slice(0, ROWS);
  const { names } = table;
  const columns = table.columns.map(cut);
  return {
    table: { names, columns, time: cut(table.time), availableAt: cut(table.availableAt), lengths: [ROWS] },
    returns: columns[names.indexOf('log_ret')],
  };
}

export const walkForwardCases: readonly BenchCase[] = [
  {
    work: 'regime.walk-forward.daily',
    rows: ROWS,
    unit: 'bar',
    async setup(_folder, threads) {
      const input = dailyBars();
      const folds = foldsToSearch(ROWS, PLAN.schedule);
      const { runPool } = await import('../src/platform/compute/worker-pool.js');
      const search = (): Promise<FoldSearch[]> | FoldSearch[] =>
        threads === 1
          ? folds.map((fold) => searchFold(input, fold, PLAN.candidate))
          : runPool('searchFold', { input, candidate: PLAN.candidate }, folds, { workers: threads });
      return {
        run: async () => finishWalkForward(input, PLAN, await search()),
        check(result) {
          const { scorecard } = (result as FinishedWalkForward).report;
          return {
            refits: scorecard.refits,
            logLikelihoodPerRow: scorecard.likelihood.out_of_sample,
            netReturn: scorecard.economic.strategy.net_return,
          };
        },
      };
    },
  },
];
