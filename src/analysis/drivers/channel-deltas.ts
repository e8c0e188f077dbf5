/**
 * What one channel adds to A and E before weights (regime spec §11.1): base of the state, buy or rebuy, first dip, trim
 * and the pulse of a transition into S0, all added up. Tables, so that every number stands once and beside its like.
 */
import type { UptrendState } from '../uptrend/payload.js';
import type { PostureConfig } from './posture-config.js';

/**
 * What a driver's record says about its last evaluated bar; an uptrend payload with the driver's additions fits.
 * Absent flags are false. A state outside S0 to S4 makes the channel invalid.
 */
export interface ChannelState {
  readonly state: string | null;
  /** State after the bar before; empty or null when there was none. */
  readonly prev_state?: string | null | undefined;
  readonly buy_signal?: boolean | undefined;
  readonly buy_flag?: boolean | undefined;
  readonly trim_flag?: boolean | undefined;
  readonly first_dip_buy_flag?: boolean | undefined;
  readonly emergency_exit?: boolean | undefined;
  readonly reclaimed_ema333?: boolean | undefined;
  /** A buy after a trim of the same trend. */
  readonly rebuy_flag?: boolean | undefined;
  /** Open of the evaluated bar, UTC ms; null when unknown, which is never stale. */
  readonly ts: number | null;
  /** At least 333 bars; false holds the channel back only where the configuration asks for it. */
  readonly warm?: boolean | undefined;
  /** State before the present one, and bars since the bar that entered it; for pulses longer than a bar. */
  readonly entered_from?: string | null | undefined;
  readonly bars_in_state?: number | undefined;
}

/** Added to A and to E. */
export type Delta = readonly [a: number, e: number];
type ByState = Readonly<Partial<Record<UptrendState, Delta>>>;

const BASE: Readonly<Record<UptrendState, Delta>> = {
  S0: [-0.3, 0.3],
  S1: [0.25, -0.15],
  S2: [0.1, 0.05],
  S3: [0.2, -0.05],
  S4: [0, 0],
};

/** Into S0, by the state before. */
const PULSE: ByState = { S1: [-0.4, 0.4], S2: [-0.35, 0.35], S3: [-0.5, 0.5] };
const BUY: ByState = { S1: [0.2, -0.1], S2: [0.1, -0.05], S3: [0.05, -0.05] };
const REBUY: ByState = { S2: [0.15, -0.1], S3: [0.2, -0.1] };
const FIRST_DIP: ByState = { S3: [0.15, -0.1] };
const TRIM: ByState = { S2: [-0.2, 0.25], S3: [-0.25, 0.3] };

/** True for S0 to S4; channels may also hold no state. */
export function isUptrendState(state: string | null | undefined): state is UptrendState {
  return state != null && Object.hasOwn(BASE, state);
}

const rowOf = (table: ByState, state: string | null | undefined): Delta | undefined =>
  isUptrendState(state) ? table[state] : undefined;

/** The state whose end the pulse tells of, while it counts. */
function pulseSource(record: ChannelState, bars: number): string | null | undefined {
  if (record.state !== 'S0') return undefined;
  const { bars_in_state: age, entered_from: from } = record;
  if (bars === 1 || age === undefined) return record.prev_state;
  return age < bars ? from : undefined;
}

/** Unweighted deltas of a record with a valid state. */
export function channelDelta(
  record: ChannelState & { readonly state: UptrendState },
  { rebuy, pulse_bars }: Pick<PostureConfig, 'rebuy' | 'pulse_bars'>,
): Delta {
  const { state } = record;
  let [a, e] = BASE[state];
  const add = (row: Delta | undefined): void => {
    if (row === undefined) return;
    a += row[0];
    e += row[1];
  };
  const rebought = rebuy && record.rebuy_flag === true ? REBUY[state] : undefined;
  const bought = record.buy_signal === true || record.buy_flag === true;
  add(rebought ?? (bought ? BUY[state] : undefined));
  if (record.first_dip_buy_flag === true) add(FIRST_DIP[state]);
  if (record.trim_flag === true) add(TRIM[state]);
  add(rowOf(PULSE, pulseSource(record, pulse_bars)));
  return [a, e];
}
