/**
 * Support and resistance levels from swing points (spec uptrend-engine §2): clusters of swing closes, the extremes of
 * the window, and the Fibonacci ladder between them. Fibonacci levels start at strength 15, so they make up most of the
 * list. Prices in quote currency; strength is a count, not a share.
 *
 * The engine rebuilds levels at up to every bar, so the table is columns that are overwritten; `described` makes
 * documents of them for whoever wants to read or store them.
 */

import type { SwingClusters } from './swing-clusters.js';

/** One support or resistance level as a document; prices in quote currency (spec uptrend-engine §2). */
export interface Level {
  readonly price: number;
  /** Touches, or 15 and more for a Fibonacci level. */
  readonly strength: number;
  /** 0..1. */
  readonly confidence: number;
  readonly type: 'line';
  readonly source?: 'ATH' | 'ATL' | 'fib_retracement' | 'fib_extension';
  readonly touches?: number;
  readonly fib_id?: string;
  readonly fib_level?: string;
  readonly correlation?: 'HIGH' | 'MEDIUM' | 'LOW' | 'NONE';
  readonly take_profit_target?: true;
  /** 6 decimals from 1 up, 8 from 0.01 up, else 10. */
  readonly price_rounded: number;
  /** 0 = first of the list. */
  readonly order_desc: number;
}

const KEPT_CLUSTERS = 9;
const KEPT_LEVELS = 12;
const EXTREME_STRENGTH = 10;
const FIB_STRENGTH = 15;
const STRONG_NEAR = 0.03;
const NEAR = 0.07;

/** What a row of the table is: a cluster, an extreme, or a Fibonacci level by position in FIBONACCI. */
const CLUSTER = 0;
const HIGHEST = 1;
const LOWEST = 2;
const FIRST_FIB = 3;

/** Share of the range, id and label; retracements count down from the high, extensions up from the low. */
const FIBONACCI: readonly (readonly [share: number, id: string, label: string])[] = [
  [0, 'fib_ath', '0% (ATH)'],
  [0.236, 'fib_236', '23.6%'],
  [0.382, 'fib_382', '38.2%'],
  [0.5, 'fib_50', '50%'],
  [0.618, 'fib_618', '61.8%'],
  [0.786, 'fib_786', '78.6%'],
  [1, 'fib_atl', '100% (ATL)'],
  [1.272, 'fib_ext_127', '127.2%'],
  [1.618, 'fib_ext_162', '161.8%'],
  [2, 'fib_ext_200', '200%'],
  [2.618, 'fib_ext_262', '261.8%'],
  [3, 'fib_ext_300', '300%'],
  [4.236, 'fib_ext_424', '423.6%'],
];
const RETRACEMENTS = 7;
const SHARES = Float64Array.from(FIBONACCI, ([share]) => share);
const CORRELATIONS = ['NONE', 'LOW', 'MEDIUM', 'HIGH'] as const;

const MOST_ROWS = KEPT_CLUSTERS + 2 + FIBONACCI.length;

/** Number of extensions above the latest close: what decides, beside the range, which levels there are. */
export function extensionsAbove(high: number, low: number, last: number): number {
  let count = 0;
  for (let k = RETRACEMENTS; k < SHARES.length; k++) if (low + SHARES[k]! * (high - low) > last) count += 1;
  return count;
}

/** Up to twelve rows, the first `length` of the columns; while it is being built there may be more. */
export class LevelTable {
  length = 0;
  readonly price = new Float64Array(MOST_ROWS);
  readonly strength = new Float64Array(MOST_ROWS);
  private readonly kind = new Uint8Array(MOST_ROWS);
  private readonly correlation = new Uint8Array(MOST_ROWS);

  /**
   * The twelve strongest levels, highest price first.
   * @param clusters of the closes of all swing points
   * @param high highest close of the window @param low lowest @param last latest
   */
  build(clusters: SwingClusters, high: number, low: number, last: number): void {
    this.clear();
    this.addClusters(clusters);
    this.addExtremes(high, low);
    this.addFibonacci(high, low, last);
    this.sort(stronger);
    this.length = Math.min(this.length, KEPT_LEVELS);
    this.sort(higher);
  }

  clear(): void {
    this.length = 0;
  }

  /** The nine groups with the most prices, of equals the lower. */
  addClusters(clusters: SwingClusters): void {
    clusters.forEach((price, members) => {
      this.addCluster(price, members);
    });
  }

  private addCluster(price: number, members: number): void {
    let at = this.length;
    while (at > 0 && this.strength[at - 1]! < members) at -= 1;
    if (at === KEPT_CLUSTERS) return;
    const end = Math.min(this.length, KEPT_CLUSTERS - 1);
    for (let row = end; row > at; row--) this.move(row - 1, row);
    this.put(at, price, members, CLUSTER, 0);
    this.length = end + 1;
  }

