/**
 * The ZigZag of one window of the decay index as counts of pivots, resumable bar by bar (spec uptrend-engine §3, §4):
 * nothing is kept of a pivot but what the next ones are compared with.
 *
 * Two facts make it cheap without changing a decision. While window start and thresholds stay, a new bar continues the
 * run. And two runs over the same bars with the same thresholds that confirm the same pivot at the same bar are in the
 * same position from there on, so a shorter window runs only until it meets the longest one and takes over the rest
 * of its counts. Held to the plain ZigZag (zigzag.ts) by a property test.
 */
import type { BarMemory } from './bar-memory.js';
import type { DecayColumn } from './decay-columns.js';
import { BACKSTEP, SHORTEST_LEG, WICK_RELAXATION } from './zigzag.js';

/** ATR of the bars read: `seed` up to the anchor, beyond it the column plus `away` times a power of 13/14. */
export interface ReversalUnits {
  readonly anchor: number;
  readonly seed: number;
  readonly away: number;
}

/** Pivots that 501 bars can hold, legs lasting four bars and more. */
const MOST_PIVOTS = 160;

export class StructureRun {
  /** Row of the window's first bar; −1 before the first run. */
  start = -1;
  private next = 0;
  private anchor = -1;
  private seed = 0;
  private away = 0;
  private lambda = 0;
  /** 1 up, −1 down, 0 none yet. */
  private direction = 0;
  private top = 0;
  private bottom = 0;
  private topAt = 0;
  private bottomAt = 0;
  private lastPivot = 0;
  private lastTop = Number.NaN;
  private lastBottom = Number.NaN;
  private pivots = 0;
  private pairs = 0;
  private higher = 0;

  // Confirmed reversals, oldest first: where confirmed, which bar, what the counts were then.
  private logged = 0;
  private readonly confirmedAt = new Int32Array(MOST_PIVOTS);
  private readonly pivotAt = new Int32Array(MOST_PIVOTS);
  private readonly sideOf = new Int8Array(MOST_PIVOTS);
  private readonly pivotsThen = new Int32Array(MOST_PIVOTS);
  private readonly pairsThen = new Int32Array(MOST_PIVOTS);
  private readonly higherThen = new Int32Array(MOST_PIVOTS);

  /** @param powers of 13/14 */
  constructor(
    private readonly memory: BarMemory<DecayColumn>,
    private readonly powers: Float64Array,
  ) {}

  forget(): void {
    this.start = -1;
  }

  /**
   * 1 − share of higher highs and higher lows among consecutive pivots of a kind, over rows `start` … `last`; 0.5 with
   * fewer than four pivots.
   * @param longest run over more of the same bars, already at `last`; null for the longest itself
   */
  read(
    start: number,
    last: number,
    units: ReversalUnits,
    lambda: number,
    longest: StructureRun | null,
  ): number {
    const { anchor, seed, away } = units;
    const goesOn =
      start === this.start &&
      anchor === this.anchor &&
      seed === this.seed &&
      away === this.away &&
      lambda === this.lambda;
    if (!goesOn) {
      this.anchor = anchor;
      this.seed = seed;
      this.away = away;
      this.lambda = lambda;
      this.begin(start);
    }
    if (this.next <= last) {
      const meets = longest !== null && longest.lambda === lambda && !goesOn ? longest : null;
      if (this.direction !== 0 || this.open(last)) this.follow(last, meets);
    }
    return this.decay(last);
  }

  private begin(start: number): void {
    const close = this.memory.columns.close[start]!;
    this.start = start;
    this.next = start + 1;
    this.direction = 0;
    this.top = close;
    this.bottom = close;
    this.topAt = start;
    this.bottomAt = start;
    this.pivots = 0;
    this.pairs = 0;
    this.higher = 0;
    this.logged = 0;
  }

  private unitAt(row: number): number {
    return row > this.anchor
      ? this.memory.columns.atr[row]! + this.away * this.powers[row - this.anchor]!
      : this.seed;
  }

  /** Until the first move of λ ATR from the first close; false when there is none. */
  private open(last: number): boolean {
    const { close } = this.memory.columns;
    const { start } = this;
    const origin = close[start]!;
    const opening = this.lambda * this.unitAt(start);
    let row = this.next;
    for (; row <= last; row++) {
      const now = close[row]!;
      if (now > this.top) {
        this.top = now;
        this.topAt = row;
      }
      if (now < this.bottom) {
        this.bottom = now;
        this.bottomAt = row;
      }
      if (now - origin >= opening || origin - now >= opening) break;
    }
    this.next = row + 1;
    if (row > last) {
      this.next = row;
      return false;
    }
    const up = close[row]! - origin >= opening;
    this.direction = up ? 1 : -1;
    this.pivots = 1;
    this.lastPivot = start;
    this.lastTop = up ? Number.NaN : origin;
    this.lastBottom = up ? origin : Number.NaN;
    return true;
  }

