/**
 * The decay index EDX of a running S3 episode, fast (spec uptrend-engine §4). Only the last ten values of each window's
 * series matter, so nothing is recomputed over a window that has a closed form:
 *
 * - EMA of a window that starts at s: F(j) + (close(s) − F(s))·(1−α)^(j−s), F the EMA over all history; its slope likewise.
 * - RSI does not depend on the window once it holds 24 bars.
 * - ATR re-seeded at the first bar read: column + (seed − column there)·(13/14)^k.
 * - AVWAP: differences of prefix sums.
 * - ADX is a ratio and has no closed form; from 300 bars on, its start weighs less than 1e-9 and the column over all
 *   history stands in, below that one loop runs.
 * - ZigZag counts pivots without keeping them.
 *
 * Held to the plain evaluation (decay-windows.ts) by a property test.
 */
import type { BarMemory } from './bar-memory.js';
import {
  combineWindows,
  type DecayReading,
  LONGEST_WINDOW,
  SPREAD_WINDOW,
  type WindowScores,
  windowLengths,
} from './decay-windows.js';
import { sigmoid } from './scores.js';
import {
  BACKSTEP,
  CALM_ATR_SHARE,
  CALM_LAMBDA_EXTRA,
  SHORTEST_LEG,
  WICK_RELAXATION,
  ZIGZAG_LAMBDA,
} from './zigzag.js';

export const DECAY_COLUMNS = [
  'close',
  'high',
  'low',
  'inverse',
  'range',
  'plus',
  'minus',
  'atr',
  'adx',
  'rsi',
  'ema144',
  'ema250',
  'ema333',
  'value',
  'volume',
] as const;
export type DecayColumn = (typeof DECAY_COLUMNS)[number];
/** Rows kept: the longest window, its start bar, one before. */
export const DECAY_ROWS = LONGEST_WINDOW + 16;

const SLOPE_SQUARES = 82.5;
const ADX_FORGETS = 300;
const PERIOD = 14;

/** Powers of a factor up to the longest window, and the ten-bar slope of the first ten. */
class Powers {
  readonly of = new Float64Array(LONGEST_WINDOW + 2);
  readonly slope: number;

  constructor(factor: number) {
    let power = 1;
    for (let k = 0; k < this.of.length; k++) {
      this.of[k] = power;
      power *= factor;
    }
    this.slope = slopeEnding(this.of, 9);
  }
}

/** OLS slope per bar of the ten values that end at `last`. */
function slopeEnding(values: Float64Array, last: number): number {
  const end = values[last]!;
  const first = last - 9;
  return (
    (-4.5 * (values[first]! - end) -
      3.5 * (values[first + 1]! - end) -
      2.5 * (values[first + 2]! - end) -
      1.5 * (values[first + 3]! - end) -
      0.5 * (values[first + 4]! - end) +
      0.5 * (values[first + 5]! - end) +
      1.5 * (values[first + 6]! - end) +
      2.5 * (values[first + 7]! - end) +
      3.5 * (values[first + 8]! - end)) /
    SLOPE_SQUARES
  );
}

const POWERS_144 = new Powers(1 - 2 / 145);
const POWERS_250 = new Powers(1 - 2 / 251);
const POWERS_333 = new Powers(1 - 2 / 334);
const POWERS_WILDER = new Powers(13 / 14);

export class DecayIndex {
  private readonly ten = new Float64Array(10);
  private readonly other = new Float64Array(10);

  constructor(private readonly memory: BarMemory<DecayColumn>) {}

  /** @param n bars since the start of the episode, at least 10 */
  read(n: number): DecayReading {
    const { memory } = this;
    const longest = Math.min(n, LONGEST_WINDOW);
    const lengths = windowLengths(longest);
    const last = memory.end - 1;
    const first = last - longest;
    const atr = this.atrSeed(first, longest);
    const shares = this.meanShares(first, atr, lengths);
    const { columns } = memory;
    const slopes = {
      rsi: slopeEnding(columns.rsi, last),
      ema250: slopeEnding(columns.ema250, last),
      ema333: slopeEnding(columns.ema333, last),
    };
    const windows = lengths.map((length, k): WindowScores | null => {
      if (length === 0) return null;
      const start = last - length + 1;
      return {
        bars: length,
        slow: this.slow(start, last, length, slopes),
        struct: this.structure(start, last, first, atr, shares[k]!),
        part: this.participation(start, last),
        comp: length < SPREAD_WINDOW ? 0.5 : this.spread(start, last),
      };
    });
    return combineWindows(windows);
  }

