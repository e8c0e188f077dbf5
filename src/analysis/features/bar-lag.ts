/**
 * The value of some rows ago and what is made of it: lag, difference, simple and logarithmic return. Unlike an
 * indicator, a missing value takes its place: the row that would compare with it has NaN, so that no change silently
 * spans more rows than it says.
 */
import { ValueIndicator } from '../indicators/indicator.js';
import { requireLength } from '../indicators/require-length.js';

export type LagForm = 'lag' | 'diff' | 'return' | 'log_return';

const FORMS: Readonly<Record<LagForm, (now: number, then: number) => number>> = {
  lag: (_, then) => then,
  diff: (now, then) => now - then,
  return: (now, then) => now / then - 1,
  log_return: (now, then) => Math.log(now / then),
};

export class BarLag extends ValueIndicator<'value'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /** @param bars rows back, ≥ 1 */
  constructor(
    readonly form: LagForm,
    readonly bars = 1,
  ) {
    requireLength('bars', bars);
    super(['value'], 1 + bars);
    this.firstRow = bars;
    this.warmUp = bars + 1;
    this.state.fill(Number.NaN, 1);
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    const { state, bars } = this;
    const form = FORMS[this.form];
    let slot = state[0]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      const result = form(value, state[1 + slot]!);
      column[row] = Number.isFinite(result) ? result : Number.NaN;
      state[1 + slot] = value;
      slot = slot + 1 === bars ? 0 : slot + 1;
    }
    state[0] = slot;
  }
}