  addExtremes(high: number, low: number): void {
    this.put(this.length++, high, EXTREME_STRENGTH, HIGHEST, 0);
    this.put(this.length++, low, EXTREME_STRENGTH, LOWEST, 0);
  }

  /** Levels already in the table lend their strength to near ones: the nearest, of equals the first. */
  addFibonacci(high: number, low: number, last: number): void {
    const base = this.length;
    const range = high - low;
    for (let k = 0; k < SHARES.length; k++) {
      const retracement = k < RETRACEMENTS;
      const price = retracement ? high - SHARES[k]! * range : low + SHARES[k]! * range;
      if (!retracement && !(price > last)) continue;
      let nearest = -1;
      let distance = Number.POSITIVE_INFINITY;
      for (let row = 0; row < base; row++) {
        const away = Math.abs(this.price[row]! - price);
        if (away < distance) {
          distance = away;
          nearest = row;
        }
      }
      const share = distance / price;
      const bonus = nearest < 0 ? 0 : this.strength[nearest]!;
      if (nearest < 0) this.put(this.length++, price, FIB_STRENGTH, FIRST_FIB + k, 0);
      else if (share < STRONG_NEAR) this.put(this.length++, price, FIB_STRENGTH + bonus, FIRST_FIB + k, 3);
      else if (share < NEAR) {
        this.put(this.length++, price, FIB_STRENGTH + Math.floor(bonus / 2), FIRST_FIB + k, 2);
      } else this.put(this.length++, price, FIB_STRENGTH, FIRST_FIB + k, 1);
    }
  }

  private put(row: number, price: number, strength: number, kind: number, correlation: number): void {
    this.price[row] = price;
    this.strength[row] = strength;
    this.kind[row] = kind;
    this.correlation[row] = correlation;
  }

  private move(from: number, to: number): void {
    this.put(to, this.price[from]!, this.strength[from]!, this.kind[from]!, this.correlation[from]!);
  }

  /** Insertion sort: two dozen rows at most, and stable. */
  private sort(before: (table: LevelTable, price: number, strength: number, row: number) => boolean): void {
    for (let row = 1; row < this.length; row++) {
      const price = this.price[row]!;
      const strength = this.strength[row]!;
      const kind = this.kind[row]!;
      const correlation = this.correlation[row]!;
      let at = row;
      while (at > 0 && before(this, price, strength, at - 1)) {
        this.move(at - 1, at);
        at -= 1;
      }
      this.put(at, price, strength, kind, correlation);
    }
  }

  /** The rows as documents, in their order. */
  described(): readonly Level[] {
    return Array.from({ length: this.length }, (_, row) => this.describe(row));
  }

  private describe(row: number): Level {
    const price = this.price[row]!;
    const strength = this.strength[row]!;
    const kind = this.kind[row]!;
    const common = {
      price,
      strength,
      type: 'line' as const,
      price_rounded: roundedPrice(price),
      order_desc: row,
    };
    if (kind === CLUSTER) return { ...common, confidence: Math.min(1, strength / 10) };
    if (kind < FIRST_FIB)
      return { ...common, confidence: 1, touches: 1, source: kind === HIGHEST ? 'ATH' : 'ATL' };
    const [, id, label] = FIBONACCI[kind - FIRST_FIB]!;
    const retracement = kind - FIRST_FIB < RETRACEMENTS;
    return {
      ...common,
      confidence: Math.min(1, strength / 20),
      source: retracement ? 'fib_retracement' : 'fib_extension',
      fib_id: id,
      fib_level: label,
      correlation: CORRELATIONS[this.correlation[row]!]!,
      ...(retracement ? {} : { take_profit_target: true as const }),
    };
  }

  /** The same rows from their documents. */
  load(levels: readonly Level[]): void {
    this.clear();
    for (const level of levels) {
      const fib = FIBONACCI.findIndex(([, id]) => id === level.fib_id);
      const kind =
        fib >= 0
          ? FIRST_FIB + fib
          : level.source === 'ATH'
            ? HIGHEST
            : level.source === 'ATL'
              ? LOWEST
              : CLUSTER;
      const correlation = level.correlation === undefined ? 0 : CORRELATIONS.indexOf(level.correlation);
      this.put(this.length++, level.price, level.strength, kind, correlation);
    }
  }
}

/** Strength descending, then price ascending. */
function stronger(table: LevelTable, price: number, strength: number, row: number): boolean {
  const other = table.strength[row]!;
  return strength > other || (strength === other && price < table.price[row]!);
}

function higher(table: LevelTable, price: number, _strength: number, row: number): boolean {
  return price > table.price[row]!;
}

/** Decimals that a level's price is rounded to. */
export function priceDecimals(price: number): number {
  return price >= 1 ? 6 : price >= 0.01 ? 8 : 10;
}

function roundedPrice(price: number): number {
  return Number(price.toFixed(priceDecimals(price)));
}
