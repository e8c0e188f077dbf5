/**
 * Average directional index with its directional indicators (Wilder 1978), 0..100. TR and directional movement exist
 * from the second bar; up = h − h₋₁, down = l₋₁ − l, +DM = up if up > down and up > 0, −DM likewise;
 * DI = 100·S(DM)/S(TR); DX = 100·|+DI − −DI|/(+DI + −DI); ADX smooths DX.
 *
 * | flavour       | S                                             | first DX | ADX                          | first ADX |
 * |---------------|-----------------------------------------------|----------|------------------------------|-----------|
 * | wilder        | sum of bars 1..p−1, then S − S/p + x          | bar p    | mean of the first p DX, then Wilder; kept when S(TR) or the DI sum is 0 | 2p−1 |
 * | ewm_adjusted  | normalised weights (1−1/p)^k, from p values   | bar p    | the same smoother over DX    | 2p−1      |
 * | ewm_recursive | seed TR₀ = h−l, DM₀ = 0, then y + (x−y)/p     | bar 0    | the same; DX of 0/0 is 0     | bar 0     |
 * | first_dx      | mean of the first p values, then Wilder       | bar p    | seeded with the first DX     | bar p     |
 *
 * The first three are spec hmm-regimes §4, `first_dx` is the uptrend engine's (spec uptrend-engine §1.2, divisors
 * floored at 1e-9). `ewm_adjusted` is undefined where DX is 0/0.
 */
import { BarIndicator, type BarInputColumns } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';
import type { TaFlavour } from './ta-flavour.js';

const COUNT = 0; // bars seen
const HIGH = 1;
const LOW = 2;
const CLOSE = 3;
const RANGE = 4;
const PLUS = 5;
const MINUS = 6;
const ADX = 7;
const DX_COUNT = 8;
const DX_WEIGHT = 9;

const FLOOR = 1e-9;
/** Keeps 0/0 away; any real lead swallows it in rounding. */
const NO_LEAD = 1e-300;

/** Smoothing by the table above; `first_dx` seeds ADX with the first DX. */
export type AdxFlavour = TaFlavour | 'first_dx';

/** Strength of a trend and its two directional indicators, 0 to 100 each (Wilder 1978). */
export class Adx extends BarIndicator<'adx' | 'plus_di' | 'minus_di'> {
  protected override readonly skipsUnwanted = true;
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param period bars, ≥ 2
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(
    readonly period = 14,
    readonly flavour: AdxFlavour = 'wilder',
  ) {
    requireLength('period', period, 2);
    super(['adx', 'plus_di', 'minus_di'], 10);
    this.firstRow = {
      wilder: 2 * period - 1,
      ewm_adjusted: 2 * period - 1,
      first_dx: period,
      ewm_recursive: 0,
    }[flavour];
    this.warmUp = 2 * period + memory(1 - 1 / period, 1e-11);
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const { high, low, close } = bars;
    const { state, period, flavour } = this;
    advance(high, low, close, out[0]!, out[1]!, out[2]!, state, period, flavour, from, to);
  }
}

