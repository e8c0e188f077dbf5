/**
 * True range (Wilder 1978): max(h − l, |h − c₋₁|, |l − c₋₁|), from the second bar on. `first: 'range'` gives h − l at
 * the first bar as well (the reinforcement-learning catalogue of spec hmm-regimes §4).
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';

const SEEN = 0;
const CLOSE = 1;

/** Largest move of a bar, the gap from the close before it included, price units (Wilder 1978). */
export class TrueRange extends BarIndicator<'true_range'> {
  readonly firstRow: number;
  readonly warmUp = 2;

  constructor(readonly first: 'undefined' | 'range' = 'undefined') {
    super(['true_range'], 2);
    this.firstRow = first === 'range' ? 0 : 1;
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const ranges = out[0]!;
    const { state, first } = this;
    let close = state[CLOSE]!;
    for (let row = from; row < to; row++) {
      const h = bars.high[row]!;
      const l = bars.low[row]!;
      const c = bars.close[row]!;
      if (!Number.isFinite(h + l + c)) {
        ranges[row] = Number.NaN;
        continue;
      }
      if (state[SEEN] === 0) {
        state[SEEN] = 1;
        ranges[row] = first === 'range' ? h - l : Number.NaN;
      } else {
        ranges[row] = Math.max(h - l, Math.abs(h - close), Math.abs(l - close));
      }
      close = c;
    }
    state[CLOSE] = close;
  }
}
