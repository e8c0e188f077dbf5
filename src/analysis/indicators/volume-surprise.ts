/**
 * Volume surprise (spec uptrend-engine §1.3, vo_z): how far the logarithm of the last volume stands above its
 * exponentially weighted mean, in deviations, clipped to [−4, 6]; `cluster` is 1 when surprises crowd in the last 30 (winsorised only, NaN otherwise).
 *
 * x = ln(1 + max(0, volume)) of the last `window` rows, from ten on clipped to their 2 % and 98 % order statistics.
 * Mean and variance with α = 2/65 start at the first x: μ' = αx + (1−α)μ, var = (1−α)(var + α(x−μ)(x−μ')).
 * A window without any volume gives 0 and no cluster.
 *
 * Numerical approach: the window is kept sorted, so the two bounds cost a binary search and a shift. While they stay
 * where they are the recursion just goes on (the first x of a window of 1,000 weighs 2.6e-14); when one moves it is run
 * again over the window, or over its last 1,500 rows when it is longer ((1−α)^1500 is below 1e-20). Windows too short
 * to forget their first row run again at every row.
 */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

const ALPHA = 2 / 65;
const KEEP = 1 - ALPHA;
const RERUN = 1500;
const FORGETS = 885; // rows after which the first weighs less than 1e-12
const CLUSTER_ROWS = 30;
const LEAST_VARIANCE = 1e-12;

const COUNT = 0; // rows ever stored
const OVERWRITTEN = 1; // NaN when the last row stored nothing
const TRADED = 2; // rows of the window with volume
const MEAN = 3;
const VARIANCE = 4;
const LOW = 5;
const HIGH = 6;

// No clipping: beyond any ln(1 + volume).
const NO_LOW = -1;
const NO_HIGH = 1000;

export interface VolumeSurpriseOptions {
  /** Rows in view; Infinity = all. */
  readonly window?: number;
  /** False leaves outliers as they are (the regime drivers' variant). */
  readonly winsorise?: boolean;
}

export class VolumeSurprise extends ValueIndicator<'vo_z' | 'cluster'> {
  readonly firstRow = 0;
  readonly warmUp: number;
  readonly window: number;
  readonly winsorise: boolean;
  private sorted: Float64Array;

