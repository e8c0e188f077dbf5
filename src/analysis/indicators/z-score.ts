/**
 * How many standard deviations the last value stands above the mean of its window, the value itself included:
 * (x − mean) / (std + floor). Causal: only the last `length` values count (a whole-sample z-score is a lookahead,
 * spec hmm-regimes §4).
 */
import { ValueIndicator } from './indicator.js';
import { RollingMoments } from './rolling-moments.js';
import { Scratch } from './scratch.js';

/**
 * Standard score of `value` against a whole window, population deviation; 0 for fewer than two values or a constant
 * window (spec uptrend-engine §1.2).
 */
export function zScoreAgainst(window: Float64Array, value: number): number {
  if (window.length < 2) return 0;
  const moments = new RollingMoments(window.length).batch(window);
  const deviation = moments.std[window.length - 1]!;
  return deviation === 0 ? 0 : (value - moments.mean[window.length - 1]!) / deviation;
}

export interface ZScoreOptions {
  /** 0 = population, 1 = sample. */
  readonly degreesOfFreedom?: 0 | 1;
  /** Added to the deviation. With 0 a constant window gives 0. */
  readonly floor?: number;
}

/** Deviations of the last value from the mean of its window, itself included (spec hmm-regimes §4). */
export class ZScore extends ValueIndicator<'z_score'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly moments: RollingMoments;
  private readonly floor: number;
  private readonly means = new Scratch();
  private readonly deviations = new Scratch();

  /** @param length values in the window, ≥ 1 */
  constructor(
    readonly length: number,
    options: ZScoreOptions = {},
  ) {
    super(['z_score'], 0);
    this.moments = this.part(new RollingMoments(length, options.degreesOfFreedom ?? 0));
    this.floor = options.floor ?? 0;
    this.firstRow = this.moments.firstRow;
    this.warmUp = this.moments.warmUp;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const scores = out[0]!;
    const means = this.means.of(to);
    const deviations = this.deviations.of(to);
    this.moments.run(values, [means, deviations], from, to);
    for (let row = from; row < to; row++) {
      const distance = values[row]! - means[row]!;
      const unit = deviations[row]! + this.floor;
      scores[row] = unit === 0 ? 0 : distance / unit;
    }
  }
}