  /** Seed of the ATR series of the bars read, and how far the column over all history is from it there. */
  private atrSeed(first: number, longest: number): { seed: number; away: number } {
    const { range, atr } = this.memory.columns;
    const count = Math.min(PERIOD, longest);
    let sum = 0;
    for (let i = 1; i <= count; i++) sum += range[first + i]!;
    const seed = sum / count;
    return { seed, away: longest > PERIOD ? seed - atr[first + PERIOD]! : 0 };
  }

  /** Mean ATR / close of each window, in one pass from the newest bar back. */
  private meanShares(
    first: number,
    { seed, away }: { seed: number; away: number },
    lengths: readonly number[],
  ): readonly number[] {
    const { atr, inverse } = this.memory.columns;
    const last = this.memory.end - 1;
    const means = [0, 0, 0];
    const powers = POWERS_WILDER.of;
    let sum = 0;
    let row = last;
    for (let k = 2; k >= 0; k--) {
      const length = lengths[k]!;
      if (length === 0) continue;
      const stop = last - length;
      const plain = Math.max(stop, first + PERIOD);
      for (; row > plain; row--) sum += (atr[row]! + away * powers[row - first - PERIOD]!) * inverse[row]!;
      for (; row > stop; row--) sum += seed * inverse[row]!;
      means[k] = sum / length;
    }
    return means;
  }

  private slow(
    start: number,
    last: number,
    length: number,
    slopes: { readonly rsi: number; readonly ema250: number; readonly ema333: number },
  ): number {
    const { close, ema250, ema333, adx } = this.memory.columns;
    const lag = length - 10;
    const normalised = (column: Float64Array, powers: Powers, slope: number): number => {
      const away = close[start]! - column[start]!;
      const now = column[last]! + away * powers.of[length - 1]!;
      return now > 0 ? (slope + away * powers.of[lag]! * powers.slope) / Math.max(now, 1e-9) : 0;
    };
    const averages = sigmoid(
      500 * (normalised(ema250, POWERS_250, slopes.ema250) + normalised(ema333, POWERS_333, slopes.ema333)),
    );
    const rsi = length >= 24 ? sigmoid(slopes.rsi / 5) : 0.5;
    let strength = 0.5;
    if (length >= ADX_FORGETS) strength = sigmoid(slopeEnding(adx, last) / 2);
    else if (length >= 16) strength = sigmoid(this.adxSlope(start, last) / 2);
    return 1 - (averages + rsi + strength) / 3;
  }

  /** Slope of the last ten values of the ADX that starts with the window. */
  private adxSlope(start: number, last: number): number {
    const { range, plus, minus } = this.memory.columns;
    const { ten } = this;
    let p = 0;
    let m = 0;
    let r = 0;
    for (let row = start + 1; row <= start + PERIOD; row++) {
      p += plus[row]!;
      m += minus[row]!;
      r += range[row]!;
    }
    p /= PERIOD;
    m /= PERIOD;
    r /= PERIOD;
    let adx = directionalIndex(p, m, r);
    const keepFrom = last - 9;
    for (let row = keepFrom; row <= start + PERIOD; row++) if (row >= keepFrom) ten[row - keepFrom] = adx;
    for (let row = start + PERIOD + 1; row <= last; row++) {
      p = (13 * p + plus[row]!) / 14;
      m = (13 * m + minus[row]!) / 14;
      r = (13 * r + range[row]!) / 14;
      adx = (13 * adx + directionalIndex(p, m, r)) / 14;
      if (row >= keepFrom) ten[row - keepFrom] = adx;
    }
    return slopeEnding(ten, 9);
  }

  private participation(start: number, last: number): number {
    const { close, value, volume } = this.memory.columns;
    const { ten } = this;
    const valueBefore = value[start - 1]!;
    const volumeBefore = volume[start - 1]!;
    for (let k = 0; k < 10; k++) {
      const row = last - 9 + k;
      const traded = volume[row]! - volumeBefore;
      ten[k] = traded > 0 ? (value[row]! - valueBefore) / traded : close[start]!;
    }
    return sigmoid((-1000 * slopeEnding(ten, 9)) / Math.max(ten[9]!, 1e-9));
  }

  private spread(start: number, last: number): number {
    const { close, ema144, ema250, ema333 } = this.memory.columns;
    const { ten, other } = this;
    const c = close[start]!;
    const [a, b, base] = [c - ema144[start]!, c - ema250[start]!, c - ema333[start]!];
    for (let k = 0; k < 10; k++) {
      const row = last - 9 + k;
      const age = row - start;
      const slowest = ema333[row]! + base * POWERS_333.of[age]!;
      ten[k] = (ema144[row]! + a * POWERS_144.of[age]! - slowest) / slowest;
      other[k] = (ema250[row]! + b * POWERS_250.of[age]! - slowest) / slowest;
    }
    return sigmoid(-50 * (slopeEnding(ten, 9) + slopeEnding(other, 9)));
  }

