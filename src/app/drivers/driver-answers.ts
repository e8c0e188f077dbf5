/**
 * What the drivers answer, to the command line and over HTTP alike. Pure zod: the dashboard reads its types from here.
 */
import { z } from 'zod';
import { BUCKETS, DEFAULT_BOOK, DRIVERS, REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';

const epochMs = z.number().describe('UTC epoch milliseconds');
const driver = z.enum(DRIVERS);
const timeframe = z.enum(REGIME_TIMEFRAMES);
const unit = z.number().min(0).max(1);

export const CELL_FLAGS = ['BUY', 'TRIM', 'EMERG', 'REBUY', 'DIP', 'RECLAIM'] as const;

export const driverCell = z.object({
  driver,
  timeframe,
  required: z.boolean(),
  state: z.string().nullable().describe('S0 to S4; null before the first evaluation'),
  prev_state: z.string().nullable().describe('State after the bar before'),
  flags: z.array(z.enum(CELL_FLAGS)).describe('Those that the evaluated bar carries'),
  bar_ts: epochMs.nullable().describe('Open of the evaluated bar'),
  age_ms: z.number().nullable().describe('Since the newest stored bar closed'),
  status: z.enum(['ok', 'late', 'stale', 'missing']),
  reason: z.string().nullable().describe('Why the cell is late, stale or missing'),
  counts: z.boolean().describe('A and E take it in'),
  source: z.string().nullable().describe('Of the newest bar'),
  bars: z.int().describe('Stored bars'),
  mature: z.boolean().nullable().describe('The slowest average has its 333 bars'),
  bars_in_state: z.int().nullable(),
  component_count: z.int().nullable().describe('Members of the newest bar of a composite'),
  thin: z.boolean().nullable().describe('Fewer than eight members'),
  partial: z.boolean().nullable().describe('The newest bar lacks more than half of its source'),
  close: z.number().nullable().describe('USD, index points, or percent for dominance'),
});

export const channel = z.object({
  driver,
  timeframe,
  status: z.enum(['live', 'stale', 'immature', 'invalid', 'missing']),
  state: z.string().nullable(),
  bar_ts: epochMs.nullable(),
  raw_delta_a: z.number(),
  raw_delta_e: z.number(),
  weight: z.number().describe('Driver × timeframe × execution'),
  delta_a: z.number(),
  delta_e: z.number(),
});

export const postureAnswer = z.object({
  bucket: z.string().nullable().describe('As asked'),
  bucket_driver: z.enum(BUCKETS),
  bucket_defaulted: z.boolean().describe('No bucket was told, so the documented one stands in'),
  timeframe: z.enum(EXECUTION_TIMEFRAMES).describe('Execution timeframe'),
  instrument_id: z.string().nullable(),
  market_cap_usd: z.number().nullable(),
  a: unit.describe('Add appetite'),
  e: unit.describe('Exit assertiveness'),
  a_regime: unit,
  e_regime: unit,
  regime_delta_a: z.number(),
  regime_delta_e: z.number(),
  intent_delta_a: z.number(),
  intent_delta_e: z.number(),
  bucket_multiplier: z.number(),
  bucket_rank: z.int().nullable(),
  position_size_frac: z.number(),
  coverage: unit,
  channels_live: z.int(),
  degraded: z.boolean(),
  channels: z.array(channel),
  as_of: epochMs,
});
export type PostureAnswer = z.infer<typeof postureAnswer>;

const postureRow = z.object({
  bucket: z.enum(BUCKETS),
  a: unit,
  e: unit,
  coverage: unit,
  channels_live: z.int(),
  degraded: z.boolean(),
});

export const driversAnswer = z.object({
  book: z.string(),
  as_of: epochMs,
  evaluated_cells: z.int().describe('Cells with a state'),
  live_cells: z.int().describe('Cells that A and E take in'),
  cells: z.array(driverCell).describe('24: eight drivers, 1d 1h 1m'),
  timeframe: z.enum(EXECUTION_TIMEFRAMES).describe('Execution timeframe of the sample below'),
  posture: z.array(postureRow).describe('A and E of each bucket, without intent'),
});
export type DriversAnswer = z.infer<typeof driversAnswer>;
export type DriverCell = z.infer<typeof driverCell>;

export const whatIfAnswer = z.object({
  before: postureAnswer.describe('As it is'),
  after: postureAnswer.describe('With the overrides'),
});

export const historyAnswer = z.object({
  bucket: z.enum(BUCKETS),
  timeframe: z.enum(EXECUTION_TIMEFRAMES),
  step: timeframe.describe('One row per closed bar of it'),
  ts: z.array(epochMs).describe('Close of the bar: the time at which A and E were known'),
  a: z.array(unit),
  e: z.array(unit),
  coverage: z.array(unit),
  channels_live: z.array(z.int()),
  price: z.array(z.number().nullable()).describe('Close of BTC, USD'),
  states: z
    .array(
      z.object({
        driver,
        timeframe,
        runs: z
          .array(z.object({ from: epochMs, state: z.string() }))
          .describe('By the open of the first bar'),
      }),
    )
    .describe('Stretches of one state per channel'),
});
export type HistoryAnswer = z.infer<typeof historyAnswer>;

const origins = {
  data: z
    .enum(['real', 'synthetic', 'mixed'])
    .nullable()
    .describe('Whether what the cell stands on ever happened; null: nothing is stored'),
  origins: z
    .array(z.object({ name: z.string(), kind: z.enum(['real', 'synthetic']), rows: z.int() }))
    .describe('Whose stored rows it is made of, the most first'),
};

const alertLevel = z.enum(['info', 'warning', 'critical']);

export const driversHealthAnswer = z.object({
  as_of: epochMs,
  status: z.enum(['ok', 'degraded', 'critical']),
  cells: z.array(
    driverCell
      .pick({
        driver: true,
        timeframe: true,
        required: true,
        status: true,
        reason: true,
        age_ms: true,
        source: true,
        bars: true,
        component_count: true,
      })
      .extend({ gaps: z.int(), missing_bars: z.int(), partial_bars: z.int(), ...origins }),
  ),
  dominance: z.object({
    provider_updated_at: epochMs.nullable(),
    age_ms: z.number().nullable().describe('Since the provider last renewed its numbers'),
    sampled_at: epochMs.nullable().describe('Newest stored sample'),
    unchanged_ms: z
      .number()
      .nullable()
      .describe('Since a share last changed, of the one that stood still for longer'),
    static_provider: z.boolean().describe('Nothing new for more than half an hour'),
  }),
  steps: z
    .array(
      z.object({
        timeframe,
        step: z.string(),
        failed_in_a_row: z.int(),
        last_error: z.string().nullable().describe('The first error of the last run'),
      }),
    )
    .describe(
      'Steps of the pipeline that this process has run, and how often each has failed since it last did not',
    ),
  compared: z
    .array(z.object({ timeframe, component: z.string(), sources: z.array(z.string()), ratio: z.number() }))
    .describe('Coins whose sources differed by more than 2 % where they were last compared'),
  alerts: z.array(z.object({ name: z.string(), level: alertLevel, message: z.string() })),
});
export type DriversHealth = z.infer<typeof driversHealthAnswer>;

export const verifyAnswer = z.object({
  as_of: epochMs,
  bars: z.array(
    z.object({
      driver,
      timeframe,
      bars: z.int(),
      first_ts: epochMs.nullable(),
      last_ts: epochMs.nullable(),
      partial_share: z.number(),
      sources: z.array(z.string()),
      ...origins,
    }),
  ),
  records: z.array(
    z.object({
      driver: z.string(),
      timeframe: z.string(),
      state: z.string().nullable(),
      prev_state: z.string().nullable(),
      flags: z.array(z.enum(CELL_FLAGS)),
      bar_ts: epochMs.nullable(),
      bars_count: z.int(),
    }),
  ),
  posture: z.array(postureRow),
  empty: z.array(z.object({ driver, timeframe, lacks: z.enum(['bars', 'state']), required: z.boolean() })),
  late: z
    .array(z.object({ driver, timeframe, status: z.enum(['late', 'stale']), reason: z.string() }))
    .describe('Cells that are filled, with bars that are too old'),
  passed: z.boolean().describe('No cell of a required driver is empty'),
  complete: z.boolean().describe('No cell is empty'),
});
export type VerifyAnswer = z.infer<typeof verifyAnswer>;

export const driversQuery = z.strictObject({
  book: z.string().min(1).max(40).default(DEFAULT_BOOK).describe('Book whose drivers are meant'),
});

export const postureQuery = z.strictObject({
  bucket: z.string().min(1).max(40).optional().describe('nano, small, mid or big; a cap tier is understood'),
  timeframe: z.enum(EXECUTION_TIMEFRAMES).default('1h').describe('Execution timeframe'),
  symbol: z.string().min(1).max(200).optional().describe('A token whose tag tells the bucket'),
});

const override = z.strictObject({
  driver,
  timeframe,
  state: z.enum(['S0', 'S1', 'S2', 'S3', 'S4']).nullable().optional().describe('null: no record'),
  prev_state: z.enum(['S0', 'S1', 'S2', 'S3', 'S4', '']).optional(),
  buy: z.boolean().optional(),
  trim: z.boolean().optional(),
  first_dip: z.boolean().optional(),
  rebuy: z.boolean().optional(),
});
export type ChannelOverride = z.infer<typeof override>;

export const whatIfBody = z.strictObject({
  ...postureQuery.shape,
  overrides: z.array(override).max(24).default([]).describe('What a channel should say instead'),
  intent_delta_a: z.number().min(-1).max(1).optional().describe('Capped at 0.4 either way'),
  intent_delta_e: z.number().min(-1).max(1).optional().describe('Capped at 0.4 either way'),
});

const time = z.coerce.number().int().min(0).max(8_640_000_000_000_000);

export const historyQuery = z.strictObject({
  bucket: z.enum(BUCKETS).default('big'),
  timeframe: z.enum(EXECUTION_TIMEFRAMES).default('1h').describe('Execution timeframe'),
  step: timeframe.default('1h').describe('One row per closed bar of this timeframe'),
  from: time.optional().describe('First close, UTC epoch milliseconds'),
  to: time.optional().describe('Closes before, UTC epoch milliseconds'),
  limit: z.coerce.number().int().min(1).max(20_000).default(1000).describe('Newest rows at most'),
});
