/**
 * Ordinary least-squares slope of the last values against 0, 1, 2 …, units per row (spec uptrend-engine §1.2,
 * linSlope). The window is summed again at every row, about its last value, so a price level does not cost digits.
 */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

/** Slope of `count` values that end before `end`; 0 for fewer than two. */
export function olsSlope(values: ArrayLike<number>, end: number, count: number): number {
  if (count < 2) return 0;
  const start = end - count;
  const origin = values[end - 1]!;
  const middle = (count - 1) / 2;
  let sum = 0;
  for (let index = 0; index < count; index++) sum += (index - middle) * (values[start + index]! - origin);
  return (12 * sum) / (count * (count * count - 1));
}

const COUNT = 0;
const WINDOW = 1;

/** Least-squares slope of the last `length` values, units per row (spec uptrend-engine §1.2). */
export class OlsSlope extends ValueIndicator<'slope'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param length values in the window, ≥ 2
   * @param least values from which a shorter window already gives a slope; `length` unless said
   */
  constructor(
    readonly length: number,
    readonly least: number = length,
  ) {
    requireLength('length', length, 2);
    requireLength('least', least, 2);
    super(['slope'], WINDOW + length);
    this.firstRow = least - 1;
    this.warmUp = length;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const slopes = out[0]!;
    const { state, length, least } = this;
    const window = state.subarray(WINDOW);
    let count = state[COUNT]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      if (!Number.isFinite(value)) {
        slopes[row] = Number.NaN;
        continue;
      }
      window.copyWithin(0, 1);
      window[length - 1] = value;
      if (count < length) count++;
      slopes[row] = count >= least ? olsSlope(window, length, count) : Number.NaN;
    }
    state[COUNT] = count;
  }
}
