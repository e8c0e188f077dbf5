/**
 * What the decay index EDX makes of its windows (spec uptrend-engine §4): names, combination over windows, and the plain
 * evaluation on arrays that starts every recursion at the window's first bar. The plain one is the definition: the
 * `reference` profile runs it, and the fast one (decay-index.ts) is held to it by a property test.
 */
import { clamp01, sigmoid } from './scores.js';
import { zigzag } from './zigzag.js';

/** Bars of an episode that the index looks at. */
export const LONGEST_WINDOW = 500;
/** Bars below which a window says nothing. */
export const SHORTEST_WINDOW = 10;
/** Bars that the averages' spread needs. */
export const SPREAD_WINDOW = 144;

/** Scores of one window, each 0..1, 0.5 = says nothing. */
export interface WindowScores {
  bars: number;
  slow: number;
  struct: number;
  part: number;
  comp: number;
}

export interface DecayReading {
  /** 0..1, high when an episode tires. */
  readonly edx: number;
  readonly diagnostics: DecayParts;
}

/** The four combined components and what they were combined of. */
export interface DecayParts {
  readonly edx_slow: number;
  readonly edx_struct: number;
  readonly edx_part: number;
  readonly edx_geom: number;
  /** All of the episode, its last two thirds, its last third; null where too short. */
  readonly windows: readonly (WindowScores | null)[];
}

/** Lengths of the three windows of an episode of n bars; 0 = absent. */
function windowLengths(n: number): readonly [number, number, number] {
  const second = Math.floor((2 * n) / 3);
  const third = Math.floor(n / 3);
  return [n, second < SHORTEST_WINDOW ? 0 : second, third < SHORTEST_WINDOW ? 0 : third];
}

/** Absent windows are NaN. */
function combined(s1: number, s2: number, s3: number): number {
  if (Number.isNaN(s2)) return s1;
  if (s3 > s2 && s2 > s1) return 0.2 * s1 + 0.3 * s2 + 0.5 * s3;
  return s2 > s1 ? 0.3 * s1 + 0.7 * s2 : (s1 + s2) / 2;
}

/** Weighs the components of the three windows; the weights sum to 0.85 on purpose. */
export function combineWindows(
  first: WindowScores,
  second: WindowScores | null,
  third: WindowScores | null,
): DecayReading {
  const none = Number.NaN;
  const slow = combined(first.slow, second?.slow ?? none, third?.slow ?? none);
  const struct = combined(first.struct, second?.struct ?? none, third?.struct ?? none);
  const part = combined(first.part, second?.part ?? none, third?.part ?? none);
  const comp = combined(first.comp, second?.comp ?? none, third?.comp ?? none);
  return {
    edx: clamp01(0.3 * slow + 0.25 * struct + 0.2 * part + 0.1 * comp),
    diagnostics: {
      edx_slow: slow,
      edx_struct: struct,
      edx_part: part,
      edx_geom: comp,
      windows: [first, second, third],
    },
  };
}

/** Bars as plain columns, oldest first. */
export interface DecayBars {
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  readonly volume: readonly number[];
}

/**
 * @param read bars of the episode that are read
 * @param n bars since its start, which sets the windows
 * @param momentumFault true: the slow part grows with health, as the reference has it
 */
export function decayOfBars(read: DecayBars, n: number, momentumFault: boolean): DecayReading {
  const atr = atrSeries(read);
  const scores = (length: number): WindowScores => {
    const from = Math.max(0, read.close.length - length);
    const cut = (column: readonly number[]): readonly number[] => column.slice(from);
    const bars = {
      high: cut(read.high),
      low: cut(read.low),
      close: cut(read.close),
      volume: cut(read.volume),
    };
    return windowScores(bars, cut(atr), length, momentumFault);
  };
  const [first, second, third] = windowLengths(n);
  return combineWindows(
    scores(first),
    second === 0 ? null : scores(second),
    third === 0 ? null : scores(third),
  );
}

function windowScores(
  bars: DecayBars,
  atr: readonly number[],
  length: number,
  momentumFault: boolean,
): WindowScores {
  const { close } = bars;
  if (close.length < SHORTEST_WINDOW) return { bars: length, slow: 0.5, struct: 0.5, part: 0.5, comp: 0.5 };
  const slow250 = emaSeries(close, 250);
  const slow333 = emaSeries(close, 333);
  const averages = sigmoid(500 * (normalisedSlope(slow250) + normalisedSlope(slow333)));
  const rsi = rsiSeries(close);
  const rsiSlope = rsi.length >= 10 ? sigmoid(lastSlope(rsi) / 5) : 0.5;
  const adx = adxSeries(bars);
  const adxSlope = adx.length > 0 ? sigmoid(lastSlope(adx) / 2) : 0.5;
  const momentum = (averages + rsiSlope + adxSlope) / 3;
  return {
    bars: length,
    slow: momentumFault ? momentum : 1 - momentum,
    struct: structureDecay(
      zigzag(close, atr, bars).pivots.map(({ index, kind }) => ({ kind, price: close[index]! })),
    ),
    part: participation(avwapSeries(close, bars.volume)),
    comp: close.length < SPREAD_WINDOW ? 0.5 : spread(emaSeries(close, 144), slow250, slow333),
  };
}