function advance(
  highs: Float64Array,
  lows: Float64Array,
  closes: Float64Array,
  adxs: Float64Array,
  plusDis: Float64Array,
  minusDis: Float64Array,
  state: Float64Array,
  period: number,
  flavour: AdxFlavour,
  from: number,
  to: number,
): void {
  const directional = plusDis.length > 0 || minusDis.length > 0;
  const keep = 1 - 1 / period;
  const share = 1 / period;
  const wilder = flavour === 'wilder';
  // Sums (wilder) and unnormalised weights (ewm_adjusted) add x, averages add x/p: the scale cancels in DI and DX.
  const add = wilder || flavour === 'ewm_adjusted' ? 1 : share;
  const seedBars = wilder ? period - 1 : flavour === 'first_dx' ? period : 0;
  const firstDx = flavour === 'ewm_recursive' ? 0 : period;
  let count = state[COUNT]!;
  let high = state[HIGH]!;
  let low = state[LOW]!;
  let close = state[CLOSE]!;
  let range = state[RANGE]!;
  let plus = state[PLUS]!;
  let minus = state[MINUS]!;
  let adx = state[ADX]!;
  let dxCount = state[DX_COUNT]!;
  let dxWeight = state[DX_WEIGHT]!;
  for (let row = from; row < to; row++) {
    const h = highs[row]!;
    const l = lows[row]!;
    const c = closes[row]!;
    const sum = h + l + c;
    if (!Number.isFinite(sum)) {
      adxs[row] = Number.NaN;
      plusDis[row] = Number.NaN;
      minusDis[row] = Number.NaN;
      continue;
    }
    // Directional movement without branches, which would be guessed wrong half of the time: the larger of the two
    // positive parts goes to its side, sign is 1, −1 or, when they are equal, 0.
    const up = (Math.abs(h - high) + h - high) * 0.5;
    const down = (Math.abs(low - l) + low - l) * 0.5;
    const lead = up - down;
    const sign = lead / (Math.abs(lead) + NO_LEAD);
    const larger = (up + down + Math.abs(lead)) * 0.5;
    const plusMove = larger * (sign * sign + sign) * 0.5;
    const minusMove = larger * (sign * sign - sign) * 0.5;
    const trueRange = Math.max(h - l, Math.abs(h - close), Math.abs(l - close));
    high = h;
    low = l;
    close = c;
    const bar = count++;
    if (bar === 0) {
      if (flavour === 'ewm_recursive') range = h - l;
    } else if (bar <= seedBars) {
      range += trueRange * add;
      plus += plusMove * add;
      minus += minusMove * add;
    } else {
      range = range * keep + trueRange * add;
      plus = plus * keep + plusMove * add;
      minus = minus * keep + minusMove * add;
    }
    if (bar < firstDx) {
      adxs[row] = Number.NaN;
      plusDis[row] = Number.NaN;
      minusDis[row] = Number.NaN;
      continue;
    }
    let dx: number;
    if (flavour === 'first_dx') {
      const plusDi = (100 * plus) / Math.max(range, FLOOR);
      const minusDi = (100 * minus) / Math.max(range, FLOOR);
      dx = (100 * Math.abs(plusDi - minusDi)) / Math.max(plusDi + minusDi, FLOOR);
    } else {
      const both = plus + minus;
      dx = range === 0 || both === 0 ? Number.NaN : (100 * Math.abs(plus - minus)) / both;
    }
    if (directional) {
      plusDis[row] = range === 0 ? 0 : (100 * plus) / range;
      minusDis[row] = range === 0 ? 0 : (100 * minus) / range;
    }
    adxs[row] = Number.NaN;
    switch (flavour) {
      case 'wilder':
        if (dxCount < period) {
          adx += (Number.isNaN(dx) ? 0 : dx) * share;
          dxCount++;
        } else if (dx >= 0) adx = adx * keep + dx * share;
        if (dxCount === period) adxs[row] = adx;
        break;
      case 'ewm_adjusted':
        if (dx >= 0) {
          adx = adx * keep + dx;
          dxWeight = dxWeight * keep + 1;
          if (dxCount < period) dxCount++;
          if (dxCount === period) adxs[row] = adx / dxWeight;
        }
        break;
      default:
        if (!(dx >= 0)) dx = 0;
        adx = dxCount === 0 ? dx : adx * keep + dx * share;
        dxCount = 1;
        adxs[row] = adx;
    }
  }
  state[COUNT] = count;
  state[HIGH] = high;
  state[LOW] = low;
  state[CLOSE] = close;
  state[RANGE] = range;
  state[PLUS] = plus;
  state[MINUS] = minus;
  state[ADX] = adx;
  state[DX_COUNT] = dxCount;
  state[DX_WEIGHT] = dxWeight;
}
