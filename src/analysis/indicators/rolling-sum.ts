/**
 * Sum of the last `length` values, O(1) per row and without drift: a stored suffix sum of the previous block of
 * `length` rows plus the running sum of the current one (see rolling-moments.ts). Nothing is subtracted, so a window
 * of zeros sums to exactly 0 whatever came before.
 */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

const POSITION = 0;
const FULL = 1;
const SUM = 2;
const BLOCK = 3;

/** Sum of the last `length` values, in their unit, free of drift. */
export class RollingSum extends ValueIndicator<'sum'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param length values in the window, ≥ 1
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly length: number) {
    requireLength('length', length);
    super(['sum'], BLOCK + 2 * length + 1);
    this.firstRow = length - 1;
    this.warmUp = length;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const sums = out[0]!;
    const { state, length } = this;
    const suffixes = BLOCK + length;
    let position = state[POSITION]!;
    let full = state[FULL]! === 1;
    let sum = state[SUM]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      if (!Number.isFinite(value)) {
        sums[row] = Number.NaN;
        continue;
      }
      if (position === length) {
        let suffix = 0;
        for (let index = length - 1; index > 0; index--) {
          suffix += state[BLOCK + index]!;
          state[suffixes + index] = suffix;
        }
        position = 0;
        sum = 0;
        full = true;
      }
      state[BLOCK + position] = value;
      position++;
      sum += value;
      sums[row] = full || position === length ? sum + state[suffixes + position]! : Number.NaN;
    }
    state[POSITION] = position;
    state[FULL] = full ? 1 : 0;
    state[SUM] = sum;
  }
}
