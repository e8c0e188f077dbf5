/**
 * Anchored volume-weighted average price: Σ price·volume / Σ volume from the first bar fed, the anchor (spec
 * uptrend-engine §1.2). A bar without volume repeats the value before it; a first bar without volume is its own
 * price. Re-anchor by starting a new one. Sums of non-negative terms keep 1e-10 relative over a million bars.
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';

const VALUE = 0;
const AMOUNT = 1;
const VOLUME = 2;
const SEEN = 3;

/** Volume-weighted average price since the first bar fed, quote currency (spec uptrend-engine §1.2). */
export class Avwap extends BarIndicator<'avwap'> {
  readonly firstRow = 0;
  readonly warmUp = Number.POSITIVE_INFINITY;

  /** @param price what stands for a bar: its close, or (high + low + close)/3 */
  constructor(readonly price: 'close' | 'typical' = 'close') {
    super(['avwap'], 4);
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    const { state } = this;
    const typical = this.price === 'typical';
    for (let row = from; row < to; row++) {
      const close = bars.close[row]!;
      const price = typical ? (bars.high[row]! + bars.low[row]! + close) / 3 : close;
      const volume = bars.volume[row]!;
      if (!Number.isFinite(price + volume)) {
        column[row] = Number.NaN;
        continue;
      }
      if (volume > 0) {
        state[AMOUNT]! += price * volume;
        state[VOLUME]! += volume;
        state[VALUE] = state[AMOUNT]! / state[VOLUME]!;
      } else if (state[SEEN] === 0) state[VALUE] = price;
      state[SEEN] = 1;
      column[row] = state[VALUE]!;
    }
  }
}
