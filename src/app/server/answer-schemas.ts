/**
 * What the API answers, apart from series (series-schemas.ts) and pushes (stream-messages.ts). Pure zod: the dashboard
 * reads its types from here. Objects that models or runs of other kinds may extend are loose.
 */
import { z } from 'zod';
import { JOB_STATUSES } from '../../platform/jobs/job.js';
import { partsAnswer } from './process-schemas.js';

const epochMs = z.number().describe('UTC epoch milliseconds');
const nullable = z.number().nullable();

export const errorAnswer = z.object({
  detail: z.string().describe('What failed, why, and what to do next'),
  code: z.string().describe('A code of docs/reference/errors.md'),
});

/** Every route may fail this way. */
export const failures = { '4xx': errorAnswer, '5xx': errorAnswer } as const;

export const stateStatistics = z.looseObject({
  state: z.int(),
  label: z.string(),
  count: z.int(),
  share: z.number(),
  avg_return: nullable,
  volatility: nullable,
  expected_duration: nullable,
});

export const trainAnswer = z.object({
  status: z.literal('success'),
  model_id: z.string(),
  reused: z.boolean().describe('An equal model was there already'),
  stats: z.record(z.string(), stateStatistics).describe('By state'),
  diagnostics: z.looseObject({}),
});

export const jobAccepted = z.object({ job_id: z.string() });

