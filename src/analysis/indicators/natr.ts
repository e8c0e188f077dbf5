/** Normalised average true range: 100 · ATR / close, percent of price (TA-Lib; spec hmm-regimes §4). */
import { Atr, type AtrFlavour } from './atr.js';
import { BarIndicator, type BarInputColumns } from './indicator.js';

/** Average true range as percent of the close (TA-Lib). */
export class Natr extends BarIndicator<'natr'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly atr: Atr;

  constructor(period = 14, flavour: AtrFlavour = 'wilder') {
    super(['natr'], 0);
    this.atr = this.part(new Atr(period, flavour));
    this.firstRow = this.atr.firstRow;
    this.warmUp = this.atr.warmUp;
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    this.atr.run(bars, [column], from, to);
    for (let row = from; row < to; row++) column[row] = (100 * column[row]!) / bars.close[row]!;
  }
}
