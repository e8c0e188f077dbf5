/** The value of `lag` rows ago. */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

const COUNT = 0; // values ever stored
const OVERWRITTEN = 1;

/** The value of `lag` rows before, in its unit; undefined for the first `lag` rows. */
export class DelayLine extends ValueIndicator<'delayed'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param lag rows, ≥ 1
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly lag: number) {
    super(['delayed'], 2, requireLength('lag', lag));
    this.firstRow = lag;
    this.warmUp = lag + 1;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const delayed = out[0]!;
    const { state, ring, lag } = this;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      state[OVERWRITTEN] = Number.NaN;
      if (!Number.isFinite(value)) {
        delayed[row] = Number.NaN;
        continue;
      }
      const slot = (state[COUNT]! | 0) % lag; // of integers: on doubles, % is a call
      const old = ring[slot]!;
      delayed[row] = state[COUNT]! >= lag ? old : Number.NaN;
      state[OVERWRITTEN] = old;
      ring[slot] = value;
      state[COUNT]!++;
    }
  }

  protected override undo(): void {
    const { state, ring, lag } = this;
    if (!Number.isNaN(state[OVERWRITTEN]!)) ring[(state[COUNT]! - 1) % lag] = state[OVERWRITTEN]!;
  }
}
