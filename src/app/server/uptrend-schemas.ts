/**
 * What the uptrend calls take and answer. A row of a series is one bar while they fit into `points`, else one bucket of
 * the ladder; averages and levels are then of its last bar, scores the highest inside, and nothing is dropped: runs and
 * markers are told bar by bar, or counted per row when there are too many. Pure zod.
 */
import { z } from 'zod';
import { UPTREND_STATES, uptrendPayloadSchema } from '../../analysis/uptrend/payload-schema.js';
import { UPTREND_PROFILES } from '../../analysis/uptrend/profile.js';
import { UPTREND_MARKERS } from '../../analysis/uptrend/uptrend-digest.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { SCAN_ORDERS } from '../uptrend/scan-rows.js';
import { chartPoints, chartWindow, modelId, seriesQuery, time } from './request-schemas.js';
import { regimeColumns, seriesAnswer } from './series-schemas.js';

const epochMs = z.number().describe('UTC epoch milliseconds');
const known = z.array(z.number().nullable());
const state = z.enum(UPTREND_STATES);
const profile = z.enum(UPTREND_PROFILES).default('standard').describe('Behaviour of the engine');
const states = z
  .string()
  .regex(/^S[0-4](,S[0-4]){0,4}$/)
  .transform((text) => text.split(','));

const at = time.describe('The bar that holds this time; the newest when left out');

export const uptrendSeriesQuery = seriesQuery.extend({
  profile,
  ...chartWindow,
  max_points: chartPoints,
  overlay: z
    .union([z.literal('hmm'), modelId])
    .optional()
    .describe(
      'Adds the filtered probabilities of this model, or of the newest hmm of the series, as `regime`',
    ),
});

export const uptrendAtQuery = seriesQuery.extend({ profile, at });

export const uptrendTimelineQuery = seriesQuery.omit({ timeframe: true }).extend({
  timeframes: z
    .string()
    .max(60)
    .default('1h,4h,1d')
    .describe(`Some of ${TIMEFRAMES.join(' ')} with commas between`)
    .transform((text) => text.split(',')),
  profile,
  from: time,
  to: time,
});

export const uptrendScanQuery = z.strictObject({
  timeframe: seriesQuery.shape.timeframe,
  profile,
  state: states.optional().describe('Only these, as in S2,S3'),
  sort: z.enum(SCAN_ORDERS).default('state').describe('S3 first; the highest score, the latest change first'),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
});

/** What every answer says of the bars behind it. */
const freshness = {
  as_of: epochMs.describe('Close of the newest bar that the engine has seen'),
  age_ms: z.number().describe('Since then'),
  stale: z.boolean().describe('A newer bar should have closed by now, says the calendar of the market'),
};

const subject = {
  instrument_id: z.string(),
  timeframe: z.string(),
  profile: z.enum(UPTREND_PROFILES),
};

const runs = z.object({
  exact: z.boolean().describe('False: too many for one answer, made of the rows instead of the bars'),
  state: z.array(z.int()).describe('0 to 4 for S0 to S4'),
  from: z.array(epochMs).describe('Open time of the first bar'),
  to: z.array(epochMs).describe('Close time of the last bar'),
  bars: z.array(z.int()),
});

const markers = z
  .object({
    exact: z.boolean().describe('False: too many for one answer, one per row and kind with a count'),
    kinds: z.array(z.enum(UPTREND_MARKERS)).describe('Names of `kind`'),
    ts: z.array(epochMs).describe('Open of the bar; of the first one where several are counted'),
    kind: z.array(z.int()).describe('Position in `kinds`'),
    state: z.array(z.int()),
    price: z.array(z.number()).describe('Close of that bar'),
    value: known.describe('TS with boost of a check or buy, OX of a trim; null elsewhere'),
    count: z.array(z.int()).describe('Bars that the entry stands for'),
  })
  .describe('By time; an emergency is marked on its first bar');

const uptrendColumns = z.object({
  state: z.array(z.int()).describe('0 to 4 for S0 to S4: the state of most bars of the row, −1 without one'),
  share: z.array(z.int()).describe('Per mille of the bars of the row that are in `state`'),
  changes: z.array(z.int()).describe('State changes inside the row'),
  ema20: known,
  ema30: known,
  ema60: known,
  ema144: known,
  ema250: known,
  ema333: known,
  atr: known.describe('Quote currency'),
  ts: known.describe('Trend strength, where a buy was looked at'),
  ox: known.describe('Over-extension, S2 and S3'),
  dx: known.describe('Dip quality, S3'),
  edx: known.describe('Decay of the uptrend, S3'),
  warm_from: epochMs.nullable().describe('First bar that does not owe its averages to the first bars'),
  runs,
  markers,
});

