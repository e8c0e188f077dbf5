/** The five comparison questions (majors-alts spec §13): which variants each asks for and what its answer is. */
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { regimeLabel } from '../report/majors/majors-words.js';
import type { MonitorBook } from './monitor-book.js';
import type { VariantRow } from './sweep.js';

export const QUESTIONS = ['baseline', 'basket', 'risk', 'legacy', 'run'] as const;
export type Question = (typeof QUESTIONS)[number];

export interface Variant {
  readonly name: string;
  readonly config: MonitorConfig;
}

const BASELINE_WEIGHTS = {
  alt_breadth: 0.25,
  btc_dominance: 0.3,
  liquidity: 0.18,
  volatility_spread: 0.18,
  momentum: 0.09,
};
const BASKET_SIZES = [20, 50, 100, 150, 200, 300];

const TITLES: Readonly<Record<Exclude<Question, 'run'>, string>> = {
  baseline: 'Do funding and open interest help?',
  basket: 'How many alts should the basket hold?',
  risk: 'Which risk method helps?',
  legacy: 'Is the score of today better than the old 0-to-100 score?',
};
export const questionTitle = (question: Exclude<Question, 'run'>): string => TITLES[question];

/** The settings that a question compares, each changed in what is asked for alone. */
export function variantsOf(question: Exclude<Question, 'run'>, base: MonitorConfig): Variant[] {
  if (question === 'baseline') {
    return [
      { name: 'enhanced', config: base },
      { name: 'baseline', config: withBaseline(base) },
    ];
  }
  if (question === 'basket') {
    return BASKET_SIZES.map((size) => ({
      name: `basket ${size}`,
      config: { ...base, universe: { ...base.universe, basket_size: size } },
    }));
  }
  if (question === 'legacy') {
    return [
      { name: 'current regimes', config: base },
      { name: 'legacy regimes', config: { ...base, regime: { ...base.regime, mode: 'legacy' } } },
    ];
  }
  const risk = (
    name: string,
    stop: boolean,
    target: boolean,
    trailing: boolean,
    profit: boolean,
  ): Variant => {
    const { risk_management: held } = base.backtest;
    return {
      name,
      config: {
        ...base,
        backtest: {
          ...base.backtest,
          risk_management: {
            ...held,
            stop_loss: { ...held.stop_loss, enabled: stop },
            take_profit: { ...held.take_profit, enabled: profit },
            volatility_targeting: { ...held.volatility_targeting, enabled: target },
            trailing_stop: { ...held.trailing_stop, enabled: trailing },
          },
        },
      },
    };
  };
  return [
    risk('all', true, true, true, true),
    risk('none', false, false, false, false),
    risk('stop only', true, false, false, false),
    risk('vol targeting only', false, true, false, false),
    risk('trailing only', false, false, true, false),
    risk('stop and trailing', true, false, true, false),
  ];
}

/** Weights of the score before derivatives were added; a stop that looks at one day. */
function withBaseline(base: MonitorConfig): MonitorConfig {
  const { regime, backtest } = base;
  const { composite, unsupervised } = regime;
  const { funding_skew: _, ...ranges } = composite.grid_search.weight_ranges;
  const { risk_management: risk } = backtest;
  return {
    ...base,
    regime: {
      ...regime,
      composite: {
        ...composite,
        default_weights: BASELINE_WEIGHTS,
        grid_search: { ...composite.grid_search, weight_ranges: ranges },
      },
      unsupervised: {
        ...unsupervised,
        features_for_clustering: unsupervised.features_for_clustering.filter((key) => key !== 'funding_skew'),
      },
    },
    backtest: {
      ...backtest,
      risk_management: { ...risk, stop_loss: { ...risk.stop_loss, lookback_days: 1 } },
    },
  };
}

/** One measure of the baseline question: a larger (less negative) drawdown is the better one. */
export interface Winner {
  readonly measure: string;
  readonly enhanced: number | null;
  readonly baseline: number | null;
  readonly delta: number | null;
  readonly winner: 'enhanced' | 'baseline' | 'equal' | null;
}

const MEASURES = ['cagr', 'sharpe', 'sortino', 'max_drawdown', 'calmar', 'hit_rate'] as const;
const WORTH = 0.1;

/** Which of both is ahead in each measure, and the recommendation that follows. */
export function baselineAnswer(
  enhanced: VariantRow,
  baseline: VariantRow,
): { measures: Winner[]; recommendation: 'enhanced' | 'baseline' | 'minimal' } {
  const measures = MEASURES.map((measure): Winner => {
    const [a, b] = [enhanced[measure], baseline[measure]];
    if (a === null || b === null) return { measure, enhanced: a, baseline: b, delta: null, winner: null };
    return {
      measure,
      enhanced: a,
      baseline: b,
      delta: a - b,
      winner: a === b ? 'equal' : a > b ? 'enhanced' : 'baseline',
    };
  });
  const deltas = measures
    .filter(({ measure }) => measure === 'sharpe' || measure === 'sortino')
    .map(({ delta }) => delta ?? 0);
  const recommendation = deltas.some((delta) => delta > WORTH)
    ? 'enhanced'
    : deltas.some((delta) => delta < -WORTH)
      ? 'baseline'
      : 'minimal';
  return { measures, recommendation };
}

/** Days per regime of the timeline of a run. */
export function regimeCounts({ timeline, regimes }: MonitorBook): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of timeline.regime) counts[regimes[code]!] = (counts[regimes[code]!] ?? 0) + 1;
  return counts;
}

/** The fifth question: one run taken apart. */
export function analyseRun(book: MonitorBook) {
  const { daily, kpis } = book;
  const net = daily.numbers.r_ls_net ?? [];
  const extreme = (better: (a: number, b: number) => boolean) => {
    let at = -1;
    net.forEach((value, row) => {
      if (value !== null && (at < 0 || better(value, net[at]!))) at = row;
    });
    return at < 0 ? null : { date: new Date(daily.ts[at]!).toISOString().slice(0, 10), r_ls_net: net[at]! };
  };
  const sum = (name: string): number =>
    (daily.numbers[name] ?? []).reduce<number>((total, value) => total + (value ?? 0), 0);
  return {
    totals: {
      n_days: daily.ts.length,
      active_days: kpis.active_days ?? null,
      total_return: kpis.total_return ?? (daily.equity.at(-1) ?? 1) - 1,
      pnl: sum('pnl'),
      cost: sum('cost'),
      funding: sum('funding'),
      rebalances: daily.rebalanced.filter(Boolean).length,
      exits: daily.exit_reason.filter((reason) => reason !== '').length,
    },
    best_day: extreme((a, b) => a > b),
    worst_day: extreme((a, b) => a < b),
    by_regime: book.regime_metrics.map((row) => ({ ...row, label: regimeLabel(row.regime) })),
    regime_counts: regimeCounts(book),
    verdict: book.verdict,
  };
}

/** A table in Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, at) => (at === 0 ? '---' : '--:'))), ...rows.map(line)].join(
    '\n',
  );
}
