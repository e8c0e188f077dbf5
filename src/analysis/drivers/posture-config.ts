/** Every constant of the posture that may be configured, with its default (regime spec §11, §13, §18). */
import { z } from 'zod';
import { DRIVERS, type Driver, REGIME_TIMEFRAMES, type RegimeTimeframe } from './driver.js';

const finite = z.number();
const rank = z.partialRecord(z.enum(['1', '2', '3', '4', '5', '6']), finite);

export const bucketOrderingSchema = z.strictObject({
  rank_adjustments: rank
    .default({ '1': 0.12, '2': 0.06, '3': 0.02, '4': -0.02, '5': -0.06, '6': -0.12 })
    .describe('Added to the multiplier by rank, 1 the strongest bucket'),
  slope_weight: finite.default(0.4).describe('Times the slope of the bucket'),
  min_confidence: z.number().min(0).max(1).default(0.4).describe('Below it the multiplier is 1'),
  min_multiplier: z.number().positive().default(0.7).describe('Least multiplier'),
  max_multiplier: z.number().positive().default(1.3).describe('Greatest multiplier'),
});
export type BucketOrdering = z.infer<typeof bucketOrderingSchema>;

const limits = z.strictObject({
  '1d': z
    .number()
    .positive()
    .default(3 * 24 * 60)
    .describe('Minutes after the close of the last bar'),
  '1h': z
    .number()
    .positive()
    .default(3 * 60)
    .describe('Minutes after the close of the last bar'),
  '1m': z.number().positive().default(5).describe('Minutes after the close of the last bar'),
});

export const postureConfigSchema = z.strictObject({
  tf_weighting: z
    .enum(['product', 'exec_only'])
    .default('product')
    .describe('Weight of a timeframe: base times execution multiplier, or the multiplier alone'),
  regime_strength: z.number().min(0).default(1).describe('Times all regime deltas'),
  channel_weights: z
    .partialRecord(z.enum(DRIVERS), z.partialRecord(z.enum(REGIME_TIMEFRAMES), finite))
    .default({})
    .describe('Signed weight of single channels in place of the weight of their driver'),
  stale_minutes: limits.prefault({}).describe('Age from which a channel no longer counts'),
  require_mature: z.boolean().default(false).describe('Only states of at least 333 bars count'),
  pulse_bars: z.int().min(1).default(1).describe('Bars that a transition into S0 counts'),
  rebuy: z.boolean().default(true).describe('A buy after a trim has its own row'),
  bucket_ordering: bucketOrderingSchema
    .nullable()
    .prefault({})
    .describe('Multiplier by strength of the bucket; null: none'),
});
export type PostureConfig = z.infer<typeof postureConfigSchema>;

/** @throws ZodError for a field that is unknown or out of range */
export function postureConfig(changes: z.input<typeof postureConfigSchema> = {}): PostureConfig {
  return postureConfigSchema.parse(changes);
}

export const DEFAULT_POSTURE: PostureConfig = postureConfig();

/** The weight that the configuration gives a channel in place of its driver's. */
export function channelWeight(
  config: PostureConfig,
  driver: Driver,
  timeframe: RegimeTimeframe,
): number | undefined {
  return config.channel_weights[driver]?.[timeframe];
}