  constructor(options: VolumeSurpriseOptions = {}) {
    const window = options.window ?? 1000;
    if (window !== Number.POSITIVE_INFINITY) requireLength('window', window, 2);
    super(['vo_z', 'cluster'], 7, Number.isFinite(window) ? window : 1024);
    this.window = window;
    this.winsorise = options.winsorise ?? true;
    this.warmUp = window;
    this.sorted = new Float64Array(this.ring.length);
    this.state[OVERWRITTEN] = Number.NaN;
    this.state[LOW] = NO_LOW;
    this.state[HIGH] = NO_HIGH;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const scores = out[0]!;
    const clusters = out[1]!;
    const { state } = this;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      state[OVERWRITTEN] = Number.NaN;
      if (!Number.isFinite(value)) {
        scores[row] = Number.NaN;
        clusters[row] = Number.NaN;
        continue;
      }
      const x = Math.log1p(Math.max(0, value));
      this.store(x);
      this.follow(x);
      if (state[TRADED] === 0) {
        scores[row] = 0;
        clusters[row] = this.winsorise ? 0 : Number.NaN;
        continue;
      }
      const unit = Math.sqrt(Math.max(state[VARIANCE]!, LEAST_VARIANCE));
      scores[row] = Math.min(6, Math.max(-4, (this.clip(x) - state[MEAN]!) / unit));
      clusters[row] = this.winsorise ? this.crowded(unit) : Number.NaN;
    }
  }

  protected override undo(): void {
    const { state } = this;
    const old = state[OVERWRITTEN]!;
    if (Number.isNaN(old)) return;
    const slot = (state[COUNT]! - 1) % this.ring.length;
    const size = Math.min(state[COUNT]!, this.window);
    this.removeSorted(this.ring[slot]!, size);
    if (state[COUNT]! > this.window) this.insertSorted(old, size - 1);
    this.ring[slot] = old;
  }

  protected override fitsRing(length: number): boolean {
    return this.window === Number.POSITIVE_INFINITY ? length >= 1024 : length === this.window;
  }

  protected override rebuild(): void {
    const size = Math.min(this.state[COUNT]!, this.window);
    this.sorted = new Float64Array(this.ring.length);
    this.sorted.set(this.ring.slice(0, size).sort());
  }

  /** Puts x into the window and drops the oldest value of a full one. */
  private store(x: number): void {
    const { state } = this;
    const count = state[COUNT]!;
    if (count === this.ring.length && this.window > count) this.grow();
    const slot = count % this.ring.length;
    const old = this.ring[slot]!;
    let size = Math.min(count, this.window);
    if (count >= this.window) {
      this.removeSorted(old, size);
      size--;
      if (old > 0) state[TRADED]!--;
    }
    this.insertSorted(x, size);
    if (x > 0) state[TRADED]!++;
    this.ring[slot] = x;
    state[OVERWRITTEN] = old;
    state[COUNT] = count + 1;
  }

  /** Brings mean and variance up to the last row. */
  private follow(x: number): void {
    const { state, sorted } = this;
    const size = Math.min(state[COUNT]!, this.window);
    let low = NO_LOW;
    let high = NO_HIGH;
    if (this.winsorise && size >= 10) {
      low = sorted[Math.max(0, Math.floor(0.02 * size) - 1)]!;
      high = sorted[Math.min(size - 1, Math.floor(0.98 * size))]!;
    }
    const slides = state[COUNT]! > this.window;
    const same = low === state[LOW] && high === state[HIGH];
    state[LOW] = low;
    state[HIGH] = high;
    if (same && state[COUNT]! > 1 && (!slides || this.window >= FORGETS)) {
      this.weigh(this.clip(x));
      return;
    }
    this.weighAgain(Math.min(size, RERUN));
  }

  /** Mean and variance of the last `rows` values, from scratch. */
  private weighAgain(rows: number): void {
    const { state, ring } = this;
    const low = state[LOW]!;
    const high = state[HIGH]!;
    let slot = (state[COUNT]! - rows) % ring.length;
    let mean = Math.min(high, Math.max(low, ring[slot]!));
    let variance = 0;
    for (let row = 1; row < rows; row++) {
      slot = slot + 1 === ring.length ? 0 : slot + 1;
      const x = Math.min(high, Math.max(low, ring[slot]!));
      const next = ALPHA * x + KEEP * mean;
      variance = KEEP * (variance + ALPHA * (x - mean) * (x - next));
      mean = next;
    }
    state[MEAN] = mean;
    state[VARIANCE] = variance;
  }

  private weigh(x: number): void {
    const { state } = this;
    const mean = state[MEAN]!;
    const next = ALPHA * x + KEEP * mean;
    state[VARIANCE] = KEEP * (state[VARIANCE]! + ALPHA * (x - mean) * (x - next));
    state[MEAN] = next;
  }

  private clip(x: number): number {
    return Math.min(this.state[HIGH]!, Math.max(this.state[LOW]!, x));
  }

  /** 1 when three of the last 30 stand at least two deviations high, or their positive surprises add up to six. */
  private crowded(unit: number): 0 | 1 {
    const { state, ring } = this;
    const mean = state[MEAN]!;
    const low = state[LOW]!;
    const high = state[HIGH]!;
    const rows = Math.min(state[COUNT]!, this.window, CLUSTER_ROWS);
    let slot = (state[COUNT]! - 1) % ring.length;
    let outstanding = 0;
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const z = (Math.min(high, Math.max(low, ring[slot]!)) - mean) / unit;
      if (z >= 2) outstanding++;
      if (z > 0) sum += z;
      slot = slot === 0 ? ring.length - 1 : slot - 1;
    }
    return outstanding >= 3 || sum >= 6 ? 1 : 0;
  }

  private grow(): void {
    const ring = new Float64Array(2 * this.ring.length);
    ring.set(this.ring);
    this.ring = ring;
    const sorted = new Float64Array(ring.length);
    sorted.set(this.sorted);
    this.sorted = sorted;
  }

  private insertSorted(x: number, size: number): void {
    if (!this.winsorise) return;
    const position = this.position(x, size);
    this.sorted.copyWithin(position + 1, position, size);
    this.sorted[position] = x;
  }

  private removeSorted(x: number, size: number): void {
    if (!this.winsorise) return;
    const position = this.position(x, size);
    this.sorted.copyWithin(position, position + 1, size);
  }

  /** First position in the sorted window whose value is ≥ x. */
  private position(x: number, size: number): number {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]! < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
