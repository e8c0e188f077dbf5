/**
 * Money flow index (Quong, Soudack 1989), 0..100: share of the typical-price·volume flow of the last `period` bars that
 * came with a rising typical price (TA-Lib; spec hmm-regimes §4). 0 where nothing flowed. TA-Lib also gives 0 where the
 * flow is below 1.0 in whatever unit it has; that threshold is not a property of the market and is left out.
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';
import { requireLength } from './require-length.js';
import { RollingSum } from './rolling-sum.js';
import { Scratch } from './scratch.js';

const SEEN = 0;
const TYPICAL = 1;

/** Share of rising money flow in the last `period` bars, 0 to 100 (Quong, Soudack 1989). */
export class Mfi extends BarIndicator<'mfi'> {
  readonly firstRow: number;
  readonly warmUp: number;
  private readonly inflow: RollingSum;
  private readonly outflow: RollingSum;
  private readonly inColumn = new Scratch();
  private readonly outColumn = new Scratch();

  /**
   * @param period changes in the window, ≥ 1
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(period = 14) {
    requireLength('period', period);
    super(['mfi'], 2);
    this.inflow = this.part(new RollingSum(period));
    this.outflow = this.part(new RollingSum(period));
    this.firstRow = period;
    this.warmUp = period + 1;
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const column = out[0]!;
    const { state } = this;
    const inflows = this.inColumn.of(to);
    const outflows = this.outColumn.of(to);
    for (let row = from; row < to; row++) {
      const typical = (bars.high[row]! + bars.low[row]! + bars.close[row]!) / 3;
      const flow = typical * bars.volume[row]!;
      inflows[row] = Number.NaN;
      outflows[row] = Number.NaN;
      if (!Number.isFinite(flow)) continue;
      if (state[SEEN] === 1) {
        inflows[row] = typical > state[TYPICAL]! ? flow : 0;
        outflows[row] = typical < state[TYPICAL]! ? flow : 0;
      }
      state[SEEN] = 1;
      state[TYPICAL] = typical;
    }
    this.inflow.run(inflows, [inflows], from, to);
    this.outflow.run(outflows, [outflows], from, to);
    for (let row = from; row < to; row++) {
      const total = inflows[row]! + outflows[row]!;
      column[row] = total === 0 ? 0 : (100 * inflows[row]!) / total;
    }
  }
}
