/** What the majors-vs-alts calls take and answer. Columns share one index; null is a value that is missing. Pure zod. */
import { z } from 'zod';
import { monitorBookSchema } from '../monitor/monitor-book.js';
import { time } from './request-schemas.js';

const epochMs = z.number().describe('UTC epoch milliseconds, 00:00 of the day');
const book = monitorBookSchema.shape;
const runId = z.string().describe('Id of a run, or `latest`');

export const monitorRunParameters = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/),
});
export const monitorRangeQuery = z.strictObject({ from: time, to: time });
export const monitorDayQuery = z.strictObject({
  at: time.describe('A day of the run; its last when left out'),
});
export const monitorCompareQuery = z.strictObject({
  runs: z
    .string()
    .max(4000)
    .describe('Ids with commas between, two to twelve')
    .transform((text) => text.split(',').filter((id) => id !== '')),
});

const head = {
  run_id: runId,
  name: z.string(),
  title: book.title,
  category: z.string().nullable(),
  profile: book.profile,
  created_at: z.number(),
};

export const monitorRunsAnswer = z.array(
  z.object({
    ...head,
    from: epochMs.describe('First day that was read'),
    to: epochMs,
    test_days: z.int(),
    kpis: book.kpis,
    verdict: book.verdict,
  }),
);

export const monitorRunAnswer = z.object({
  ...head,
  regimes: book.regimes.describe('Index = the codes of the series'),
  data: book.data,
  rule: book.rule,
  kpis: book.kpis,
  intervals: book.intervals.describe('95 %, of blocks of days drawn again'),
  regime_metrics: book.regime_metrics,
  regime_eval: book.regime_eval,
  funding_coverage: book.funding_coverage,
  verdict: book.verdict,
  warnings: book.warnings,
  report: z.string().nullable().describe('Where its self-contained page is served'),
});

export const monitorSeriesAnswer = z.object({
  run_id: runId,
  regimes: book.regimes,
  rule: book.rule,
  timeline: book.timeline.describe('Every day with a price'),
  daily: book.daily.describe('Traded days; shares of equity'),
});

const dailyNumbers = z.record(z.string(), z.number().nullable());

export const monitorDayAnswer = z.object({
  run_id: runId,
  ts: epochMs,
  previous: epochMs.nullable(),
  next: epochMs.nullable(),
  regime: z.string(),
  held_regime: z.string().nullable().describe('Under which the return of the day was earned'),
  score: z.number().nullable(),
  contributions: dailyNumbers.describe('weight × z, before the high-volatility gate'),
  traded: z.boolean(),
  exit_reason: z.string(),
  rebalanced: z.boolean(),
  equity: z.number().nullable(),
  drawdown: z.number().nullable(),
  numbers: dailyNumbers,
  unfunded_gross: z.number().nullable().describe('Σ|w| held over the day without a known funding rate'),
  target_day: epochMs.nullable().describe('Day on which the book that is held was built'),
  book: z
    .array(
      z.object({
        asset_id: z.string(),
        weight: z.number(),
        basket_weight: z.number().nullable(),
        beta_btc: z.number().nullable(),
        beta_eth: z.number().nullable(),
      }),
    )
    .describe('Held after the close, longs first'),
});

export const monitorCompareAnswer = z.object({
  runs: z.array(
    z.object({
      ...head,
      kpis: book.kpis,
      intervals: book.intervals,
      verdict: book.verdict,
      ts: z.array(epochMs),
      equity: z.array(z.number()),
    }),
  ),
  overfitting: z
    .object({
      probability: z.number(),
      variants: z.int(),
      days: z.int(),
      choices: z.int(),
    })
    .nullable()
    .describe('That the best of these is below their median out of sample; null without common days'),
});

export const monitorSignalAnswer = z.object({
  run_id: runId,
  signal: z
    .looseObject({
      asof_date: z.string(),
      regime: z.string(),
      score: z.number(),
      suggested_gross: z.number(),
      expected_funding_daily: z.number(),
    })
    .nullable()
    .describe('signals_today.json of the run; null when nothing has a price'),
});
