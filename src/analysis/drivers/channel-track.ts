/**
 * What a driver said bar by bar, kept small: of each record only what A/E reads, as columns (25 bytes a bar where the
 * record itself takes a kilobyte). A record is known from the close of its bar on; `at` never answers with a later one.
 */
import { TidewatchError } from '../../errors.js';
import { lowerBound } from '../../market/series.js';
import { barClose, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { UptrendState } from '../uptrend/payload.js';
import type { ChannelState } from './channel-deltas.js';
import type { Driver, RegimeTimeframe } from './driver.js';
import type { DriverTrendRecord } from './driver-trend.js';

const STATES = ['S0', 'S1', 'S2', 'S3', 'S4', ''] as const satisfies readonly (UptrendState | '')[];
const FLAGS = [
  'buy_signal',
  'buy_flag',
  'trim_flag',
  'first_dip_buy_flag',
  'emergency_exit',
  'reclaimed_ema333',
  'rebuy_flag',
  'warm',
] as const;

export class ChannelTrack {
  private ts = new Float64Array(1024);
  private states = new Uint8Array(3 * 1024);
  private flags = new Uint8Array(1024);
  private age = new Uint32Array(1024);
  private rows = 0;

  constructor(
    readonly driver: Driver,
    readonly timeframe: RegimeTimeframe,
  ) {}

  get length(): number {
    return this.rows;
  }

  /** Open of the first bar, UTC ms; Infinity without any. */
  get firstTime(): number {
    return this.rows === 0 ? Number.POSITIVE_INFINITY : this.ts[0]!;
  }

  /** Open of the last bar, UTC ms; −Infinity without any. */
  get lastTime(): number {
    return this.rows === 0 ? Number.NEGATIVE_INFINITY : this.ts[this.rows - 1]!;
  }

  /** @throws TidewatchError `time_not_increasing` */
  push(record: DriverTrendRecord): void {
    if (!(record.ts > this.lastTime)) {
      throw new TidewatchError(
        'time_not_increasing',
        `a record of ${this.driver} ${this.timeframe} does not come after the one before`,
        { hint: 'give each bar once, in order', details: { ts: record.ts } },
      );
    }
    if (this.rows === this.ts.length) this.grow();
    const row = this.rows++;
    this.ts[row] = record.ts;
    this.states[3 * row] = STATES.indexOf(record.state);
    this.states[3 * row + 1] = STATES.indexOf(record.prev_state);
    this.states[3 * row + 2] = STATES.indexOf(record.entered_from);
    this.age[row] = record.bars_in_state;
    let bits = 0;
    FLAGS.forEach((name, bit) => {
      if (record[name] === true) bits |= 1 << bit;
    });
    this.flags[row] = bits;
  }

  /** Row of the newest record known at a moment, UTC ms; −1 before the first. */
  rowAt(moment: number): number {
    const newestOpen = moment - TIMEFRAME_MS[this.timeframe];
    return lowerBound(this.ts.subarray(0, this.rows), Math.floor(newestOpen) + 1) - 1;
  }

  /** @param row position of a record */
  stateOf(row: number): ChannelState {
    const named: Partial<Record<(typeof FLAGS)[number], boolean>> = {};
    const bits = this.flags[row]!;
    FLAGS.forEach((name, bit) => {
      named[name] = (bits & (1 << bit)) !== 0;
    });
    return {
      ...named,
      ts: this.ts[row]!,
      state: STATES[this.states[3 * row]!]!,
      prev_state: STATES[this.states[3 * row + 1]!]!,
      entered_from: STATES[this.states[3 * row + 2]!]!,
      bars_in_state: this.age[row]!,
    };
  }

  /** Stretches of one state that reach into [from, to), by the open of their first bar. */
  stretches(from: number, to: number): readonly { readonly from: number; readonly state: string }[] {
    const found: { from: number; state: string }[] = [];
    const times = this.ts.subarray(0, this.rows);
    for (let row = Math.max(0, lowerBound(times, from) - 1); row < this.rows && times[row]! < to; row += 1) {
      const state = STATES[this.states[3 * row]!]!;
      if (found.at(-1)?.state !== state) found.push({ from: times[row]!, state });
    }
    return found;
  }

  /** Close of a record's bar, UTC ms: from then on it is known. */
  knownFrom(row: number): number {
    return barClose(this.ts[row]!, this.timeframe);
  }

  private grow(): void {
    const length = 2 * this.ts.length;
    const ts = new Float64Array(length);
    ts.set(this.ts);
    this.ts = ts;
    const states = new Uint8Array(3 * length);
    states.set(this.states);
    this.states = states;
    const flags = new Uint8Array(length);
    flags.set(this.flags);
    this.flags = flags;
    const age = new Uint32Array(length);
    age.set(this.age);
    this.age = age;
  }
}
