/**
 * Mean and standard deviation of the last `length` values, O(1) per row and without drift.
 *
 * Method: the rows are cut into blocks of `length`. A window is a suffix of the previous block and a prefix of the
 * current one, so its sums are one stored suffix sum plus one running prefix sum (the two-stack aggregation of
 * Tangwongsan, Hirzel, Schneider 2015): nothing is ever subtracted, and a value that left the window leaves no trace.
 * Sums are taken about the first value of the current block. It always lies inside the window, so
 * (mean − origin)² ≤ length · variance and the subtraction in the variance loses at most log10(length) digits,
 * whatever the price level: relative error of the deviation about length · 1e-16. A constant window gives exactly 0.
 */
import { requireLength, ValueIndicator } from './indicator.js';

// Layout of the state.
const POSITION = 0; // values in the current block
const FULL = 1; // 1 once a previous block exists
const ORIGIN = 2;
const SUM = 3;
const SQUARES = 4;
const BLOCK = 5;

export class RollingMoments extends ValueIndicator<'mean' | 'std'> {
  readonly lines = ['mean', 'std'] as const;
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param length values in the window, ≥ 1
   * @param degreesOfFreedom 0 = population, 1 = sample (NaN for a window of one)
   */
  constructor(
    readonly length: number,
    readonly degreesOfFreedom: 0 | 1 = 0,
  ) {
    requireLength('length', length);
    super(BLOCK + length + 2 * (length + 1));
    this.firstRow = length - 1;
    this.warmUp = length;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const { length, state } = this;
    const means = out[0]!;
    const deviations = out[1]!;
    const sums = BLOCK + length;
    const squares = sums + length + 1;
    const perValue = 1 / length;
    const perFreedom = 1 / (length - this.degreesOfFreedom);
    let position = state[POSITION]!;
    let full = state[FULL]! === 1;
    let origin = state[ORIGIN]!;
    let sum = state[SUM]!;
    let square = state[SQUARES]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      if (!Number.isFinite(value)) {
        means[row] = Number.NaN;
        deviations[row] = Number.NaN;
        continue;
      }
      if (position === length) {
        let suffixSum = 0;
        let suffixSquare = 0;
        for (let index = length - 1; index > 0; index--) {
          const distance = state[BLOCK + index]! - value;
          suffixSum += distance;
          suffixSquare += distance * distance;
          state[sums + index] = suffixSum;
          state[squares + index] = suffixSquare;
        }
        position = 0;
        full = true;
      }
      if (position === 0) {
        origin = value;
        sum = 0;
        square = 0;
      }
      state[BLOCK + position] = value;
      position++;
      const distance = value - origin;
      sum += distance;
      square += distance * distance;
      if (full || position === length) {
        const total = sum + state[sums + position]!;
        const spread = square + state[squares + position]! - total * total * perValue;
        means[row] = origin + total * perValue;
        deviations[row] = Math.sqrt(Math.max(spread, 0) * perFreedom);
      } else {
        means[row] = Number.NaN;
        deviations[row] = Number.NaN;
      }
    }
    state[POSITION] = position;
    state[FULL] = full ? 1 : 0;
    state[ORIGIN] = origin;
    state[SUM] = sum;
    state[SQUARES] = square;
  }
}
