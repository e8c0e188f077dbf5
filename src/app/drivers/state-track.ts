/**
 * What a driver said bar after bar, two numbers each: enough to read its channel at any past time, and to draw its states.
 */
import type { ChannelState } from '../../analysis/drivers/channel-deltas.js';
import type { DriverTrendRecord } from '../../analysis/drivers/driver-trend.js';
import { lowerBound } from '../../market/series.js';

const STATES = ['S0', 'S1', 'S2', 'S3', 'S4', ''] as const;
const FLAGS = ['buy_signal', 'buy_flag', 'trim_flag', 'first_dip_buy_flag', 'rebuy_flag', 'warm'] as const;

export class StateTrack {
  length = 0;
  private time = new Float64Array(256);
  private codes = new Uint32Array(256);
  private ages = new Uint32Array(256);

  push(record: DriverTrendRecord): void {
    if (this.length === this.time.length) this.grow();
    this.time[this.length] = record.ts;
    this.codes[this.length] = codeOf(record);
    this.ages[this.length] = record.bars_in_state;
    this.length += 1;
  }

  /** The channel as it was known to somebody who has bars that opened before `time`; null before the first. */
  before(time: number): ChannelState | null {
    const row = lowerBound(this.time.subarray(0, this.length), time) - 1;
    return row < 0 ? null : this.at(row);
  }

  at(row: number): ChannelState {
    const code = this.codes[row]!;
    const flags = Object.fromEntries(FLAGS.map((name, bit) => [name, ((code >> bit) & 1) === 1]));
    return {
      ...flags,
      ts: this.time[row]!,
      state: STATES[(code >> 6) & 7]!,
      prev_state: STATES[(code >> 9) & 7]!,
      entered_from: STATES[(code >> 12) & 7]!,
      bars_in_state: this.ages[row]!,
    };
  }

  /** Stretches of one state that reach into [from, to), by the open of their first bar. */
  stretches(from: number, to: number): readonly { readonly from: number; readonly state: string }[] {
    const found: { from: number; state: string }[] = [];
    const first = Math.max(0, lowerBound(this.time.subarray(0, this.length), from) - 1);
    for (let row = first; row < this.length && this.time[row]! < to; row += 1) {
      const state = STATES[(this.codes[row]! >> 6) & 7]!;
      if (found.at(-1)?.state !== state) found.push({ from: this.time[row]!, state });
    }
    return found;
  }

  private grow(): void {
    const grown = { time: new Float64Array(2 * this.length), codes: new Uint32Array(2 * this.length) };
    grown.time.set(this.time);
    grown.codes.set(this.codes);
    const ages = new Uint32Array(2 * this.length);
    ages.set(this.ages);
    this.time = grown.time;
    this.codes = grown.codes;
    this.ages = ages;
  }
}

function codeOf(record: DriverTrendRecord): number {
  let code = 0;
  for (const [bit, name] of FLAGS.entries()) if (record[name] === true) code |= 1 << bit;
  const place = (state: string): number => STATES.indexOf(state as (typeof STATES)[number]);
  return (
    code | (place(record.state) << 6) | (place(record.prev_state) << 9) | (place(record.entered_from) << 12)
  );
}
