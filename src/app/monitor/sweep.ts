/** What many variants of one strategy come to: a row each, and how much of the best is the luck of having tried them. */
import { type TrialBelief, trialBelief } from '../../backtest/believability/trial-belief.js';
import { trialOf } from './compare-runs.js';
import type { MonitorBook } from './monitor-book.js';

/** Figures of one variant; fractions, ratios a year, null where there are too few days. */
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
  /** 95 %, by key figure. */
  readonly intervals: MonitorBook['intervals'];
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
    intervals,
    verdict: verdict.verdict,
  };
}

/** Null for fewer than two variants with traded days. */
export function beliefOf(names: readonly string[], books: readonly MonitorBook[]): TrialBelief | null {
  return trialBelief(books.map((book, at) => trialOf(names[at]!, book)));
}
