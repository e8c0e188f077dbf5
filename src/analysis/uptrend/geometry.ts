/**
 * Levels of a growing series, rebuilt on schedule from what was known then (spec uptrend-engine §2): swings are tested
 * once, two bars late; their prices stay sorted; extremes of the window come from monotonic queues. A rebuild that
 * would give the same levels is skipped.
 *
 * Counts fed bars. Looks back 9,999 bars; needs 50 and three swing highs or lows, else the earlier levels stay.
 */
import type { Timeframe } from '../../market/timeframe.js';
import { BarMemory } from './bar-memory.js';
import { extensionsAbove, type Level, LevelTable } from './levels.js';
import { SwingClusters } from './swing-clusters.js';

const LOOKBACK = 9999;
const FIRST_REBUILD = 49;
const LEAST_SWINGS = 3;
const PROMINENCE = 0.5;

/** Bars between rebuilds: every bar from 1h up, one an hour below. */
export function geometryCadence(timeframe: Timeframe): number {
  if (timeframe === '1m') return 60;
  return timeframe === '15m' ? 4 : 1;
}

/** Whether the middle of five closes is a swing: 1 high, −1 low, 0 neither. */
export function swingAt(closes: ArrayLike<number>, middle: number): -1 | 0 | 1 {
  const c = closes[middle]!;
  const [a, b] = [closes[middle - 2]!, closes[middle - 1]!];
  const [d, e] = [closes[middle + 1]!, closes[middle + 2]!];
  if (c > a && c > b && c > d && c > e) {
    return ((c - Math.min(a, b, d, e)) / c) * 100 >= PROMINENCE ? 1 : 0;
  }
  if (c < a && c < b && c < d && c < e) {
    return ((Math.max(a, b, d, e) - c) / c) * 100 >= PROMINENCE ? -1 : 0;
  }
  return 0;
}

/** Positions and values, the extreme of a sliding window first, of what could still become it after it. */
class Extreme {
  private at = new Float64Array(64);
  private values = new Float64Array(64);
  private head = 0;
  private tail = 0;

  constructor(private readonly sign: 1 | -1) {}

  get value(): number {
    return this.values[this.head]!;
  }

  push(position: number, value: number): void {
    const { sign, head } = this;
    let { tail } = this;
    while (tail > head && (value - this.values[tail - 1]!) * sign >= 0) tail--;
    if (tail === this.values.length) tail = this.makeRoom(tail);
    this.values[tail] = value;
    this.at[tail] = position;
    this.tail = tail + 1;
  }

  dropBefore(position: number): void {
    while (this.at[this.head]! < position) this.head++;
  }

  private makeRoom(tail: number): number {
    const { at, values, head } = this;
    if (2 * head < tail) {
      this.at = new Float64Array(2 * tail);
      this.values = new Float64Array(2 * tail);
    }
    this.at.set(at.subarray(head, tail));
    this.values.set(values.subarray(head, tail));
    this.head = 0;
    return tail - head;
  }
}

/** A snapshot as JSON keeps it. */
export interface GeometrySnapshot {
  readonly count: number;
  readonly closes: readonly number[];
  readonly levels: readonly Level[];
  readonly rebuilt_at: number;
  readonly swing_highs: number;
  readonly swing_lows: number;
}

export class Geometry {
  /** Levels in force, highest first. */
  readonly table = new LevelTable();
  /** Fed-bar index of the rebuild in force; −1 before the first. */
  rebuiltAt = -1;
  /** Swing highs and lows at that rebuild. */
  swingHighs = 0;
  swingLows = 0;
  private count = 0;
  private readonly memory = new BarMemory(['close'], LOOKBACK);
  private highest = new Extreme(1);
  private lowest = new Extreme(-1);
  /** Swings in time order: fed-bar index, close, ±1; those before `head` have left the window. */
  private swingIndex: number[] = [];
  private swingPrice: number[] = [];
  private swingSide: number[] = [];
  private head = 0;
  private highs = 0;
  private lows = 0;
  private readonly clusters = new SwingClusters();
  private stale = true;
  private builtHigh = Number.NaN;
  private builtLow = Number.NaN;
  private builtExtensions = -1;