export const uptrendSeriesAnswer = seriesAnswer.extend({
  profile: z.enum(UPTREND_PROFILES),
  uptrend: uptrendColumns,
  regime: regimeColumns
    .extend({
      probabilities: z
        .array(z.array(z.int().nullable()))
        .describe('One column per state: mean filtered probability, per mille; null where there is none'),
    })
    .nullable()
    .describe('The overlay'),
  ...freshness,
});

const condition = z.object({
  words: z.string(),
  ok: z.boolean(),
  gap: z.number().nullable().describe('Left over right side − 1; null where the sides are no prices'),
});

export const uptrendExplainAnswer = z.object({
  ...subject,
  payload: uptrendPayloadSchema,
  since: epochMs.describe('Open of the first bar in this state'),
  bars_in_state: z.int(),
  explanation: z.object({
    state,
    name: z.string(),
    sentence: z.string().describe('Why this state'),
    paths: z
      .array(
        z.object({
          to: state,
          conditions: z.array(condition).readonly(),
          sentence: z.string().describe('What is missing for it'),
        }),
      )
      .readonly(),
    signals: z
      .array(
        z.object({
          flag: z.enum(['buy_signal', 'buy_flag', 'trim_flag']),
          raised: z.boolean(),
          conditions: z.array(condition).readonly(),
          sentence: z.string(),
        }),
      )
      .readonly(),
  }),
  ...freshness,
});

const level = z.object({
  price: z.number(),
  strength: z.number().describe('Touches, or 15 and more for a Fibonacci level'),
  confidence: z.number(),
  type: z.literal('line'),
  source: z.enum(['ATH', 'ATL', 'fib_retracement', 'fib_extension']).exactOptional(),
  touches: z.int().exactOptional(),
  fib_id: z.string().exactOptional(),
  fib_level: z.string().exactOptional(),
  correlation: z.enum(['HIGH', 'MEDIUM', 'LOW', 'NONE']).exactOptional(),
  take_profit_target: z.literal(true).exactOptional(),
  price_rounded: z.number(),
  order_desc: z.int(),
});

export const uptrendLevelsAnswer = z.object({
  ...subject,
  ts: epochMs.describe('Open of the bar at which they are in force'),
  price: z.number().describe('Close of that bar'),
  atr: z.number(),
  levels: z.array(level).readonly().describe('Highest first'),
  swing_points: z.object({ highs: z.int(), lows: z.int() }),
  ...freshness,
});

const now = z.object({
  state,
  since: epochMs.describe('Open of the first bar in this state'),
  bars_in_state: z.int(),
  price: z.number(),
  warm: z.boolean(),
});

export const uptrendTimelineAnswer = z.object({
  instrument_id: z.string(),
  profile: z.enum(UPTREND_PROFILES),
  from: epochMs,
  to: epochMs,
  timelines: z.array(
    z.object({
      timeframe: z.string(),
      timeframe_ms: z.int(),
      now: now.nullable().describe('At the newest bar; null with the reason in `skipped`'),
      skipped: z.string().nullable(),
      runs,
      as_of: epochMs.nullable(),
      age_ms: z.number().nullable(),
      stale: z.boolean(),
    }),
  ),
});

const scanRow = z.object({
  instrument_id: z.string(),
  display: z.string(),
  state: state.nullable().describe('Null with the reason in `skipped`'),
  ts: epochMs.nullable().describe('Open of the newest bar'),
  since: epochMs.nullable().describe('Open of the first bar in this state'),
  bars_in_state: z.int().nullable(),
  price: z.number().nullable(),
  warm: z.boolean().nullable(),
  flags: z.array(z.string()).readonly(),
  ox: z.number().nullable(),
  dx: z.number().nullable(),
  edx: z.number().nullable(),
  ts_with_boost: z.number().nullable(),
  skipped: z.string().nullable(),
  stale: z.boolean(),
});

export const uptrendScanAnswer = z.object({
  timeframe: z.string(),
  profile: z.enum(UPTREND_PROFILES),
  instruments: z.int().describe('Looked at'),
  counts: z.record(z.string(), z.int()).describe('By state, before `state` and `limit`'),
  rows: z.array(scanRow),
  as_of: epochMs.nullable().describe('Close of the newest bar of all'),
  age_ms: z.number().nullable(),
});
