/** Payloads of a run as columns: what summaries, the simulator and charts read. No object per bar. */
import type { UptrendPayload, UptrendState } from '../analysis/uptrend/payload.js';
import { UPTREND_STATES } from '../analysis/uptrend/payload-schema.js';

/** Flags in the order of their bits. */
export const UPTREND_FLAGS = [
  'buy_signal',
  'buy_flag',
  'first_dip_buy_flag',
  'trim_flag',
  'exit_position',
  'emergency_exit',
  'reclaimed_ema333',
  'watch_only',
] as const;
export type UptrendFlag = (typeof UPTREND_FLAGS)[number];

export const TRACE_EMAS = ['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333'] as const;
/** NaN where there is none. */
export const TRACE_SCORES = ['ox', 'dx', 'edx', 'ts', 'entry_ts'] as const;
export const TRACE_NUMBERS = [...TRACE_EMAS, 'atr', ...TRACE_SCORES] as const;
export type TraceNumber = (typeof TRACE_NUMBERS)[number];

export class UptrendTrace {
  length = 0;
  /** Row of the series. */
  readonly row: Int32Array;
  readonly state: Uint8Array;
  readonly flags: Uint16Array;
  /**
   * Averages and ATR in quote currency, scores 0..1, NaN where there is none. `entry_ts`: trend strength with boost of
   * an S1 check whose zone and slope are in order.
   */
  readonly numbers: Readonly<Record<TraceNumber, Float64Array>>;

  constructor(capacity: number) {
    this.row = new Int32Array(capacity);
    this.state = new Uint8Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.numbers = Object.fromEntries(
      TRACE_NUMBERS.map((name) => [name, new Float64Array(capacity)]),
    ) as Record<TraceNumber, Float64Array>;
  }

  push(payload: UptrendPayload, row: number): void {
    const at = this.length++;
    const { numbers } = this;
    this.row[at] = row;
    this.state[at] = UPTREND_STATES.indexOf(payload.state);
    let flags = 0;
    for (let bit = 0; bit < UPTREND_FLAGS.length; bit++) {
      if (payload[UPTREND_FLAGS[bit]!] === true) flags |= 1 << bit;
    }
    this.flags[at] = flags;
    for (const name of TRACE_EMAS) numbers[name][at] = payload.ema[name];
    numbers.atr[at] = payload.atr;
    numbers.ox[at] = payload.scores?.ox ?? Number.NaN;
    numbers.dx[at] = payload.scores?.dx ?? Number.NaN;
    numbers.edx[at] = payload.scores?.edx ?? Number.NaN;
    const check = payload.diagnostics?.buy_check;
    numbers.ts[at] =
      payload.scores?.ts ?? (check ?? payload.diagnostics?.s2_retest_check)?.ts_score ?? Number.NaN;
    numbers.entry_ts[at] = check?.entry_zone_ok && check.slope_ok ? check.ts_with_boost : Number.NaN;
  }

  stateAt(at: number): UptrendState {
    return UPTREND_STATES[this.state[at]!]!;
  }

  has(at: number, flag: UptrendFlag): boolean {
    return (this.flags[at]! & (1 << UPTREND_FLAGS.indexOf(flag))) !== 0;
  }
}

/** The same bars with flags that are acted on `bars` later; states and numbers stay where they were. */
export function delayedTrace(trace: UptrendTrace, bars: number): UptrendTrace {
  const late = new UptrendTrace(trace.length);
  late.length = trace.length;
  late.row.set(trace.row.subarray(0, trace.length));
  late.state.set(trace.state.subarray(0, trace.length));
  late.flags.set(trace.flags.subarray(0, Math.max(0, trace.length - bars)), Math.min(bars, trace.length));
  for (const name of TRACE_NUMBERS) late.numbers[name].set(trace.numbers[name].subarray(0, trace.length));
  return late;
}
