/**
 * The stored form of a payload (spec uptrend-engine §5.1), field by field: what a file, the HTTP API and a consumer may
 * rely on. Strict: a field that is not described here does not exist. docs/reference/uptrend-payload.md is made of it.
 */
import { z } from 'zod';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { UPTREND_PROFILES } from './profile.js';

export const UPTREND_STATES = ['S0', 'S1', 'S2', 'S3', 'S4'] as const;

const number = (words: string) => z.number().describe(words);
const share = (words: string) => z.number().min(0).max(1).describe(`${words}, 0..1`);
const yes = (words: string) => z.boolean().describe(words);
const flag = (words: string) => z.boolean().exactOptional().describe(`${words}; absent = false`);

const slopes = {
  ema60_slope: number('slope of the 60-bar average, fraction per bar').exactOptional(),
  ema144_slope: number('slope of the 144-bar average, fraction per bar').exactOptional(),
  ema250_slope: number('slope of the 250-bar average, fraction per bar').exactOptional(),
  ema333_slope: number('slope of the 333-bar average, fraction per bar').exactOptional(),
};

const trend = {
  ts_ok: yes('strength with boost reaches the gate'),
  ts_score: share('trend strength TS'),
  ts_with_boost: number('TS plus the boost of a near level, not clamped'),
  sr_boost: number('boost of a level near the average'),
};

const buyCheckSchema = z
  .strictObject({
    entry_zone_ok: yes('the close is within the halo of the average'),
    slope_ok: yes('the slow average rises'),
    ...trend,
    atr: number('average true range, quote currency'),
    halo: number('half width of the entry zone, quote currency'),
    price: number('close, quote currency'),
    ema_anchor: number('the average, quote currency: 60 bars in S1, 333 in S2'),
    ...slopes,
  })
  .describe('why a buy near an average is or is not signalled');

const s3BuyCheckSchema = z
  .strictObject({
    price: number('close, quote currency'),
    ema144: number('144-bar average, quote currency'),
    ema333: number('333-bar average, quote currency'),
    price_in_discount_zone: yes('close at or below the 144-bar average'),
    dx: share('dip quality'),
    dx_threshold_base: number('threshold of DX before adjustments'),
    edx_suppression: number('added for decay'),
    dx_threshold_adjusted: number('base plus suppression'),
    price_position_boost: number('subtracted for a close near the 333-bar average'),
    dx_threshold_final: number('what DX has to reach'),
    dx_ok: yes('DX reaches it'),
    slope_ok: yes('a slow average rises'),
    ema250_slope: number('slope of the 250-bar average, fraction per bar'),
    ema333_slope: number('slope of the 333-bar average, fraction per bar'),
    ...trend,
    emergency_exit: yes('close below the 333-bar average: no buy'),
    buy_flag: yes('all of it together'),
  })
  .describe('why a dip inside S3 is or is not bought');

const firstDipSchema = z
  .union([
    z.strictObject({
      reason: z
        .enum([
          'already_taken',
          'no_s3_start_ts',
          'cannot_calculate_bars',
          'invalid_emas',
          'emergency_exit_below_333',
          'invalid_atr',
        ])
        .describe('why it was not looked at'),
      price: number('close, quote currency').exactOptional(),
      ema333: number('333-bar average, quote currency').exactOptional(),
      bars_since_entry: number('bars since S3 began').exactOptional(),
    }),
    z.strictObject({
      bars_since_entry: number('bars since S3 began'),
      option1_ema20_30: yes('at most 6 bars, near the 20- or 30-bar average'),
      option2_ema60: yes('at most 12 bars, near the 60-bar average'),
      dist_ema20: number('distance, quote currency'),
      dist_ema30: number('distance, quote currency'),
      dist_ema60: number('distance, quote currency'),
      halo_20_30: number('half an ATR'),
      halo_60: number('half an ATR'),
      slope_ok: yes('a slow average rises'),
      ema144_slope: number('fraction per bar'),
      ema250_slope: number('fraction per bar'),
      ...trend,
      emergency_exit: z.literal(false).describe('never while this is looked at'),
      first_dip_buy_flag: yes('all of it together'),
    }),
    z.strictObject({}),
  ])
  .describe('the first dip of an episode; {} while the option is off, absent on the bar that enters S3');

const windowSchema = z
  .strictObject({
    bars: z.int().describe('bars of the window'),
    slow: share('decay of momentum'),
    struct: share('decay of the ZigZag structure'),
    part: share('decay of participation (anchored VWAP)'),
    comp: share('compression of the averages'),
  })
  .nullable();

