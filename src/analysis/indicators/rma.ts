/**
 * Wilder's running moving average: mean of the first `period` values, then (r·(p − 1) + x) / p, computed as
 * r·(1 − 1/p) + x/p (Wilder 1978; spec hmm-regimes §4).
 */
import { ValueIndicator } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';

const COUNT = 0;
const AVERAGE = 1;

/** Wilder's moving average, in the unit of the values; first at row period − 1 (Wilder 1978). */
export class Rma extends ValueIndicator<'rma'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param period bars, ≥ 2
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly period: number) {
    requireLength('period', period, 2);
    super(['rma'], 2);
    this.firstRow = period - 1;
    this.warmUp = period + memory(1 - 1 / period);
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const averages = out[0]!;
    const { state, period } = this;
    const share = 1 / period;
    const keep = 1 - share;
    let count = state[COUNT]!;
    let average = state[AVERAGE]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      if (!Number.isFinite(value)) {
        averages[row] = Number.NaN;
      } else if (count === period) {
        average = average * keep + value * share;
        averages[row] = average;
      } else {
        average += value * share;
        count++;
        averages[row] = count === period ? average : Number.NaN;
      }
    }
    state[COUNT] = count;
    state[AVERAGE] = average;
  }
}
