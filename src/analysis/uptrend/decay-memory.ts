/**
 * Keeps of each bar what the decay index reads (spec uptrend-engine §4): prices, averages over all history, and running
 * sums, from which sums over any window are differences. Constant memory: the longest window.
 */
import type { BarColumns } from '../../market/series.js';
import { BarMemory } from './bar-memory.js';
import { DECAY_COLUMNS, DECAY_ROWS, type DecayColumn } from './decay-columns.js';

const KEEP_144 = 1 - 2 / 145;
const KEEP_250 = 1 - 2 / 251;
const KEEP_333 = 1 - 2 / 334;

export class DecayMemory {
  readonly rows = new BarMemory<DecayColumn>(DECAY_COLUMNS, DECAY_ROWS);

  /** Takes in row `at` of mended bars and of their technical records. */
  write(
    bars: Omit<BarColumns, 'open' | 'time'>,
    record: Readonly<Record<'atr' | 'adx' | 'rsi', Float64Array>>,
    at: number,
  ): void {
    const row = this.rows.push();
    const { columns } = this.rows;
    const close = bars.close[at]!;
    const high = bars.high[at]!;
    const low = bars.low[at]!;
    const volume = bars.volume[at]!;
    columns.close[row] = close;
    columns.high[row] = high;
    columns.low[row] = low;
    const inverse = 1 / close;
    // no ATR yet before the first record, and no episode either
    const atr = record.atr[at]!;
    const share = Number.isNaN(atr) ? 0 : atr * inverse;
    columns.inverse[row] = inverse;
    columns.atr[row] = atr;
    columns.adx[row] = record.adx[at]!;
    columns.rsi[row] = record.rsi[at]!;
    if (row === 0) {
      columns.inverses[row] = inverse;
      columns.shares[row] = share;
      columns.range[row] = 0;
      columns.plus[row] = 0;
      columns.minus[row] = 0;
      columns.ema144[row] = close;
      columns.ema250[row] = close;
      columns.ema333[row] = close;
      columns.value[row] = close * volume;
      columns.volume[row] = volume;
      return;
    }
    const before = columns.close[row - 1]!;
    const up = high - columns.high[row - 1]!;
    const down = columns.low[row - 1]! - low;
    columns.inverses[row] = columns.inverses[row - 1]! + inverse;
    columns.shares[row] = columns.shares[row - 1]! + share;
    columns.range[row] = Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
    columns.plus[row] = up > down && up > 0 ? up : 0;
    columns.minus[row] = down > up && down > 0 ? down : 0;
    columns.ema144[row] = (1 - KEEP_144) * close + KEEP_144 * columns.ema144[row - 1]!;
    columns.ema250[row] = (1 - KEEP_250) * close + KEEP_250 * columns.ema250[row - 1]!;
    columns.ema333[row] = (1 - KEEP_333) * close + KEEP_333 * columns.ema333[row - 1]!;
    columns.value[row] = columns.value[row - 1]! + close * volume;
    columns.volume[row] = columns.volume[row - 1]! + volume;
  }

  /** The newest bar, of that volume, begins an episode: sums of volume begin anew so that they keep their digits. */
  begin(volume: number): void {
    const { columns, end } = this.rows;
    columns.volume[end - 1] = volume;
    columns.value[end - 1] = columns.close[end - 1]! * volume;
  }
}
