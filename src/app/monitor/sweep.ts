/** What many variants of one strategy come to: a row each, and how much of the best is the luck of having tried them. */
import { deflatedSharpe, sharpeSample } from '../../backtest/believability/deflated-sharpe.js';
import { type Overfitting, overfittingOf } from './compare-runs.js';
import type { MonitorBook } from './monitor-book.js';

export interface VariantRow {
  readonly name: string;
  readonly run_id: string | null;
  readonly n_days: number;
  readonly active_days: number | null;
  readonly total_return: number | null;
  readonly cagr: number | null;
  readonly sharpe: number | null;
  readonly sharpe_low: number | null;
  readonly sharpe_high: number | null;
  readonly sortino: number | null;
  readonly max_drawdown: number | null;
  readonly volatility: number | null;
  readonly calmar: number | null;
  readonly hit_rate: number | null;
  readonly verdict: string;
}

export function variantRow(
  name: string,
  runId: string | null,
  { kpis, intervals, daily, verdict }: MonitorBook,
): VariantRow {
  const kpi = (key: string): number | null => kpis[key] ?? null;
  return {
    name,
    run_id: runId,
    n_days: daily.ts.length,
    active_days: kpi('active_days'),
    total_return: kpi('total_return') ?? (daily.equity.length === 0 ? null : daily.equity.at(-1)! - 1),
    cagr: kpi('cagr'),
    sharpe: kpi('sharpe'),
    sharpe_low: intervals.sharpe?.low ?? null,
    sharpe_high: intervals.sharpe?.high ?? null,
    sortino: kpi('sortino'),
    max_drawdown: kpi('max_drawdown'),
    volatility: kpi('annual_vol'),
    calmar: kpi('calmar'),
    hit_rate: kpi('hit_rate'),
    verdict: verdict.verdict,
  };
}

export interface SweepBelief {
  readonly best: string;
  /** Probability that the best ratio is more than the best of as many worthless ones. */
  readonly deflated_sharpe: number;
  /** Highest ratio a year to expect of worthless variants. */
  readonly luck_sharpe: number;
  readonly trials: number;
  readonly overfitting: Overfitting | null;
}

const YEAR = Math.sqrt(365);

/** Null for fewer than two variants with traded days. */
export function beliefOf(names: readonly string[], books: readonly MonitorBook[]): SweepBelief | null {
  const traded = books.flatMap((book, at) => {
    const returns = Float64Array.from(book.daily.numbers.r_ls_net ?? [], (value) => value ?? 0);
    return returns.length < 30 ? [] : [{ name: names[at]!, book, sample: sharpeSample(returns) }];
  });
  if (traded.length < 2) return null;
  const ratios = traded.map(({ sample }) => sample.sharpe);
  const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
  const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (ratios.length - 1);
  const best = traded.reduce((winner, each) => (each.sample.sharpe > winner.sample.sharpe ? each : winner));
  const { probability, benchmark } = deflatedSharpe(best.sample, traded.length, variance);
  return {
    best: best.name,
    deflated_sharpe: probability,
    luck_sharpe: benchmark * YEAR,
    trials: traded.length,
    overfitting: overfittingOf(traded.map(({ book }) => book)),
  };
}
