/**
 * Slope as a fraction of the value, and how it changed over one window (spec uptrend-engine §1.2, slopeNorm and
 * slopeDelta): slope = OLS slope of the last `length` values / max(last, 1e-9); slope_delta = slope now − slope of
 * the window that ended `length` rows ago. Both are 0 where the last value is not positive; the delta is 0 until
 * 2 · `length` values exist. Meant for EMAs of prices, fraction per bar.
 */
import { ValueIndicator } from './indicator.js';
import { olsSlope } from './ols-slope.js';
import { requireLength } from './require-length.js';

const COUNT = 0;
const WINDOW = 1;
const FLOOR = 1e-9;

/**
 * Slope of the last `length` values as a fraction of the last one per bar, and its change over one window.
 */
export class NormalisedSlope extends ValueIndicator<'slope' | 'slope_delta'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param length values in the window, ≥ 3
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly length = 10) {
    requireLength('length', length, 3);
    super(['slope', 'slope_delta'], WINDOW + 2 * length);
    this.firstRow = length - 1;
    this.warmUp = 2 * length;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const slopes = out[0]!;
    const deltas = out[1]!;
    const { state, length } = this;
    const window = state.subarray(WINDOW);
    const end = 2 * length;
    let count = state[COUNT]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      slopes[row] = Number.NaN;
      deltas[row] = Number.NaN;
      if (!Number.isFinite(value)) continue;
      window.copyWithin(0, 1);
      window[end - 1] = value;
      if (count < end) count++;
      if (count < length) continue;
      const slope = value > 0 ? olsSlope(window, end, length) / Math.max(value, FLOOR) : 0;
      const earlier = olsSlope(window, length, length) / Math.max(window[length - 1]!, FLOOR);
      slopes[row] = slope;
      deltas[row] = count === end && value > 0 ? slope - earlier : 0;
    }
    state[COUNT] = count;
  }
}
