/**
 * Bollinger bands: mean of the last `length` values ± `width` population deviations; `band_width` = (upper − lower) /
 * mean (spec hmm-regimes §4, numerical approach in rolling-moments.ts).
 */
import { ValueIndicator } from './indicator.js';
import { RollingMoments } from './rolling-moments.js';
import { Scratch } from './scratch.js';

/**
 * Middle, upper and lower band in the unit of the values; `band_width` as a fraction of the middle (spec hmm-regimes
 * §4).
 */
export class Bollinger extends ValueIndicator<'middle' | 'upper' | 'lower' | 'band_width'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly moments: RollingMoments;
  private readonly deviations = new Scratch();

  /** @param length values in the window, ≥ 1 @param width deviations from the mean to a band */
  constructor(
    length = 20,
    readonly width = 2,
  ) {
    super(['middle', 'upper', 'lower', 'band_width'], 0);
    this.moments = this.part(new RollingMoments(length, 0));
    this.firstRow = this.moments.firstRow;
    this.warmUp = this.moments.warmUp;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const [middles, uppers, lowers, widths] = out as [Float64Array, Float64Array, Float64Array, Float64Array];
    const deviations = this.deviations.of(to);
    this.moments.run(values, [middles, deviations], from, to);
    for (let row = from; row < to; row++) {
      const reach = this.width * deviations[row]!;
      const middle = middles[row]!;
      uppers[row] = middle + reach;
      lowers[row] = middle - reach;
      widths[row] = (2 * reach) / middle;
    }
  }
}
