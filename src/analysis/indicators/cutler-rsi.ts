/**
 * Relative strength index with simple means (Cutler), 0..100: 100 − 100/(1 + G/L), G and L the mean gain and loss of
 * the last `period` changes, L replaced by 1e-9 when it is exactly 0, so a flat price gives 0 and a straight rise
 * just under 100 (spec uptrend-engine §1.2). It forgets everything older than its window.
 */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';
import { RollingSum } from './rolling-sum.js';
import { Scratch } from './scratch.js';

const SEEN = 0;
const PREVIOUS = 1;
const NO_LOSS = 1e-9;

/** Relative strength with simple means, 0 to 100 (spec uptrend-engine §1.2). */
export class CutlerRsi extends ValueIndicator<'rsi'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly gains: RollingSum;
  private readonly losses: RollingSum;
  private readonly gainColumn = new Scratch();
  private readonly lossColumn = new Scratch();

  /**
   * @param period changes in the window, ≥ 1
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly period = 14) {
    requireLength('period', period);
    super(['rsi'], 2);
    this.gains = this.part(new RollingSum(period));
    this.losses = this.part(new RollingSum(period));
    this.firstRow = period;
    this.warmUp = period + 1;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const { state, period } = this;
    const column = out[0]!;
    const gains = this.gainColumn.of(to);
    const losses = this.lossColumn.of(to);
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      gains[row] = Number.NaN;
      losses[row] = Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (state[SEEN] === 1) {
        const change = value - state[PREVIOUS]!;
        gains[row] = Math.max(change, 0);
        losses[row] = Math.max(-change, 0);
      }
      state[SEEN] = 1;
      state[PREVIOUS] = value;
    }
    this.gains.run(gains, [gains], from, to);
    this.losses.run(losses, [losses], from, to);
    for (let row = from; row < to; row++) {
      const loss = losses[row] === 0 ? NO_LOSS : losses[row]! / period;
      column[row] = 100 - 100 / (1 + gains[row]! / period / loss);
    }
  }
}