export const jobAnswer = z.object({
  id: z.string(),
  kind: z.string(),
  key: z.string().describe('What the job works on: one of a kind and key is open at a time'),
  status: z.enum(JOB_STATUSES),
  progress: z.number().min(0).max(1),
  measure: z
    .object({
      done: z.number(),
      expected: z.number().nullable(),
      unit: z.string().describe('What is counted: bars'),
      blocked: z.string().nullable().describe('What holds the job up at the moment'),
    })
    .nullable()
    .describe('What the running job has done, where it can count it; null otherwise'),
  attempt: z.int(),
  created_at: epochMs,
  updated_at: epochMs,
  started_at: epochMs.nullable(),
  finished_at: epochMs.nullable(),
  result: z.unknown(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
});

export const dataJobAnswer = jobAnswer.extend({
  exchange: z.string(),
  symbol: z.string(),
  timeframe: z.string(),
  start_ts: z.number().nullable(),
  end_ts: z.number().nullable(),
  options: z.object({ full_history: z.boolean() }),
});

export const regimeRow = z.object({
  timestamp: epochMs.describe('Open time of the bar'),
  regime: z.int(),
  label: z.string(),
  probs: z.array(z.number()).readonly(),
  price: z.number().describe('Close of the same bar'),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  available_at: epochMs.describe('From then on the row was known'),
  kind: z.enum(['filtered', 'smoothed']),
  lookahead: z.boolean(),
  in_sample: z.boolean(),
});

const labels = z.record(z.string(), z.string()).describe('State → label');

export const regimesAnswer = z.looseObject({
  model_id: z.string(),
  instrument_id: z.string(),
  timeframe: z.string(),
  kind: z.enum(['filtered', 'smoothed']),
  lookahead: z.boolean().describe('True: rows know bars after them, for study only'),
  source: z.enum(['native', 'derived']),
  labels,
  data: z.array(regimeRow),
});

const forecast = z.record(z.string(), z.array(z.number())).describe('Bars ahead → probability of each state');

export const latestAnswer = regimeRow.extend({
  model_id: z.string(),
  instrument_id: z.string(),
  timeframe: z.string(),
  labels,
  age_ms: z.number().describe('Since the bar closed'),
  forecast,
});

export const forecastAnswer = z.object({
  model_id: z.string(),
  timestamp: epochMs,
  available_at: epochMs,
  labels,
  probs: z.array(z.number()).readonly(),
  forecast,
});

export const hmmModel = z.looseObject({
  id: z.string(),
  instrument_id: z.string(),
  exchange: z.string(),
  symbol: z.string(),
  timeframe: z.string(),
  ts: epochMs.describe('Training time'),
  mtime: epochMs.describe('Modification time of the file'),
  engine_version: z.string(),
  data_hash: z.string(),
});

export const modelSummary = hmmModel.extend({
  model: z.string().describe('Model family'),
  profile: z.string(),
  n_states: z.int(),
  labels: z.array(z.string()),
  train_start: epochMs,
  train_end: epochMs,
  rows: z.int(),
});

export const modelList = z.object({
  models: z.array(modelSummary).describe('Newest first'),
  unreadable: z.array(z.object({ id: z.string(), code: z.string() })),
});

export const modelDetail = modelSummary.extend({
  config: z.looseObject({}),
  stats: z.array(stateStatistics),
  transition_matrix: z.array(z.array(z.number())).nullable(),
  stationary: z.array(z.number()).nullable(),
  diagnostics: z.looseObject({}),
});

export const deletedAnswer = z.object({
  status: z.literal('deleted'),
  model_id: z.string(),
  rows: z.number().describe('Stored regime rows that went with it'),
});

export const priceAnswer = z.object({
  timestamp: epochMs,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
});

export const coverageAnswer = z.array(
  z.looseObject({
    instrument_id: z.string(),
    exchange: z.string(),
    timeframe: z.string(),
    first_ts: epochMs,
    last_ts: epochMs,
    rows: z.int(),
    bytes: z.number(),
    age_ms: z.number(),
  }),
);

export const datasetsAnswer = z.array(
  z.object({
    dataset: z.string(),
    subject: z.string().describe('Instrument, coin or series that the rows are of'),
    venue: z.string(),
    timeframe: z.string().nullable(),
    rows: z.int(),
    first_ts: epochMs,
    last_ts: epochMs,
    files: z.int(),
    bytes: z.number().describe('Of those files, shared out by rows'),
    last_ingested_at: epochMs,
    age_ms: z.number().describe('Since the newest ts'),
  }),
);

export const gapsAnswer = z.object({
  instrument_id: z.string(),
  timeframe: z.string(),
  missing_bars: z.int(),
  expected_bars: z.int(),
  gaps: z
    .array(z.object({ from: epochMs, to: epochMs, bars: z.int() }))
    .describe('Longest first, at most 1,000'),
  total_gaps: z.int(),
});

export const instrumentsAnswer = z.array(
  z.object({
    instrument_id: z.string(),
    exchange: z.string(),
    symbol: z.string(),
    display: z.string().describe('As people write it: BTC/USDT'),
    kind: z.string(),
    watched: z.boolean(),
    timeframes: z
      .array(
        z.object({
          timeframe: z.string(),
          source: z.enum(['native', 'derived']),
          rows: z.int().nullable().describe('Stored bars; null when derived'),
          first_ts: epochMs,
          last_ts: epochMs,
        }),
      )
      .describe('Every timeframe that can be asked for'),
  }),
);

export const runManifest = z.looseObject({
  run_id: z.string(),
  kind: z.string(),
  created_at: epochMs,
  version: z.string(),
});

export const scorecardAnswer = z.object({
  model_id: z.string(),
  in_sample: z.looseObject({}).describe('What the training says of itself'),
  walk_forward: z
    .array(z.object({ manifest: runManifest, result: z.string().describe('Address of the study') }))
    .describe('Walk-forward and comparison runs of the same series, newest first'),
});

export const runsAnswer = z.array(
  z.object({ manifest: runManifest, report: z.string().nullable().describe('Address of its HTML report') }),
);

export const runAnswer = z.object({
  manifest: runManifest,
  report: z.string().nullable(),
  tables: z.array(
    z.object({
      name: z.string(),
      bytes: z.number(),
      href: z.string(),
    }),
  ),
});

export const featureSetsAnswer = z.array(
  z.looseObject({
    name: z.string(),
    columns: z.array(z.looseObject({ name: z.string() })),
    warm_up: z.int().nullable().describe('Bars of history that a row needs; null when all of it'),
  }),
);

export const healthAnswer = z.object({
  status: z.enum(['green', 'amber', 'red']),
  version: z.string(),
  as_of: epochMs,
  uptime_ms: z.number(),
  items: z.array(
    z.object({
      name: z.string(),
      light: z.enum(['green', 'amber', 'red']),
      value: z.number(),
      unit: z.string(),
      reason: z.string().optional().describe('Why it is not green, where the value does not say it'),
    }),
  ),
  parts: partsAnswer.describe('Parts of `tidewatch up`; none in `serve`'),
  series: z.array(
    z.object({ instrument_id: z.string(), timeframe: z.string(), last_ts: epochMs, age_ms: z.number() }),
  ),
});

export const aliveAnswer = z.object({
  status: z.enum(['ok', 'lease_lost']),
  lease: z
    .enum(['held', 'standby', 'lost'])
    .nullable()
    .describe('Standby: another process holds it; null: this process needs none'),
});
export const readyAnswer = z.object({ status: z.enum(['ready', 'not_ready']), reasons: z.array(z.string()) });

export const statusAnswer = z.object({
  version: z.string(),
  now: epochMs,
  uptime_ms: z.number(),
  token_required: z.boolean().describe('Changing calls and the stream need the bearer token'),
  instruments: z.int(),
  models: z.int(),
  runs: z.int(),
  newest_bar_ts: epochMs.nullable(),
  timeframes: z.array(z.string()),
  default_instrument: z.string(),
  default_timeframe: z.string(),
});
