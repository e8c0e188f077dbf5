/**
 * Relative strength index (Wilder 1978, New Concepts in Technical Trading Systems), 0..100.
 *
 * | flavour         | smoothing of gains G and losses L                    | value                          | first row |
 * |-----------------|------------------------------------------------------|--------------------------------|-----------|
 * | wilder          | mean of the first p changes, then (G·(p−1)+g)/p      | 100·G/(G+L), 0 when both are 0 | p         |
 * | ewm_adjusted    | weights (1−1/p)^k normalised over all changes        | the same, undefined for 0/0    | p         |
 * | ewm_recursive   | first change as seed, then G + (g−G)/p               | 100 − 100/(1+G/L), L = 0 → 1e-9 | 1         |
 *
 * Spec hmm-regimes §4. The simple-mean form is in cutler-rsi.ts.
 */
import { ValueIndicator } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';
import type { TaFlavour } from './ta-flavour.js';

const PREVIOUS = 0;
const COUNT = 1; // values seen
const GAIN = 2;
const LOSS = 3;

/** Relative strength of gains against losses, 0 to 100, smoothed as the flavour says (Wilder 1978). */
export class Rsi extends ValueIndicator<'rsi'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param period changes, ≥ 2
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(
    readonly period = 14,
    readonly flavour: TaFlavour = 'wilder',
  ) {
    requireLength('period', period, 2);
    super(['rsi'], 4);
    this.firstRow = flavour === 'ewm_recursive' ? 1 : period;
    this.warmUp = period + memory(1 - 1 / period);
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    advance(values, out[0]!, this.state, this.period, this.flavour, from, to);
  }
}

function advance(
  values: Float64Array,
  column: Float64Array,
  state: Float64Array,
  period: number,
  flavour: TaFlavour,
  from: number,
  to: number,
): void {
  const keep = 1 - 1 / period;
  const add = flavour === 'ewm_adjusted' ? 1 : 1 / period;
  const seeding = flavour === 'wilder';
  const first = flavour === 'ewm_recursive' ? 1 : period;
  let previous = state[PREVIOUS]!;
  let count = state[COUNT]!;
  let gain = state[GAIN]!;
  let loss = state[LOSS]!;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (!Number.isFinite(value)) {
      column[row] = Number.NaN;
      continue;
    }
    const change = count === 0 ? 0 : value - previous;
    previous = value;
    // Without a branch, which half of all changes would take: (|x| + x)/2 is exactly max(x, 0).
    const size = Math.abs(change);
    const up = (size + change) * 0.5;
    const down = (size - change) * 0.5;
    if (count > period || !seeding) {
      const weight = count === 1 ? 1 : add;
      gain = gain * keep + up * weight;
      loss = loss * keep + down * weight;
    } else {
      gain += up * add;
      loss += down * add;
    }
    if (count < first) {
      count++;
      column[row] = Number.NaN;
      continue;
    }
    if (count <= period) count++;
    const total = gain + loss;
    if (flavour === 'ewm_recursive') column[row] = 100 - 100 / (1 + gain / (loss === 0 ? 1e-9 : loss));
    else column[row] = total === 0 ? (seeding ? 0 : Number.NaN) : (100 * gain) / total;
  }
  state[PREVIOUS] = previous;
  state[COUNT] = count;
  state[GAIN] = gain;
  state[LOSS] = loss;
}
