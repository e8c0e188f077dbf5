/**
 * On-balance volume (Granville 1963), base units: starts at the volume of the first bar, then adds the volume of a bar
 * that closed higher and subtracts that of one that closed lower (TA-Lib; spec hmm-regimes §4). Only differences have
 * a meaning: the level depends on the first bar.
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';

const SEEN = 0;
const CLOSE = 1;
const BALANCE = 2;

/** Running volume, added when the close rises and subtracted when it falls, base units (Granville 1963). */
export class Obv extends BarIndicator<'obv'> {
  readonly firstRow = 0;
  readonly warmUp = Number.POSITIVE_INFINITY;

  constructor() {
    super(['obv'], 3);
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    const { state } = this;
    for (let row = from; row < to; row++) {
      const close = bars.close[row]!;
      const volume = bars.volume[row]!;
      if (!Number.isFinite(close + volume)) {
        column[row] = Number.NaN;
        continue;
      }
      if (state[SEEN] === 0 || close > state[CLOSE]!) state[BALANCE]! += volume;
      else if (close < state[CLOSE]!) state[BALANCE]! -= volume;
      state[SEEN] = 1;
      state[CLOSE] = close;
      column[row] = state[BALANCE]!;
    }
  }
}
