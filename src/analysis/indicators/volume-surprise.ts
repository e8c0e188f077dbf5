/**
 * Volume surprise (spec uptrend-engine §1.3, vo_z): how far the logarithm of the last volume stands above its
 * exponentially weighted mean, in deviations, clipped to [−4, 6]; `cluster` is 1 when surprises crowd in the last 30 (winsorised only, NaN otherwise).
 *
 * x = ln(1 + max(0, volume)) of the last `window` rows, from ten on clipped to their 2 % and 98 % order statistics.
 * Mean and variance with α = 2/65 start at the first x: μ' = αx + (1−α)μ, var = (1−α)(var + α(x−μ)(x−μ')).
 * A window without any volume gives 0 and no cluster.
 *
 * Numerical approach: the window is kept sorted, so the two bounds cost a binary search and a shift. While they stay
 * where they are the recursion just goes on (the first x of a window of 1,000 weighs 2.6e-14). When one moves, the
 * recursion is solved over the window: with the weights w of the rows and d = x − the first x, the mean is that first x + Σwd
 * and the variance (1−α)(Σwd² − (Σwd)²), sums without the recursion's wait from row to row. A longer window is solved over its
 * last 1,500 rows ((1−α)^1500 is below 1e-20), one too short to forget its first row at every row.
 */
import { ValueIndicator } from './indicator.js';
import { requireLength } from './require-length.js';

const ALPHA = 2 / 65;
const KEEP = 1 - ALPHA;
const RERUN = 1500;
const FORGETS = 885; // rows after which the first weighs less than 1e-12
const CLUSTER_ROWS = 30;
const LEAST_VARIANCE = 1e-12;

/** Weight of a row by its age; the first row of the recursion needs none, deviations are from it. */
const WEIGHTS = Float64Array.from({ length: RERUN }, (_, age) => ALPHA * KEEP ** age);

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

/** What counts as usual volume. */
export interface VolumeSurpriseOptions {
  /** Rows in view; Infinity = all. */
  readonly window?: number;
  /** False leaves outliers as they are (the regime drivers' variant). */
  readonly winsorise?: boolean;
}

/**
 * Surprise of the last volume, −4 to 6 deviations, and 1 or 0 for a cluster of them (spec uptrend-engine §1.3).
 */
export class VolumeSurprise extends ValueIndicator<'vo_z' | 'cluster'> {
  protected override readonly skipsUnwanted = true;
  readonly firstRow = 0;
  readonly warmUp: number;
  readonly window: number;
  readonly winsorise: boolean;
  private sorted: Float64Array;
  // Σwd and Σwd² of the solution at hand.
  private linear = 0;
  private square = 0;

  /** @throws TidewatchError `bad_parameter` for a window that is neither a whole number ≥ 2 nor Infinity */
  constructor(options: VolumeSurpriseOptions = {}) {
    const window = options.window ?? 1000;
    if (window !== Number.POSITIVE_INFINITY) requireLength('window', window, 2);
    super(['vo_z', 'cluster'], 7, Number.isFinite(window) ? window : 1024);
    this.window = window;
    this.winsorise = options.winsorise ?? true;
    this.warmUp = window;
    this.sorted = new Float64Array(this.winsorise ? this.ring.length : 0);
    this.state[OVERWRITTEN] = Number.NaN;
    this.state[LOW] = NO_LOW;
    this.state[HIGH] = NO_HIGH;
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const scores = out[0]!;
    const clusters = out[1]!;
    const { state } = this;
    const unwanted = clusters.length === 0;
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
      if (!unwanted) clusters[row] = this.winsorise ? this.crowded(unit) : Number.NaN;
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
    if (!this.winsorise) return;
    const size = Math.min(this.state[COUNT]!, this.window);
    this.sorted = new Float64Array(this.ring.length);
    this.sorted.set(this.ring.slice(0, size).sort());
  }

  /** Puts x into the window and drops the oldest value of a full one. */
  private store(x: number): void {
    const { state } = this;
    const count = state[COUNT]! | 0;
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
    const first = ((state[COUNT]! | 0) - rows) % ring.length;
    const origin = this.clip(ring[first]!);
    this.linear = 0;
    this.square = 0;
    const beforeEnd = Math.min(rows, ring.length - first);
    this.addDeviations(first, first + beforeEnd, rows - 1, origin);
    this.addDeviations(0, rows - beforeEnd, rows - 1 - beforeEnd, origin);
    state[MEAN] = origin + this.linear;
    state[VARIANCE] = KEEP * Math.max(0, this.square - this.linear * this.linear);
  }

  /** Adds the slots [from, to) of the ring, the first of them `age` rows old, to the weighted sums. */
  private addDeviations(from: number, to: number, age: number, origin: number): void {
    const { ring } = this;
    const low = this.state[LOW]!;
    const high = this.state[HIGH]!;
    let oddLinear = 0;
    let oddSquare = 0;
    let evenLinear = 0;
    let evenSquare = 0;
    const offset = from + age;
    let slot = from;
    for (; slot + 1 < to; slot += 2) {
      const odd = Math.min(high, Math.max(low, ring[slot]!)) - origin;
      const oddShare = WEIGHTS[offset - slot]! * odd;
      oddLinear += oddShare;
      oddSquare += oddShare * odd;
      const even = Math.min(high, Math.max(low, ring[slot + 1]!)) - origin;
      const evenShare = WEIGHTS[offset - slot - 1]! * even;
      evenLinear += evenShare;
      evenSquare += evenShare * even;
    }
    if (slot < to) {
      const last = Math.min(high, Math.max(low, ring[slot]!)) - origin;
      const share = WEIGHTS[offset - slot]! * last;
      oddLinear += share;
      oddSquare += share * last;
    }
    this.linear += oddLinear + evenLinear;
    this.square += oddSquare + evenSquare;
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
    const sorted = new Float64Array(this.winsorise ? ring.length : 0);
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
