/**
 * Volume-weighted average of the typical price (h + l + c)/3 over the last `length` bars (spec hmm-regimes §4,
 * catalogue column vwap30). Undefined where the whole window traded nothing.
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';
import { RollingSum } from './rolling-sum.js';
import { Scratch } from './scratch.js';

/** Volume-weighted typical price of the last `length` bars, quote currency; NaN where nothing traded. */
export class RollingVwap extends BarIndicator<'vwap'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly amounts: RollingSum;
  private readonly volumes: RollingSum;
  private readonly amountColumn = new Scratch();
  private readonly volumeColumn = new Scratch();

  /** @param length bars in the window, ≥ 1 */
  constructor(length = 30) {
    super(['vwap'], 0);
    this.amounts = this.part(new RollingSum(length));
    this.volumes = this.part(new RollingSum(length));
    this.firstRow = length - 1;
    this.warmUp = length;
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    const amounts = this.amountColumn.of(to);
    const volumes = this.volumeColumn.of(to);
    for (let row = from; row < to; row++) {
      const volume = bars.volume[row]!;
      amounts[row] = ((bars.high[row]! + bars.low[row]! + bars.close[row]!) / 3) * volume;
      volumes[row] = Number.isFinite(amounts[row]!) ? volume : Number.NaN;
    }
    this.amounts.run(amounts, [amounts], from, to);
    this.volumes.run(volumes, [volumes], from, to);
    for (let row = from; row < to; row++) column[row] = amounts[row]! / volumes[row]!;
  }
}