  constructor(private readonly cadence: number) {}

  /**
   * Takes in a fed bar's close.
   * @returns true when levels were rebuilt (they may be the same as before)
   */
  next(close: number): boolean {
    const row = this.memory.push();
    this.memory.columns.close[row] = close;
    this.count += 1;
    const first = this.count - Math.min(this.count, LOOKBACK);
    const newest = this.count - 1;
    this.highest.push(newest, close);
    this.lowest.push(newest, close);
    this.highest.dropBefore(first);
    this.lowest.dropBefore(first);
    this.forgetSwings(first + 2);
    if (this.count >= 5) this.testSwing(row - 2, newest - 2);
    return newest >= FIRST_REBUILD && (newest - FIRST_REBUILD) % this.cadence === 0 && this.rebuild(close);
  }

  /** The levels in force as documents. */
  get levels(): readonly Level[] {
    return this.table.described();
  }

  private testSwing(row: number, index: number): void {
    const side = swingAt(this.memory.columns.close, row);
    if (side === 0) return;
    const price = this.memory.columns.close[row]!;
    this.clusters.insert(price);
    this.swingIndex.push(index);
    this.swingPrice.push(price);
    this.swingSide.push(side);
    if (side === 1) this.highs += 1;
    else this.lows += 1;
    this.stale = true;
  }

  private forgetSwings(first: number): void {
    while (this.head < this.swingIndex.length && this.swingIndex[this.head]! < first) {
      this.clusters.remove(this.swingPrice[this.head]!);
      if (this.swingSide[this.head] === 1) this.highs -= 1;
      else this.lows -= 1;
      this.head += 1;
      this.stale = true;
    }
    if (this.head > 1024) {
      this.swingIndex = this.swingIndex.slice(this.head);
      this.swingPrice = this.swingPrice.slice(this.head);
      this.swingSide = this.swingSide.slice(this.head);
      this.head = 0;
    }
  }

  private rebuild(close: number): boolean {
    if (this.highs < LEAST_SWINGS && this.lows < LEAST_SWINGS) return false;
    const high = this.highest.value;
    const low = this.lowest.value;
    const extensions = extensionsAbove(high, low, close);
    const moved = high !== this.builtHigh || low !== this.builtLow || extensions !== this.builtExtensions;
    if (this.stale || moved) {
      this.table.build(this.clusters, high, low, close);
      this.builtHigh = high;
      this.builtLow = low;
      this.builtExtensions = extensions;
      this.stale = false;
    }
    this.rebuiltAt = this.count - 1;
    this.swingHighs = this.highs;
    this.swingLows = this.lows;
    return true;
  }

  snapshot(): GeometrySnapshot {
    return {
      count: this.count,
      closes: this.memory.snapshot().close.map(Number),
      levels: this.levels,
      rebuilt_at: this.rebuiltAt,
      swing_highs: this.swingHighs,
      swing_lows: this.swingLows,
    };
  }

  /** A tracker that goes on as if it had never stopped. */
  static restore(cadence: number, snapshot: GeometrySnapshot): Geometry {
    const geometry = new Geometry(cadence);
    const { closes, count } = snapshot;
    geometry.memory.restore({ close: closes });
    geometry.count = count;
    const first = count - closes.length;
    closes.forEach((close, at) => {
      geometry.highest.push(first + at, close);
      geometry.lowest.push(first + at, close);
    });
    for (let at = 2; at < closes.length - 2; at++) geometry.testSwing(at, first + at);
    geometry.table.load(snapshot.levels);
    geometry.rebuiltAt = snapshot.rebuilt_at;
    geometry.swingHighs = snapshot.swing_highs;
    geometry.swingLows = snapshot.swing_lows;
    return geometry;
  }
}