/** 1 − share of higher highs and higher lows among consecutive pivots of a kind. */
function structureDecay(pivots: readonly { readonly kind: 'H' | 'L'; readonly price: number }[]): number {
  if (pivots.length < 4) return 0.5;
  let higher = 0;
  let pairs = 0;
  for (const kind of ['H', 'L'] as const) {
    const prices = pivots.filter((pivot) => pivot.kind === kind).map(({ price }) => price);
    for (let i = 1; i < prices.length; i++) {
      pairs += 1;
      if (prices[i]! > prices[i - 1]!) higher += 1;
    }
  }
  return pairs === 0 ? 0.5 : 1 - higher / pairs;
}

function participation(avwap: readonly number[]): number {
  return sigmoid((-1000 * lastSlope(avwap)) / Math.max(avwap[avwap.length - 1]!, 1e-9));
}

function spread(e144: readonly number[], e250: readonly number[], e333: readonly number[]): number {
  const away = (e: readonly number[]): number[] =>
    e.slice(-10).map((value, i) => {
      const base = e333[e333.length - Math.min(10, e.length) + i]!;
      return (value - base) / base;
    });
  return sigmoid(-50 * (lastSlope(away(e144)) + lastSlope(away(e250))));
}

/** OLS slope of the last ten values (of all when fewer); 0 for fewer than three. */
export function lastSlope(values: readonly number[]): number {
  const tail = values.slice(-10);
  const n = tail.length;
  if (n < 3) return 0;
  const last = tail[n - 1]!;
  const middle = (n - 1) / 2;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    sum += (i - middle) * (tail[i]! - last);
    squares += (i - middle) ** 2;
  }
  return sum / squares;
}

function normalisedSlope(values: readonly number[]): number {
  const last = values[values.length - 1]!;
  return values.length < 10 || last <= 0 ? 0 : lastSlope(values) / Math.max(last, 1e-9);
}

function emaSeries(close: readonly number[], span: number): number[] {
  const alpha = 2 / (span + 1);
  let e = close[0]!;
  return close.map((c, i) => {
    if (i > 0) e = alpha * c + (1 - alpha) * e;
    return e;
  });
}

/** From the fifteenth bar on. */
function rsiSeries(close: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 14; i < close.length; i++) {
    let gain = 0;
    let loss = 0;
    for (let j = i - 13; j <= i; j++) {
      const change = close[j]! - close[j - 1]!;
      if (change > 0) gain += change;
      else loss -= change;
    }
    const losses = loss === 0 ? 1e-9 : loss / 14;
    out.push(100 - 100 / (1 + gain / 14 / losses));
  }
  return out;
}

function trueRange({ high, low, close }: DecayBars, i: number): number {
  const before = close[i - 1]!;
  return Math.max(high[i]! - low[i]!, Math.abs(high[i]! - before), Math.abs(low[i]! - before));
}

/** Wilder ATR(14), its seed repeated backward; empty below two bars. */
function atrSeries(bars: DecayBars): number[] {
  const count = bars.close.length;
  if (count < 2) return [];
  const ranges = Array.from({ length: count - 1 }, (_, i) => trueRange(bars, i + 1));
  const seeding = ranges.slice(0, 14);
  let atr = seeding.reduce((a, b) => a + b, 0) / seeding.length;
  const out = new Array<number>(seeding.length + 1).fill(atr);
  for (const range of ranges.slice(14)) {
    atr = (13 * atr + range) / 14;
    out.push(atr);
  }
  return out;
}

/** ADX(14) seeded with the first DX, which is repeated backward; empty below sixteen bars. */
function adxSeries(bars: DecayBars): number[] {
  const { high, low, close } = bars;
  if (close.length < 16) return [];
  const plus: number[] = [];
  const minus: number[] = [];
  const ranges: number[] = [];
  for (let i = 1; i < close.length; i++) {
    const up = high[i]! - high[i - 1]!;
    const down = low[i - 1]! - low[i]!;
    plus.push(up > down && up > 0 ? up : 0);
    minus.push(down > up && down > 0 ? down : 0);
    ranges.push(trueRange(bars, i));
  }
  const seed = (values: readonly number[]): number => values.slice(0, 14).reduce((a, b) => a + b, 0) / 14;
  let [p, m, r] = [seed(plus), seed(minus), seed(ranges)];
  const dx = (): number => {
    const pdi = (100 * p) / Math.max(r, 1e-9);
    const mdi = (100 * m) / Math.max(r, 1e-9);
    return (100 * Math.abs(pdi - mdi)) / Math.max(pdi + mdi, 1e-9);
  };
  let adx = dx();
  const out = new Array<number>(15).fill(adx);
  for (let i = 14; i < ranges.length; i++) {
    p = (13 * p + plus[i]!) / 14;
    m = (13 * m + minus[i]!) / 14;
    r = (13 * r + ranges[i]!) / 14;
    adx = (13 * adx + dx()) / 14;
    out.push(adx);
  }
  return out;
}

function avwapSeries(close: readonly number[], volume: readonly number[]): number[] {
  let value = 0;
  let total = 0;
  return close.map((c, i) => {
    value += c * volume[i]!;
    total += volume[i]!;
    return total > 0 ? value / total : close[0]!;
  });
}