  private follow(last: number, meets: StructureRun | null): void {
    const { close, high, low, atr } = this.memory.columns;
    const { powers, anchor, seed, away, lambda } = this;
    const relaxed = lambda - WICK_RELAXATION;
    let { next: row, top, topAt, bottom, bottomAt, lastPivot } = this;
    let up = this.direction === 1;
    let met = 0;
    while (row <= last) {
      let turned = false;
      if (up) {
        let unit = topAt > anchor ? atr[topAt]! + away * powers[topAt - anchor]! : seed;
        let byClose = top - lambda * unit;
        let byWick = top - relaxed * unit;
        for (; row <= last; row++) {
          const now = close[row]!;
          if (now > top) {
            top = now;
            topAt = row;
            unit = row > anchor ? atr[row]! + away * powers[row - anchor]! : seed;
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
        lastPivot = topAt;
        this.confirmTop(top);
        up = false;
        bottom = close[row]!;
        bottomAt = row;
      } else {
        let unit = bottomAt > anchor ? atr[bottomAt]! + away * powers[bottomAt - anchor]! : seed;
        let byClose = bottom + lambda * unit;
        let byWick = bottom + relaxed * unit;
        for (; row <= last; row++) {
          const now = close[row]!;
          if (now < bottom) {
            bottom = now;
            bottomAt = row;
            unit = row > anchor ? atr[row]! + away * powers[row - anchor]! : seed;
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
        lastPivot = bottomAt;
        this.confirmBottom(bottom);
        up = true;
        top = close[row]!;
        topAt = row;
      }
      const side = up ? -1 : 1;
      if (meets !== null) {
        while (met < meets.logged && meets.confirmedAt[met]! < row) met += 1;
        if (
          met < meets.logged &&
          meets.confirmedAt[met] === row &&
          meets.pivotAt[met] === lastPivot &&
          meets.sideOf[met] === side
        ) {
          this.takeOver(meets, met);
          return;
        }
      }
      this.log(row, lastPivot, side);
      row += 1;
    }
    this.next = last + 1;
    this.direction = up ? 1 : -1;
    this.top = top;
    this.topAt = topAt;
    this.bottom = bottom;
    this.bottomAt = bottomAt;
    this.lastPivot = lastPivot;
  }

  private confirmTop(price: number): void {
    this.pivots += 1;
    if (!Number.isNaN(this.lastTop)) {
      this.pairs += 1;
      if (price > this.lastTop) this.higher += 1;
    }
    this.lastTop = price;
  }

  private confirmBottom(price: number): void {
    this.pivots += 1;
    if (!Number.isNaN(this.lastBottom)) {
      this.pairs += 1;
      if (price > this.lastBottom) this.higher += 1;
    }
    this.lastBottom = price;
  }

  /** Only the longest run's log is read, but whoever continues must not lose count: at most `MOST_PIVOTS` fit. */
  private log(row: number, pivot: number, side: number): void {
    const at = this.logged;
    if (at === MOST_PIVOTS) return;
    this.confirmedAt[at] = row;
    this.pivotAt[at] = pivot;
    this.sideOf[at] = side;
    this.pivotsThen[at] = this.pivots;
    this.pairsThen[at] = this.pairs;
    this.higherThen[at] = this.higher;
    this.logged = at + 1;
  }

  /** Goes on as the longest run did after its pivot `met`, which this run has just confirmed too. */
  private takeOver(longest: StructureRun, met: number): void {
    const { close } = this.memory.columns;
    let from = met;
    if (met + 1 < longest.logged) {
      // The next pivot is of the other kind: it is compared with this run's own last one.
      from = met + 1;
      const price = close[longest.pivotAt[from]!]!;
      if (longest.sideOf[from] === 1) this.confirmTop(price);
      else this.confirmBottom(price);
      this.lastTop = longest.lastTop;
      this.lastBottom = longest.lastBottom;
    }
    this.pivots += longest.pivots - longest.pivotsThen[from]!;
    this.pairs += longest.pairs - longest.pairsThen[from]!;
    this.higher += longest.higher - longest.higherThen[from]!;
    this.next = longest.next;
    this.direction = longest.direction;
    this.top = longest.top;
    this.topAt = longest.topAt;
    this.bottom = longest.bottom;
    this.bottomAt = longest.bottomAt;
    this.lastPivot = longest.lastPivot;
    this.logged = 0;
  }

  private decay(last: number): number {
    if (this.direction === 0) return 0.5;
    let { pivots, pairs, higher } = this;
    const up = this.direction === 1;
    // An extreme that nothing has reversed yet counts when it is old enough.
    const extremeAt = up ? this.topAt : this.bottomAt;
    if (last - extremeAt >= BACKSTEP && extremeAt - this.lastPivot >= SHORTEST_LEG) {
      pivots += 1;
      const before = up ? this.lastTop : this.lastBottom;
      if (!Number.isNaN(before)) {
        pairs += 1;
        if ((up ? this.top : this.bottom) > before) higher += 1;
      }
    }
    return pivots < 4 || pairs === 0 ? 0.5 : 1 - higher / pairs;
  }
}
