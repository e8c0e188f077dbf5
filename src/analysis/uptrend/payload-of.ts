/**
 * A payload from what the engine knows of a bar and what the state machine made of it. One literal for every kind of
 * outcome, because copying one object into another costs several times as much as naming its fields.
 */
import type { Timeframe } from '../../market/timeframe.js';
import type { UptrendPayload, UptrendState } from './payload.js';
import type { TaNow } from './scores.js';
import type { Outcome } from './state-machine.js';

/** Puts the payload of a bar together; flags that are false are left out (spec uptrend-engine §5.1). */
export function payloadOf(
  instrument: string,
  timeframe: Timeframe,
  ts: number,
  before: UptrendState | '',
  price: number,
  ta: TaNow,
  warm: boolean,
  outcome: Outcome,
  meta: UptrendPayload['meta'],
): UptrendPayload {
  const { state, scores, diagnostics } = outcome;
  const { atr } = ta;
  const ema = {
    ema20: ta.ema20,
    ema30: ta.ema30,
    ema60: ta.ema60,
    ema144: ta.ema144,
    ema250: ta.ema250,
    ema333: ta.ema333,
  };
  if (state === 'S3' && scores !== undefined) {
    return {
      instrument_id: instrument,
      timeframe,
      ts,
      prev_state: before,
      price,
      atr,
      warm,
      ema,
      state,
      trim_flag: outcome.trim_flag!,
      buy_flag: outcome.buy_flag!,
      first_dip_buy_flag: outcome.first_dip_buy_flag!,
      emergency_exit: outcome.emergency_exit!,
      reclaimed_ema333: outcome.reclaimed_ema333!,
      scores,
      diagnostics: diagnostics!,
      meta,
    };
  }
  if (state === 'S2' && scores !== undefined) {
    return {
      instrument_id: instrument,
      timeframe,
      ts,
      prev_state: before,
      price,
      atr,
      warm,
      ema,
      state,
      trim_flag: outcome.trim_flag!,
      buy_flag: outcome.buy_flag!,
      scores,
      diagnostics: diagnostics!,
      meta,
    };
  }
  if (state === 'S1' && outcome.buy_signal !== undefined) {
    return {
      instrument_id: instrument,
      timeframe,
      ts,
      prev_state: before,
      price,
      atr,
      warm,
      ema,
      state,
      buy_signal: outcome.buy_signal,
      diagnostics: diagnostics!,
      meta,
    };
  }
  if (state === 'S0' && before === 'S0') {
    return {
      instrument_id: instrument,
      timeframe,
      ts,
      prev_state: before,
      price,
      atr,
      warm,
      ema,
      state,
      meta,
    };
  }
  // Transitions and the first steps: rare, each with fields of its own.
  return {
    instrument_id: instrument,
    timeframe,
    ts,
    prev_state: before,
    price,
    atr,
    warm,
    ema,
    ...outcome,
    meta,
  };
}
