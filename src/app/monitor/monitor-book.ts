/**
 * Everything of a majors-vs-alts run that a page can show, as one JSON document of columns (book.json in the folder of
 * the run): read by the dashboard's routes, by the self-contained report and by the audits. Times are epoch ms (00:00 UTC
 * of the day), shares are fractions of equity, null is a value that is missing.
 */
import { z } from 'zod';
import { SCORE_FEATURES, scoreColumn } from '../../analysis/neutral/composite-score.js';
import { NEUTRAL_REGIMES, REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import {
  type AssetDayValues,
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
  EXIT_REASONS,
  type MajorsAltsResult,
} from '../../backtest/panel/majors-alts-result.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';

const numbers = z.array(z.number().nullable());
const times = z.array(z.int());
const regimeCode = z
  .int()
  .min(0)
  .max(NEUTRAL_REGIMES.length - 1);
const assetRows = z.object({ ts: times, asset_id: z.array(z.string()) });

const intervalSchema = z.object({
  estimate: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  p: z.number(),
});

type Interval = z.infer<typeof intervalSchema>;

export const monitorBookSchema = z.object({
  schema_version: z.literal(1),
  name: z.string(),
  title: z.string().nullable(),
  profile: z.enum(['corrected', 'reference']),
  /** Index = the codes below. */
  regimes: z.array(z.string()),
  /** First and last day that was read; test windows and their lengths. */
  data: z.object({
    from: z.int(),
    to: z.int(),
    assets: z.int(),
    alts: z.int(),
    price_rows: z.int(),
    windows: z.int(),
  }),
  rule: z.object({
    weights: z.record(z.string(), z.number()),
    threshold_low: z.number(),
    threshold_high: z.number(),
    threshold_strong_low: z.number(),
    threshold_strong_high: z.number(),
    n_regimes: z.int(),
    neutrality_mode: z.string(),
    basket_size: z.int(),
    cost_bps: z.number(),
  }),
  timeline: z.object({
    ts: times,
    score: numbers,
    regime: z.array(regimeCode),
    /** weight × z by feature, before the high-volatility gate. */
    contributions: z.record(z.string(), numbers),
  }),
  daily: z.object({
    ts: times,
    regime: z.array(regimeCode),
    held_regime: z.array(regimeCode.nullable()),
    exit_reason: z.array(z.enum(['', ...EXIT_REASONS])),
    rebalanced: z.array(z.boolean()),
    equity: z.array(z.number()),
    drawdown: z.array(z.number()),
    unfunded_gross: z.array(z.number()),
    numbers: z.record(z.string(), numbers),
  }),
  weights: assetRows.extend({ weight: z.array(z.number()) }),
  basket: assetRows.extend({ basket_weight: z.array(z.number()) }),
  betas: assetRows.extend({ beta_btc: z.array(z.number()), beta_eth: z.array(z.number()) }),
  kpis: z.record(z.string(), z.number().nullable()),
  intervals: z.record(z.string(), intervalSchema),
  regime_metrics: z.array(
    z.object({
      regime: z.string(),
      n_days: z.int(),
      mean_return: z.number().nullable(),
      median_return: z.number().nullable(),
      std_return: z.number().nullable(),
      sharpe_like: z.number().nullable(),
      total_return: z.number().nullable(),
      /** Null for a regime of few days, or without bootstrap. */
      mean_interval: intervalSchema.nullable().default(null),
      total_interval: intervalSchema.nullable().default(null),
    }),
  ),
  regime_eval: z.json(),
  funding_coverage: z.object({
    due: z.int(),
    missing: z.int(),
    missing_share: z.number(),
    missing_gross_share: z.number(),
  }),
  verdict: z.object({ verdict: z.string(), sentence: z.string() }),
  warnings: z.array(z.string()),
});
export type MonitorBook = z.infer<typeof monitorBookSchema>;

const DAY_MS = 86_400_000;
const toTimes = (days: ArrayLike<number>): number[] => Array.from(days, (day) => day * DAY_MS);
const toNumbers = (values: ArrayLike<number>): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A result with what the stored document tells beside it; days since 1970. */
export interface BookInput {
  readonly name: string;
  readonly title: string | null;
  readonly config: MonitorConfig;
  readonly result: MajorsAltsResult;
  readonly startDay: number;
  readonly endDay: number;
  readonly assets: number;
  readonly priceRows: number;
  readonly intervals: MonitorBook['intervals'];
  readonly regimeIntervals: ReadonlyMap<string, Readonly<Record<'mean' | 'total', Interval>>>;
  readonly evaluation: MonitorBook['regime_eval'];
  readonly verdict: MonitorBook['verdict'];
  readonly warnings: readonly string[];
}

export function monitorBook(input: BookInput): MonitorBook {
  const { config, result } = input;
  const { daily, timeline } = result;
  const { composite } = config.regime;
  const names =
    config.profile === 'reference' ? DAILY_NUMBERS : [...DAILY_NUMBERS, ...CORRECTED_DAILY_NUMBERS];
  return {
    schema_version: 1,
    name: input.name,
    title: input.title,
    profile: config.profile,
    regimes: [...NEUTRAL_REGIMES],
    data: {
      from: input.startDay * DAY_MS,
      to: input.endDay * DAY_MS,
      assets: input.assets,
      alts: result.alts.length,
      price_rows: input.priceRows,
      windows: windowsOf(config, daily.day.length),
    },
    rule: {
      weights: composite.default_weights,
      threshold_low: composite.threshold_low,
      threshold_high: composite.threshold_high,
      threshold_strong_low: composite.threshold_strong_low,
      threshold_strong_high: composite.threshold_strong_high,
      n_regimes: config.regime.n_regimes,
      neutrality_mode: config.msm === null ? config.universe.neutrality_mode : 'fixed_weights',
      basket_size: config.msm === null ? config.universe.basket_size : config.msm.top_n,
      cost_bps: config.costs.taker_fee_bps + config.costs.slippage_bps,
    },
    timeline: {
      ts: toTimes(timeline.day),
      score: toNumbers(timeline.score),
      regime: timeline.regime.map((regime) => REGIME_CODE[regime]),
      contributions: contributions(result, composite.default_weights),
    },
    daily: {
      ts: toTimes(daily.day),
      regime: daily.regime.map((regime) => REGIME_CODE[regime]),
      held_regime: daily.heldRegime.map((regime) => (regime === '' ? null : REGIME_CODE[regime])),
      exit_reason: [...daily.exitReason],
      rebalanced: [...daily.rebalanced],
      equity: Array.from(daily.equity),
      drawdown: drawdown(daily.equity),
      unfunded_gross: Array.from(daily.unfundedGross),
      numbers: Object.fromEntries(names.map((name) => [name, toNumbers(daily.numbers[name])])),
    },
    weights: { ...rows(result.weights), weight: Array.from(result.weights.values.weight) },
    basket: { ...rows(result.basket), basket_weight: Array.from(result.basket.values.basket_weight) },
    betas: {
      ...rows(result.betas),
      beta_btc: Array.from(result.betas.values.beta_btc),
      beta_eth: Array.from(result.betas.values.beta_eth),
    },
    kpis: Object.fromEntries(Object.entries(result.kpis).map(([name, value]) => [name, finite(value)])),
    intervals: input.intervals,
    regime_metrics: result.regimeMetrics.map((metric) => ({
      regime: metric.regime,
      n_days: metric.days,
      mean_return: finite(metric.meanReturn),
      median_return: finite(metric.medianReturn),
      std_return: finite(metric.stdReturn),
      sharpe_like: finite(metric.sharpeLike),
      total_return: finite(metric.totalReturn),
      mean_interval: input.regimeIntervals.get(metric.regime)?.mean ?? null,
      total_interval: input.regimeIntervals.get(metric.regime)?.total ?? null,
    })),
    regime_eval: input.evaluation,
    funding_coverage: {
      due: result.fundingCoverage.due,
      missing: result.fundingCoverage.missing,
      missing_share: result.fundingCoverage.missingShare,
      missing_gross_share: result.fundingCoverage.missingGrossShare,
    },
    verdict: input.verdict,
    warnings: [...input.warnings],
  };
}

/** Test windows; the reference leaves the first day of each out of the rows. */
function windowsOf({ msm, backtest }: MonitorConfig, days: number): number {
  if (msm !== null || !backtest.walk_forward) return days === 0 ? 0 : 1;
  return Math.round(days / backtest.test_window_days);
}

function rows<Name extends string>(table: AssetDayValues<Name>): { ts: number[]; asset_id: string[] } {
  return { ts: toTimes(table.day), asset_id: [...table.asset] };
}

function contributions(
  { features }: MajorsAltsResult,
  weights: Readonly<Record<string, number>>,
): Record<string, (number | null)[]> {
  const keys = [...new Set([...Object.keys(SCORE_FEATURES), ...Object.keys(weights)])];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const column = scoreColumn(key);
      const weight = weights[key] ?? 0;
      if (column === undefined || weight === 0) return [];
      return [[key, toNumbers(features.z[column].map((value) => weight * value))]];
    }),
  );
}

/** From the highest wealth so far, the start included. */
function drawdown(equity: Float64Array): number[] {
  let peak = 1;
  return Array.from(equity, (value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}
