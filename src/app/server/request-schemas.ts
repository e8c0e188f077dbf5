/** What API callers may send (HMM spec §9). Times are ISO-8601 with a zone, dates, or epoch ms; never naive. */
import { z } from 'zod';
import { servedRuleSchema } from '../../analysis/models/decoding.js';
import { TRAINABLE } from '../../analysis/models/model-families.js';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { JOB_STATUSES } from '../../platform/jobs/job.js';
import { parseTime } from '../parse-time.js';
import { MODEL_ID } from '../regime/model-store.js';
import { MOST_POINTS } from './series-schemas.js';

/** Run and model ids are names of files: no separator, no dot in front. */
const RUN_ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

const name = z.string().min(1).max(200);

const timeframe = z
  .string()
  .max(10)
  .describe(`One of ${TIMEFRAMES.join(' ')}`)
  .optional();

export const time = z
  .union([z.string().max(40), z.int().min(0)])
  .nullish()
  .describe('ISO-8601 with zone, or a date');
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0'])]).transform((value) => {
  return value === true || value === 'true' || value === '1';
});

export const seriesQuery = z.strictObject({
  exchange: name.optional().describe('First part of an instrument id: binance, binanceusdm, kraken …'),
  symbol: name
    .optional()
    .describe('BTC/USDT, BTCUSDT or a full instrument id; the first watched one when left out'),
  timeframe,
});

export const trainBody = z.strictObject({
  ...seriesQuery.shape,
  n_states: z.int().min(1).max(12).default(3),
  start_date: time,
  end_date: time,
  auto_k: z.boolean().default(false),
  k_min: z.int().min(1).max(12).default(2),
  k_max: z.int().min(1).max(12).default(4),
  strict_k: z.boolean().default(false).describe('Exactly n_states, whatever auto_k and the profile say'),
  legacy: z.boolean().default(false),
  profile: z.enum(['scaled', 'scaled_autok', 'legacy']).optional(),
  model: z.enum(TRAINABLE).default('hmm'),
  covariance: z.enum(['full', 'diag', 'tied', 'spherical']).optional(),
  features: z
    .union([name, z.array(name).min(1).max(32)])
    .optional()
    .describe('Feature sets by name (hmm, funding, hmm@1h+4h …), columns of them to learn from, or both'),
  ta_flavour: z.enum(['wilder', 'ewm_adjusted', 'ewm_recursive']).optional(),
  restarts: z.int().min(1).max(1000).optional(),
  settings: z
    .record(z.string().max(40), z.union([z.string().max(200), z.number(), z.boolean()]))
    .optional()
    .describe('Settings of the model family, such as {"jump_penalty": 100}'),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  sticky: z
    .number()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Least mean stay in a state, bars; the same as the setting target_duration'),
  decode: servedRuleSchema
    .optional()
    .describe(
      'How a bar gets its regime from filtered probabilities, causally; the most probable state when left out',
    ),
  async: z.boolean().default(false).describe('Answer at once with a job id'),
});

export const dataJobBody = z.strictObject({
  ...seriesQuery.shape,
  start_timestamp: time,
  end_timestamp: time,
  options: z
    .strictObject({ full_history: z.boolean().default(false).describe('Everything that the venue has') })
    .prefault({}),
});

export const dataJobQuery = z.strictObject({
  status: z.enum(JOB_STATUSES).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const dataJobAction = z.strictObject({
  action: z.enum(['validate', 'resume', 'cancel', 'download']),
});

export const dataJobFileQuery = z.strictObject({
  format: z.enum(['csv', 'parquet']).default('csv').describe('csv: times as ISO-8601; parquet: epoch ms'),
});

export const modelId = z.string().regex(MODEL_ID);

export const regimeQuery = seriesQuery.extend({
  model_id: modelId.optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(2000),
  start_date: time,
  end_date: time,
  persist: flag.default(true),
  use_persisted: flag.default(true),
  kind: z.enum(['filtered', 'smoothed']).default('filtered'),
});

export const latestQuery = seriesQuery.extend({
  model_id: modelId.optional(),
  use_persisted: flag.default(true),
});

/** A window of a chart, given by its ends or by how many bars long it is. */
export const chartWindow = {
  from: time,
  to: time,
  last: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe('Instead of `from`: so many bar lengths back from `to`, or from the newest bar'),
};
export const chartPoints = z.coerce
  .number()
  .int()
  .min(10)
  .max(MOST_POINTS)
  .default(2000)
  .describe('Rows at most');

export const viewQuery = z.strictObject({
  ...chartWindow,
  points: chartPoints,
  model_id: modelId.optional().describe('Adds the regimes of this model'),
  kind: z.enum(['filtered', 'smoothed']).default('filtered'),
});

export const modelRegimesQuery = z.strictObject({
  from: time,
  to: time,
  limit: z.coerce.number().int().min(1).max(100_000).default(2000),
  kind: z.enum(['filtered', 'smoothed']).default('filtered'),
});

export const forecastQuery = z.strictObject({
  bars: z
    .string()
    .regex(/^\d{1,4}(,\d{1,4}){0,19}$/)
    .default('1,5,20')
    .describe('Horizons in bars, 1 to 1000')
    .transform((text) => text.split(',').map(Number)),
});

export const instrumentId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9_]+:[A-Za-z0-9_-]+:[A-Za-z0-9._-]+$/)
  .describe('venue:section:symbol');

export const seriesParameters = z.object({ instrument: instrumentId, timeframe: z.enum(TIMEFRAMES) });
export const runParameters = z.object({ id: z.string().regex(RUN_ID) });
/** A table's name never begins with a dot and has a type that is served. */
export const TABLE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}\.(json|csv|parquet)$/;
export const tableParameters = runParameters.extend({ name: z.string().regex(TABLE_NAME) });

export const modelParameters = z.object({ id: modelId });
export const jobsQuery = z.strictObject({
  kind: name.optional(),
  key: name.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const jobAction = z.strictObject({ action: z.enum(['cancel', 'retry']) });
export const jobParameters = z.object({ id: z.uuid() });

/**
 * Epoch ms of a time field; undefined when it is absent.
 * @throws TidewatchError `naive_time`, `bad_parameter`
 */
export function timeOf(value: string | number | null | undefined, field: string): number | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'number') return value;
  return /^\d{10,15}$/.test(value) ? Number(value) : parseTime(value, field);
}

/**
 * @param names what the caller calls the two fields
 * @throws TidewatchError `naive_time`, and `bad_parameter` when the window is empty
 */
export function windowOf(
  body: {
    start_date?: string | number | null | undefined;
    end_date?: string | number | null | undefined;
  },
  [start, end]: readonly [string, string] = ['start_date', 'end_date'],
): { from: number | undefined; to: number | undefined } {
  const from = timeOf(body.start_date, start);
  const to = timeOf(body.end_date, end);
  if (from !== undefined && to !== undefined && from >= to) {
    throw new TidewatchError('bad_parameter', `${start} is not before ${end}`, {
      hint: `give ${end} after ${start}`,
      details: { [start]: from, [end]: to },
    });
  }
  return { from, to };
}
