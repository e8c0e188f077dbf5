/**
 * Support and resistance levels from swing points (spec uptrend-engine §2): clusters of swing closes, the extremes of
 * the window, and the Fibonacci ladder between them. Fibonacci levels start at strength 15, so they make up most of the
 * list. Prices in quote currency; strength is a count, not a share.
 */

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
  /** 0 = highest price. */
  readonly order_desc: number;
}

type Candidate = Omit<Level, 'price_rounded' | 'order_desc'>;

const CLUSTER_TOLERANCE = 0.06;
const KEPT_CLUSTERS = 9;
const KEPT_LEVELS = 12;
const FIB_STRENGTH = 15;
const STRONG_NEAR = 0.03;
const NEAR = 0.07;

const RETRACEMENTS: readonly (readonly [number, string, string])[] = [
  [0, 'fib_ath', '0% (ATH)'],
  [0.236, 'fib_236', '23.6%'],
  [0.382, 'fib_382', '38.2%'],
  [0.5, 'fib_50', '50%'],
  [0.618, 'fib_618', '61.8%'],
  [0.786, 'fib_786', '78.6%'],
  [1, 'fib_atl', '100% (ATL)'],
];
const EXTENSIONS: readonly (readonly [number, string, string])[] = [
  [1.272, 'fib_ext_127', '127.2%'],
  [1.618, 'fib_ext_162', '161.8%'],
  [2, 'fib_ext_200', '200%'],
  [2.618, 'fib_ext_262', '261.8%'],
  [3, 'fib_ext_300', '300%'],
  [4.236, 'fib_ext_424', '423.6%'],
];

/**
 * Groups prices around running means. As prices ascend, only the newest group can still take one in.
 * @param prices ascending
 * @returns strongest first, equal strength by price; all of them
 */
export function clusterLevels(prices: ArrayLike<number>, tolerance = CLUSTER_TOLERANCE): Candidate[] {
  const clusters: Candidate[] = [];
  let sum = 0;
  let count = 0;
  const close = (): void => {
    if (count > 0) {
      clusters.push({
        price: sum / count,
        strength: count,
        confidence: Math.min(1, count / 10),
        type: 'line',
      });
    }
  };
  for (let i = 0; i < prices.length; i++) {
    const price = prices[i]!;
    const centre = sum / count;
    if (count > 0 && Math.abs(price - centre) / centre <= tolerance) {
      sum += price;
      count += 1;
    } else {
      close();
      sum = price;
      count = 1;
    }
  }
  close();
  return clusters.sort(byStrength);
}

/**
 * @param nearby levels that lend a Fibonacci level their strength, in order of preference
 * @param last latest close: extensions below it are left out
 */
export function fibonacciLevels(
  high: number,
  low: number,
  last: number,
  nearby: readonly Pick<Level, 'price' | 'strength'>[],
): Candidate[] {
  const range = high - low;
  const retracements = RETRACEMENTS.map(([share, id, label]) => ({
    ...withBonus(high - share * range, nearby),
    source: 'fib_retracement' as const,
    fib_id: id,
    fib_level: label,
  }));
  const extensions = EXTENSIONS.map(([share, id, label]) => ({
    ...withBonus(low + share * range, nearby),
    source: 'fib_extension' as const,
    fib_id: id,
    fib_level: label,
    take_profit_target: true as const,
  })).filter(({ price }) => price > last);
  return [...retracements, ...extensions];
}

function withBonus(price: number, nearby: readonly Pick<Level, 'price' | 'strength'>[]): Candidate {
  let nearest: Pick<Level, 'price' | 'strength'> | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const level of nearby) {
    const away = Math.abs(level.price - price);
    if (away < distance) {
      distance = away;
      nearest = level;
    }
  }
  const share = price === 0 ? Number.POSITIVE_INFINITY : distance / price;
  const [bonus, correlation] = !nearest
    ? ([0, 'NONE'] as const)
    : share < STRONG_NEAR
      ? ([nearest.strength, 'HIGH'] as const)
      : share < NEAR
        ? ([Math.floor(nearest.strength / 2), 'MEDIUM'] as const)
        : ([0, 'LOW'] as const);
  const strength = FIB_STRENGTH + bonus;
  return { price, strength, confidence: Math.min(1, strength / 20), type: 'line', correlation };
}

/**
 * The twelve strongest levels, highest price first.
 * @param swings closes of all swing points, ascending
 * @param high highest close of the window @param low lowest @param last latest
 */
export function buildLevels(
  swings: ArrayLike<number>,
  high: number,
  low: number,
  last: number,
): readonly Level[] {
  const extreme = { strength: 10, confidence: 1, touches: 1, type: 'line' as const };
  const base: Candidate[] = [
    ...clusterLevels(swings).slice(0, KEPT_CLUSTERS),
    { ...extreme, price: high, source: 'ATH' },
    { ...extreme, price: low, source: 'ATL' },
  ];
  return [...base, ...fibonacciLevels(high, low, last, base)]
    .sort(byStrength)
    .slice(0, KEPT_LEVELS)
    .sort((a, b) => b.price - a.price)
    .map((level, order) => ({ ...level, price_rounded: roundedPrice(level.price), order_desc: order }));
}

function byStrength(a: Candidate, b: Candidate): number {
  return b.strength - a.strength || a.price - b.price;
}

/** Decimals that a level's price is rounded to. */
export function priceDecimals(price: number): number {
  return price >= 1 ? 6 : price >= 0.01 ? 8 : 10;
}

function roundedPrice(price: number): number {
  return Number(price.toFixed(priceDecimals(price)));
}
