/** What API callers may send (HMM spec §9). Times are ISO-8601 with a zone, dates, or epoch ms; never naive. */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { parseTime } from '../parse-time.js';
import { MODEL_ID } from '../regime/model-store.js';

const name = z.string().min(1).max(200);

const timeframe = z
  .string()
  .max(10)
  .describe(`One of ${TIMEFRAMES.join(' ')}`)
  .optional();

const time = z
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
  legacy: z.boolean().default(false),
  profile: z.enum(['scaled', 'scaled_autok', 'legacy']).optional(),
  model: z.literal('hmm').default('hmm'),
  covariance: z.enum(['full', 'diag', 'tied', 'spherical']).optional(),
  ta_flavour: z.enum(['wilder', 'ewm_adjusted', 'ewm_recursive']).optional(),
  restarts: z.int().min(1).max(1000).optional(),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  async: z.boolean().default(false).describe('Answer at once with a job id'),
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

export const modelParameters = z.object({ id: modelId });
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

/** @throws TidewatchError `bad_parameter` when the window is empty */
export function windowOf(body: {
  start_date?: string | number | null | undefined;
  end_date?: string | number | null | undefined;
}): { from: number | undefined; to: number | undefined } {
  const from = timeOf(body.start_date, 'start_date');
  const to = timeOf(body.end_date, 'end_date');
  if (from !== undefined && to !== undefined && from >= to) {
    throw new TidewatchError('bad_parameter', 'start_date is not before end_date', {
      hint: 'give an end_date after start_date',
      details: { start_date: from, end_date: to },
    });
  }
  return { from, to };
}