  /** The ZigZag of a window, as 1 − share of higher pivots among consecutive ones of a kind. */
  private structure(
    start: number,
    last: number,
    first: number,
    { seed, away }: { readonly seed: number; readonly away: number },
    meanShare: number,
  ): number {
    const { close, high, low, atr } = this.memory.columns;
    const powers = POWERS_WILDER.of;
    const anchor = first + PERIOD;
    const unitAt = (row: number): number => (row > anchor ? atr[row]! + away * powers[row - anchor]! : seed);
    const lambda = ZIGZAG_LAMBDA + (meanShare < CALM_ATR_SHARE ? CALM_LAMBDA_EXTRA : 0);
    const relaxed = lambda - WICK_RELAXATION;
    const origin = close[start]!;
    const opening = lambda * unitAt(start);
    let top = origin;
    let bottom = origin;
    let topAt = start;
    let bottomAt = start;
    let row = start + 1;
    for (; row <= last; row++) {
      const now = close[row]!;
      if (now > top) {
        top = now;
        topAt = row;
      }
      if (now < bottom) {
        bottom = now;
        bottomAt = row;
      }
      if (now - origin >= opening || origin - now >= opening) break;
    }
    if (row > last) return 0.5;
    let up = close[row]! - origin >= opening;
    let pivots = 1;
    let pairs = 0;
    let higher = 0;
    let lastPivot = start;
    let lastTop = up ? Number.NaN : origin;
    let lastBottom = up ? origin : Number.NaN;
    row += 1;
    while (row <= last) {
      if (up) {
        let unit = unitAt(topAt);
        let byClose = top - lambda * unit;
        let byWick = top - relaxed * unit;
        let turned = false;
        for (; row <= last; row++) {
          const now = close[row]!;
          if (now > top) {
            top = now;
            topAt = row;
            unit = unitAt(row);
            byClose = top - lambda * unit;
            byWick = top - relaxed * unit;
          } else if (
            (now <= byClose || low[row]! <= byWick) &&
            row - topAt >= BACKSTEP &&
            topAt - lastPivot >= SHORTEST_LEG
          ) {
            turned = true;
            break;
          }
        }
        if (!turned) break;
        pivots += 1;
        if (!Number.isNaN(lastTop)) {
          pairs += 1;
          if (top > lastTop) higher += 1;
        }
        lastTop = top;
        lastPivot = topAt;
        up = false;
        bottom = close[row]!;
        bottomAt = row;
      } else {
        let unit = unitAt(bottomAt);
        let byClose = bottom + lambda * unit;
        let byWick = bottom + relaxed * unit;
        let turned = false;
        for (; row <= last; row++) {
          const now = close[row]!;
          if (now < bottom) {
            bottom = now;
            bottomAt = row;
            unit = unitAt(row);
            byClose = bottom + lambda * unit;
            byWick = bottom + relaxed * unit;
          } else if (
            (now >= byClose || high[row]! >= byWick) &&
            row - bottomAt >= BACKSTEP &&
            bottomAt - lastPivot >= SHORTEST_LEG
          ) {
            turned = true;
            break;
          }
        }
        if (!turned) break;
        pivots += 1;
        if (!Number.isNaN(lastBottom)) {
          pairs += 1;
          if (bottom > lastBottom) higher += 1;
        }
        lastBottom = bottom;
        lastPivot = bottomAt;
        up = true;
        top = close[row]!;
        topAt = row;
      }
      row += 1;
    }
    // An extreme that nothing has reversed yet counts when it is old enough.
    const extremeAt = up ? topAt : bottomAt;
    if (last - extremeAt >= BACKSTEP && extremeAt - lastPivot >= SHORTEST_LEG) {
      pivots += 1;
      const before = up ? lastTop : lastBottom;
      if (!Number.isNaN(before)) {
        pairs += 1;
        if ((up ? top : bottom) > before) higher += 1;
      }
    }
    return pivots < 4 || pairs === 0 ? 0.5 : 1 - higher / pairs;
  }
}

function directionalIndex(plus: number, minus: number, range: number): number {
  const floor = Math.max(range, 1e-9);
  const sum = (100 * (plus + minus)) / floor;
  // away from the floors the range cancels out
  if (range >= 1e-9 && sum >= 1e-9) return (100 * Math.abs(plus - minus)) / (plus + minus);
  return (100 * ((100 * Math.abs(plus - minus)) / floor)) / Math.max(sum, 1e-9);
}
