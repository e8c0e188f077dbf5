/**
 * The decay index EDX of a running S3 episode, fast (spec uptrend-engine §4). Only the last ten values of each window's
 * series matter, so nothing is recomputed over a window that has a closed form:
 *
 * - EMA of a window that starts at s: F(j) + (close(s) − F(s))·(1−α)^(j−s), F the EMA over all history; its slope likewise.
 * - RSI does not depend on the window once it holds 24 bars.
 * - ATR re-seeded at the first bar read: column + (seed − column there)·(13/14)^k.
 * - AVWAP: differences of prefix sums.
 * - The mean of ATR / close only chooses between two thresholds: prefix sums and a bound of the re-seeding decide that,
 *   and only a mean within the bound is summed bar by bar.
 * - ADX is a ratio and has no closed form; from 300 bars on, its start weighs less than 1e-9 and the column over all
 *   history stands in, below that a run is continued while the window's start stays (directional-run.ts).
 * - ZigZag counts pivots without keeping them, continues while start and thresholds stay, and joins the run of the
 *   longest window as soon as both stand alike (structure-run.ts).
 *
 * What is continued is what a run from the start would have come to, bit for bit, so nothing of it is stored: an engine
 * that is restored runs anew. Held to the plain evaluation (decay-windows.ts) by a property test.
 */
import type { BarMemory } from './bar-memory.js';
import type { DecayColumn } from './decay-columns.js';
import {
  combineWindows,
  type DecayReading,
  LONGEST_WINDOW,
  SPREAD_WINDOW,
  type WindowScores,
} from './decay-windows.js';
import { DirectionalRun } from './directional-run.js';
import { sigmoid } from './scores.js';
import { type ReversalUnits, StructureRun } from './structure-run.js';
import { columnSlope } from './ten-bar-slope.js';
import { CALM_ATR_SHARE, CALM_LAMBDA_EXTRA, ZIGZAG_LAMBDA } from './zigzag.js';

const ADX_FORGETS = 300;
const PERIOD = 14;
/** Bars after which the re-seeding of the ATR is bounded more tightly. */
const NEAR_ROWS = 60;

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
    this.slope = columnSlope(this.of, 9);
  }
}

const POWERS_144 = new Powers(1 - 2 / 145);
const POWERS_250 = new Powers(1 - 2 / 251);
const POWERS_333 = new Powers(1 - 2 / 334);
const POWERS_WILDER = new Powers(13 / 14);

export class DecayIndex {
  private readonly ten = new Float64Array(10);
  private readonly other = new Float64Array(10);
  private readonly structures: readonly StructureRun[];
  private readonly strengths: readonly DirectionalRun[];
  private moves = 0;
  // Ten-bar slopes that all windows share.
  private rsiSlope = 0;
  private slope250 = 0;
  private slope333 = 0;

  constructor(private readonly memory: BarMemory<DecayColumn>) {
    this.structures = [0, 1, 2].map(() => new StructureRun(memory, POWERS_WILDER.of));
    this.strengths = [0, 1, 2].map(() => new DirectionalRun(memory));
  }

  /** @param n bars since the start of the episode, at least 10 */
  read(n: number): DecayReading {
    const { memory } = this;
    if (memory.moves !== this.moves) this.forget();
    const longest = Math.min(n, LONGEST_WINDOW);
    const last = memory.end - 1;
    const first = last - longest;
    const units = this.units(first, longest);
    const { rsi, ema250, ema333 } = memory.columns;
    this.rsiSlope = columnSlope(rsi, last);
    this.slope250 = columnSlope(ema250, last);
    this.slope333 = columnSlope(ema333, last);
    const second = Math.floor((2 * longest) / 3);
    const third = Math.floor(longest / 3);
    return combineWindows(
      this.window(0, longest, last, units),
      second < 10 ? null : this.window(1, second, last, units),
      third < 10 ? null : this.window(2, third, last, units),
    );
  }

  /** Rows have moved: what is continued by row begins anew. */
  private forget(): void {
    for (const run of this.structures) run.forget();
    for (const run of this.strengths) run.forget();
    this.moves = this.memory.moves;
  }

