/** A and E as the callers get them, with everything that made them, from one reading of the records. */
import type { ChannelState } from '../../analysis/drivers/channel-deltas.js';
import { BUCKETS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { ExecutionTimeframe } from '../../analysis/drivers/execution-weights.js';
import { computeLevers, type DriverRecords, type Posture } from '../../analysis/drivers/posture.js';
import type { ChannelOverride, DriversAnswer, PostureAnswer } from './driver-answers.js';

/** A token in the words of a caller; capitalisation in USD, deltas of intent are capped at 0.4. */
export interface AskedToken {
  readonly bucket: string | null;
  readonly timeframe: ExecutionTimeframe;
  readonly instrument?: string | null;
  readonly marketCapUsd?: number | null;
  readonly intentDelta?: { readonly a: number; readonly e: number } | null;
}

/** A and E of one token with everything they were made of; `now` is UTC ms. */
export function postureAnswerOf(posture: Posture, token: AskedToken, now: number): PostureAnswer {
  const levers = computeLevers(posture, {
    bucket: token.bucket,
    executionTimeframe: token.timeframe,
    intentDelta: token.intentDelta ?? null,
  });
  const { diagnostics } = levers;
  return {
    bucket: token.bucket,
    bucket_driver: diagnostics.bucket_driver,
    bucket_defaulted: diagnostics.bucket_defaulted,
    timeframe: diagnostics.execution_timeframe,
    instrument_id: token.instrument ?? null,
    market_cap_usd: token.marketCapUsd ?? null,
    a: levers.A_value,
    e: levers.E_value,
    a_regime: diagnostics.components.regime.a_regime,
    e_regime: diagnostics.components.regime.e_regime,
    regime_delta_a: diagnostics.regime_delta_a,
    regime_delta_e: diagnostics.regime_delta_e,
    intent_delta_a: diagnostics.dA,
    intent_delta_e: diagnostics.dE,
    bucket_multiplier: diagnostics.bucket.multiplier,
    bucket_rank: diagnostics.bucket.rank,
    position_size_frac: levers.position_size_frac,
    coverage: diagnostics.coverage,
    channels_live: diagnostics.channels_live,
    degraded: diagnostics.degraded,
    channels: diagnostics.channels.map((channel) => ({ ...channel })),
    as_of: now,
  };
}

/** A and E of every bucket, without intent. */
export function postureSample(posture: Posture, timeframe: ExecutionTimeframe): DriversAnswer['posture'] {
  return BUCKETS.map((bucket) => {
    const { A_value, E_value, diagnostics } = computeLevers(posture, {
      bucket,
      executionTimeframe: timeframe,
    });
    const { coverage, channels_live, degraded } = diagnostics;
    return { bucket, a: A_value, e: E_value, coverage, channels_live, degraded };
  });
}

/** Records as they would read if channels said something else. An overridden channel counts as just evaluated. */
export function overridden(records: DriverRecords, overrides: readonly ChannelOverride[]): DriverRecords {
  const changed: Record<string, Record<string, ChannelState | null>> = {};
  for (const [driver, own] of Object.entries(records)) changed[driver] = { ...own };
  for (const { driver, timeframe, state, prev_state, buy, trim, first_dip, rebuy } of overrides) {
    changed[driver] ??= {};
    const before = records[driver as Driver]?.[timeframe as RegimeTimeframe] ?? null;
    if (state === null) {
      changed[driver]![timeframe] = null;
      continue;
    }
    // a state that is set by hand brings no flags of the one before
    const base: ChannelState =
      before === null || (state !== undefined && state !== before.state)
        ? { state: state ?? 'S4', prev_state: state ?? 'S4', ts: null, warm: true }
        : { ...before, ts: null };
    const now = state ?? base.state;
    changed[driver]![timeframe] = {
      ...base,
      state: now,
      ...(prev_state === undefined ? {} : { prev_state, entered_from: prev_state, bars_in_state: 0 }),
      // a buy is a signal in S1 and a flag later; either counts once
      ...(buy === undefined ? {} : { buy_signal: buy, buy_flag: buy }),
      ...(trim === undefined ? {} : { trim_flag: trim }),
      ...(first_dip === undefined ? {} : { first_dip_buy_flag: first_dip }),
      ...(rebuy === undefined ? {} : { rebuy_flag: rebuy }),
    };
  }
  return changed as DriverRecords;
}
