/**
 * The ADX of one window of the decay index, started at the window's first bar and resumable bar by bar (spec
 * uptrend-engine §1.2, §4). It is a ratio of recursions, so it has no closed form; but while the window's start stays,
 * a new bar only continues it.
 *
 * The three Wilder averages are kept 14 times too large: the scale cancels and saves the divisions. Only the last ten
 * values matter, for their slope.
 */
import type { BarMemory } from './bar-memory.js';
import type { DecayColumn } from './decay-columns.js';
import { ringSlope } from './ten-bar-slope.js';

const PERIOD = 14;
const KEEP = 13 / 14;
const SHARE = 1 / 14;
const RING = 16;
/** The divisors' floor of 1e-9, in sums of 14. */
const FLOOR = 14e-9;

export class DirectionalRun {
  private start = -1;
  private next = 0;
  private plus = 0;
  private minus = 0;
  private range = 0;
  private adx = 0;
  /** Last values by row; the first one stands in front of itself. */
  private readonly ring = new Float64Array(RING);

  constructor(private readonly memory: BarMemory<DecayColumn>) {}

  forget(): void {
    this.start = -1;
  }

  /** Slope per bar of the last ten ADX values of the window `start` … `last`, at least 16 bars. */
  slope(start: number, last: number): number {
    if (start !== this.start || this.next > last + 1) this.begin(start);
    if (this.next <= last) this.follow(last);
    return ringSlope(this.ring, last);
  }

  private begin(start: number): void {
    const { range, plus, minus } = this.memory.columns;
    let p = 0;
    let m = 0;
    let r = 0;
    for (let row = start + 1; row <= start + PERIOD; row++) {
      p += plus[row]!;
      m += minus[row]!;
      r += range[row]!;
    }
    this.start = start;
    this.next = start + PERIOD + 1;
    this.plus = p;
    this.minus = m;
    this.range = r;
    this.adx = 100 * directionalIndex(p, m, r);
    this.ring.fill(this.adx);
  }

  private follow(last: number): void {
    const { range, plus, minus } = this.memory.columns;
    const { ring } = this;
    let { plus: p, minus: m, range: r, adx } = this;
    for (let row = this.next; row <= last; row++) {
      p = KEEP * p + plus[row]!;
      m = KEEP * m + minus[row]!;
      r = KEEP * r + range[row]!;
      adx = KEEP * adx + 100 * SHARE * directionalIndex(p, m, r);
      ring[row & (RING - 1)] = adx;
    }
    this.plus = p;
    this.minus = m;
    this.range = r;
    this.adx = adx;
    this.next = last + 1;
  }
}

/** |+DI − −DI| / (+DI + −DI) with both divisors floored at 1e-9, from sums of 14. */
function directionalIndex(plus: number, minus: number, range: number): number {
  const both = plus + minus;
  const lead = Math.abs(plus - minus);
  // Away from the floors the range cancels out.
  if (range >= FLOOR && 100 * both >= 1e-9 * range) return lead / both;
  const floored = Math.max(range, FLOOR);
  return (100 * lead) / floored / Math.max((100 * both) / floored, 1e-9);
}