  private window(which: number, length: number, last: number, units: ReversalUnits): WindowScores {
    const start = last - length + 1;
    const lambda = ZIGZAG_LAMBDA + (this.isCalm(start - 1, last, units) ? CALM_LAMBDA_EXTRA : 0);
    const longest = which === 0 ? null : this.structures[0]!;
    return {
      bars: length,
      slow: this.slow(which, start, last, length),
      struct: this.structures[which]!.read(start, last, units, lambda, longest),
      part: this.participation(start, last),
      comp: length < SPREAD_WINDOW ? 0.5 : this.spread(start, last),
    };
  }

  /** The ATR series of the bars read: its seed, and how far the column over all history is from it there. */
  private units(first: number, longest: number): ReversalUnits {
    const { range, atr } = this.memory.columns;
    const count = Math.min(PERIOD, longest);
    let sum = 0;
    for (let i = 1; i <= count; i++) sum += range[first + i]!;
    const seed = sum / count;
    return { anchor: first + PERIOD, seed, away: longest > PERIOD ? seed - atr[first + PERIOD]! : 0 };
  }

  /** Whether the mean of ATR / close over rows `before` + 1 … `last` is below the calm share. */
  private isCalm(before: number, last: number, { anchor, seed, away }: ReversalUnits): boolean {
    const { inverses, shares } = this.memory.columns;
    const from = Math.min(last, Math.max(before, anchor));
    const plain = shares[last]! - shares[from]! + seed * (inverses[from]! - inverses[before]!);
    // away·Σ power/close lies between 0 and this
    const powers = POWERS_WILDER.of;
    const near = Math.min(last, from + NEAR_ROWS);
    const nearest = Math.max(0, from - anchor);
    const farthest = Math.max(0, near - anchor);
    const reach =
      away *
      (powers[nearest]! * (inverses[near]! - inverses[from]!) +
        powers[farthest]! * (inverses[last]! - inverses[near]!));
    const threshold = CALM_ATR_SHARE * (last - before);
    // A running sum that has seen a vast value has lost the digits of the others.
    const lost = shares[last]! + (seed + Math.abs(away)) * inverses[last]!;
    const slack = 1e-9 * threshold + 1e-12 * lost;
    if (plain + Math.max(0, reach) < threshold - slack) return true;
    if (plain + Math.min(0, reach) > threshold + slack) return false;
    return this.meanShare(before, last, anchor, seed, away) < CALM_ATR_SHARE;
  }

  private meanShare(before: number, last: number, anchor: number, seed: number, away: number): number {
    const { atr, inverse } = this.memory.columns;
    const powers = POWERS_WILDER.of;
    const plain = Math.max(before, anchor);
    let sum = 0;
    let row = last;
    for (; row > plain; row--) sum += (atr[row]! + away * powers[row - anchor]!) * inverse[row]!;
    for (; row > before; row--) sum += seed * inverse[row]!;
    return sum / (last - before);
  }

  private slow(which: number, start: number, last: number, length: number): number {
    const { close, ema250, ema333, adx } = this.memory.columns;
    const lag = length - 10;
    const origin = close[start]!;
    const averages = sigmoid(
      500 *
        (normalisedSlope(ema250, start, last, origin, lag, POWERS_250, this.slope250) +
          normalisedSlope(ema333, start, last, origin, lag, POWERS_333, this.slope333)),
    );
    const rsi = length >= 24 ? sigmoid(this.rsiSlope / 5) : 0.5;
    let strength = 0.5;
    if (length >= ADX_FORGETS) strength = sigmoid(columnSlope(adx, last) / 2);
    else if (length >= 16) strength = sigmoid(this.strengths[which]!.slope(start, last) / 2);
    return 1 - (averages + rsi + strength) / 3;
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
    return sigmoid((-1000 * columnSlope(ten, 9)) / Math.max(ten[9]!, 1e-9));
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
    return sigmoid(-50 * (columnSlope(ten, 9) + columnSlope(other, 9)));
  }
}

/** Slope of the window's own average over its last value, from the average over all history and its slope. */
function normalisedSlope(
  column: Float64Array,
  start: number,
  last: number,
  origin: number,
  lag: number,
  powers: Powers,
  slope: number,
): number {
  const away = origin - column[start]!;
  const now = column[last]! + away * powers.of[lag + 9]!;
  return now > 0 ? (slope + away * powers.of[lag]! * powers.slope) / Math.max(now, 1e-9) : 0;
}
