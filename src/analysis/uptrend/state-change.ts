/** The event of a changed state (spec uptrend-engine §5.1). */
import type { UptrendPayload, UptrendState } from './payload.js';

/** A step from one state to another, with the payload of the bar that made it. */
export interface UptrendStateChange {
  readonly type: 'uptrend_state_change';
  /** Instrument, driver or book. */
  readonly asset: string;
  /** Open of the bar, UTC ms. */
  readonly ts: number;
  readonly from: UptrendState;
  readonly to: UptrendState;
  readonly payload: UptrendPayload;
}

/** @returns null while the state stays, and on the first step: from nothing no state changes */
export function uptrendStateChange(payload: UptrendPayload): UptrendStateChange | null {
  const { instrument_id: asset, ts, prev_state: from, state: to } = payload;
  if (from === '' || from === to) return null;
  return { type: 'uptrend_state_change', asset, ts, from, to, payload };
}
