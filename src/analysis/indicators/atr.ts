/**
 * Average true range (Wilder 1978), price units; the true range exists from the second bar.
 *
 * | flavour       | smoothing of TR                                      | first row |
 * |---------------|------------------------------------------------------|-----------|
 * | wilder        | mean of the first p, then (ATR·(p−1) + TR)/p         | p         |
 * | ewm_adjusted  | weights (1−1/p)^k normalised                         | p         |
 * | ewm_recursive | seed TR₀ = h−l, then ATR + (TR−ATR)/p                | 0         |
 * | partial       | as wilder, before that the mean of the TR so far     | 1         |
 *
 * The first three are spec hmm-regimes §4; `partial` is the uptrend engine's short-window rule (spec uptrend-engine
 * §1.2: seed of min(14, count) values).
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';
import type { TaFlavour } from './ta-flavour.js';

/** Smoothing by the table above; `partial` averages what there is before the window is full. */
export type AtrFlavour = TaFlavour | 'partial';

const COUNT = 0; // bars seen
const CLOSE = 1;
const AVERAGE = 2; // a sum while seeding, a weighted sum in ewm_adjusted
const WEIGHT = 3;

/** Mean true range of the last bars, price units (Wilder 1978). */
export class Atr extends BarIndicator<'atr'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param period bars, ≥ 2
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(
    readonly period = 14,
    readonly flavour: AtrFlavour = 'wilder',
  ) {
    requireLength('period', period, 2);
    super(['atr'], 4);
    this.firstRow = { wilder: period, ewm_adjusted: period, ewm_recursive: 0, partial: 1 }[flavour];
    this.warmUp = period + memory(1 - 1 / period);
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const { high, low, close } = bars;
    advance(high, low, close, out[0]!, this.state, this.period, this.flavour, from, to);
  }
}

function advance(
  highs: Float64Array,
  lows: Float64Array,
  closes: Float64Array,
  averages: Float64Array,
  state: Float64Array,
  period: number,
  flavour: AtrFlavour,
  from: number,
  to: number,
): void {
  const share = 1 / period;
  const keep = 1 - share;
  const adjusted = flavour === 'ewm_adjusted';
  const seedBars = flavour === 'wilder' || flavour === 'partial' ? period : 0;
  const add = adjusted ? 1 : share;
  let count = state[COUNT]!;
  let close = state[CLOSE]!;
  let average = state[AVERAGE]!;
  let weight = state[WEIGHT]!;
  for (let row = from; row < to; row++) {
    const h = highs[row]!;
    const l = lows[row]!;
    const c = closes[row]!;
    if (!Number.isFinite(h + l + c)) {
      averages[row] = Number.NaN;
      continue;
    }
    const trueRange = Math.max(h - l, Math.abs(h - close), Math.abs(l - close));
    close = c;
    const bar = count++;
    if (bar > seedBars && bar > 0) {
      average = average * keep + trueRange * add;
      if (adjusted) {
        weight = weight * keep + 1;
        averages[row] = bar >= period ? average / weight : Number.NaN;
      } else averages[row] = average;
    } else if (bar === 0) {
      average = flavour === 'ewm_recursive' ? h - l : 0;
      averages[row] = flavour === 'ewm_recursive' ? average : Number.NaN;
    } else {
      average += trueRange;
      const mean = average / bar;
      if (bar === period) average = mean;
      averages[row] = bar === period || flavour === 'partial' ? mean : Number.NaN;
    }
  }
  state[COUNT] = count;
  state[CLOSE] = close;
  state[AVERAGE] = average;
  state[WEIGHT] = weight;
}