const decaySchema = z
  .union([
    z.strictObject({
      error: z.literal('insufficient_s3_bars').describe('fewer than 10 bars since S3 began'),
      s3_bars: z.literal(0).describe('always 0'),
    }),
    z.strictObject({
      error: z.literal('insufficient_data').describe('fewer than 10 bars read (profile reference)'),
      bars: z.int().describe('bars read'),
    }),
    z.strictObject({
      edx_slow: share('momentum part'),
      edx_struct: share('structure part'),
      edx_part: share('participation part'),
      edx_geom: share('compression part'),
      windows: z
        .array(windowSchema)
        .length(3)
        .readonly()
        .describe('the whole episode, its last two thirds, its last third; null where too short'),
    }),
  ])
  .describe('parts of the decay index, or why there is none yet (EDX is 0.5 then)');

const diagnosticsSchema = z.strictObject({
  bootstrap: z.enum(['S3_from_S4', 'S0_from_S4']).exactOptional().describe('how S4 was left'),
  buy_check: buyCheckSchema.exactOptional(),
  s2_retest_check: buyCheckSchema.exactOptional(),
  decay: decaySchema.exactOptional(),
  rail_fast: share('distance above the 20-bar average').exactOptional(),
  rail_mid: share('distance above the 60-bar average').exactOptional(),
  rail_144: share('distance above the 144-bar average').exactOptional(),
  rail_250: share('distance above the 250-bar average').exactOptional(),
  exp_fast: share('widening of 20 against 60').exactOptional(),
  exp_mid: share('widening of 60 against 144').exactOptional(),
  atr_surge: share('ATR against its mean').exactOptional(),
  fragility: share('falling 20-bar average').exactOptional(),
  dx_location: number('place between the averages 333 and 144; up to 1.3').exactOptional(),
  exhaustion: share('low volume').exactOptional(),
  relief: share('calm and turning momentum').exactOptional(),
  edx_raw: share('decay index').exactOptional(),
  s3_buy_check: s3BuyCheckSchema.exactOptional(),
  first_dip_buy_check: firstDipSchema.exactOptional(),
});

/** One closed bar of one series. */
export const uptrendPayloadSchema = z.strictObject({
  instrument_id: z.string().min(1).describe('instrument, driver or book'),
  timeframe: z.enum(TIMEFRAMES).describe('of the series'),
  ts: z.int().describe('open of the bar, UTC ms; the payload is known from its close on'),
  state: z
    .enum(UPTREND_STATES)
    .describe('S0 downtrend, S1 first lift, S2 above the slow averages, S3 full uptrend, S4 not known yet'),
  prev_state: z.enum([...UPTREND_STATES, '']).describe('state of the bar before; empty on the first step'),
  price: z.number().positive().describe('close, quote currency'),
  atr: z.number().nonnegative().describe('average true range of 14 bars, quote currency'),
  warm: yes('the window holds the 333 bars of the slowest average'),
  ema: z
    .strictObject({
      ema20: number('quote currency'),
      ema30: number('quote currency'),
      ema60: number('quote currency'),
      ema144: number('quote currency'),
      ema250: number('quote currency'),
      ema333: number('quote currency'),
    })
    .describe('exponential averages of the close'),
  buy_signal: flag('first entry in S1'),
  buy_flag: flag('retest buy in S2, dip buy in S3'),
  trim_flag: flag('over-extended at a level'),
  first_dip_buy_flag: flag('first dip of an S3 episode, when the option is on'),
  exit_position: flag('the position must be closed'),
  exit_reason: z
    .enum(['fast_band_at_bottom', 's1_to_s0_bearish_order', 'all_emas_below_333'])
    .exactOptional()
    .describe('why; with exit_position only'),
  emergency_exit: flag('S3 below the 333-bar average: leave, may come back'),
  reclaimed_ema333: flag('back above it after an emergency'),
  watch_only: flag('state not known yet'),
  scores: z
    .strictObject({
      ox: share('over-extension'),
      dx: share('dip quality, S3').exactOptional(),
      edx: share('decay of the uptrend, S3').exactOptional(),
      ts: share('trend strength, S3').exactOptional(),
      ts_with_boost: number('TS plus boost').exactOptional(),
      sr_boost: number('boost of a level near the 333-bar average').exactOptional(),
    })
    .exactOptional()
    .describe('in S2 over-extension only, in S3 all; none on transitions and elsewhere'),
  diagnostics: diagnosticsSchema
    .exactOptional()
    .describe('the parts of every decision; present where one was made'),
  meta: z
    .strictObject({
      profile: z.enum(UPTREND_PROFILES).describe('behaviour profile'),
      revision: z
        .int()
        .nonnegative()
        .describe(
          '0 if computed in one go from the bars as they stand (API), else the number of a correction',
        ),
    })
    .describe('how it was computed'),
});
