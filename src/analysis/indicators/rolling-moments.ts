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
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

// Layout of the state.
const POSITION = 0; // values in the current block
const FULL = 1; // 1 once a previous block exists
const ORIGIN = 2;
const SUM = 3;
const SQUARES = 4;
const BLOCK = 5;

/**
 * Mean and standard deviation of the last `length` values, in their unit (Tangwongsan, Hirzel, Schneider 2015).
 */
export class RollingMoments extends ValueIndicator<'mean' | 'std'> {
  protected override readonly skipsUnwanted = true;
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
    super(['mean', 'std'], BLOCK + length + 2 * (length + 1));
    this.firstRow = length - 1;
    this.warmUp = length;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    advance(values, out[0]!, out[1]!, this.state, this.length, this.degreesOfFreedom, from, to);
  }
}

function advance(
  values: Float64Array,
  means: Float64Array,
  deviations: Float64Array,
  state: Float64Array,
  length: number,
  degreesOfFreedom: number,
  from: number,
  to: number,
): void {
  const block = state.subarray(BLOCK, BLOCK + length);
  const sums = state.subarray(BLOCK + length, BLOCK + 2 * length + 1);
  const squares = state.subarray(BLOCK + 2 * length + 1);
  const perValue = 1 / length;
  const perFreedom = 1 / (length - degreesOfFreedom);
  let position = state[POSITION]!;
  let origin = state[ORIGIN]!;
  let sum = state[SUM]!;
  let square = state[SQUARES]!;
  let row = from;
  while (row < to) {
    // One round per block, or per missing value.
    const first = values[row]!;
    if (!Number.isFinite(first)) {
      means[row] = Number.NaN;
      deviations[row] = Number.NaN;
      row++;
      continue;
    }
    if (position === length) {
      closeBlock(block, sums, squares, first);
      position = 0;
      state[FULL] = 1;
    }
    if (position === 0) {
      origin = first;
      sum = 0;
      square = 0;
    }
    const full = state[FULL] === 1;
    const end = Math.min(to, row + length - position);
    for (; row < end; row++) {
      const value = values[row]!;
      if (!Number.isFinite(value)) break;
      block[position] = value;
      position++;
      const distance = value - origin;
      sum += distance;
      square += distance * distance;
      const total = sum + sums[position]!;
      const spread = square + squares[position]! - total * total * perValue;
      const defined = full || position === length;
      means[row] = defined ? origin + total * perValue : Number.NaN;
      deviations[row] = defined ? Math.sqrt((Math.abs(spread) + spread) * 0.5 * perFreedom) : Number.NaN;
    }
  }
  state[POSITION] = position;
  state[ORIGIN] = origin;
  state[SUM] = sum;
  state[SQUARES] = square;
}

/** Sums of every suffix of a full block about the first value of the next one. */
function closeBlock(block: Float64Array, sums: Float64Array, squares: Float64Array, origin: number): void {
  let sum = 0;
  let square = 0;
  for (let index = block.length - 1; index > 0; index--) {
    const distance = block[index]! - origin;
    sum += distance;
    square += distance * distance;
    sums[index] = sum;
    squares[index] = square;
  }
}
