/**
 * The alt basket of a day: screened, filtered, weighted (spec majors-alts-monitor §7).
 *
 * The filters keep calm alts that move with the majors and are neither crashing nor running away. Volatility in the
 * reference runs backwards in time (older over newer) and is annualised over 252 days; its name cap may be exceeded after
 * the last normalisation. The corrected profile pours what is above the cap into the rest until all fit.
 */
import { lastRowAt, type PanelView } from './alt-universe.js';
import { screenAlts } from './basket-screen.js';
import type { UniverseSettings } from './neutral-settings.js';

export interface Basket {
  /** Indices into the assets of the panel, ascending. */
  readonly asset: Int32Array;
  /** Positive, sum 1. */
  readonly weight: Float64Array;
}

/** Returns over more common days than this make a correlation that counts, and at least this many common days. */
const LEAST_RETURNS = 10;
const LEAST_COMMON_DAYS = 30;

export function buildBasket(view: PanelView, t: number, settings: UniverseSettings): Basket {
  const { altSelection: selection, basketSize } = settings;
  const screened = screenAlts(view, t, settings);
  const majorsPriced = view.majors.every((a) => a >= 0 && lastRowAt(view.rows, a, t) >= 0);
  const isFiltered = selection.enabled && majorsPriced;
  const chosen = (
    isFiltered ? screened.filter(({ asset }) => passesFilters(view, asset, t, settings)) : screened
  )
    .slice(0, basketSize)
    .map(({ asset }) => asset)
    .sort((a, b) => a - b);
  const asset = Int32Array.from(chosen);
  const inverse = Float64Array.from(asset, (a) => {
    if (!selection.enabled || !selection.weightByInverseVol) return 1;
    const deviation = rowDeviation(view, a, t, selection.volatilityLookbackDays);
    return deviation > 0 ? 1 / deviation : 1;
  });
  return {
    asset,
    weight: capWeights(normalised(inverse), settings.perNameCap, view.profile === 'corrected'),
  };
}

/** Sample deviation of the returns of the last `count` price rows; NaN with fewer rows. */
function rowDeviation({ rows, profile }: PanelView, a: number, t: number, count: number): number {
  const last = lastRowAt(rows, a, t);
  if (last < 0 || last - rows.start[a]! + 1 < count) return Number.NaN;
  const returns = new Float64Array(count - 1);
  for (let i = 0; i < returns.length; i += 1) {
    const [older, newer] = [rows.close[last - i - 1]!, rows.close[last - i]!];
    returns[i] = (profile === 'reference' ? older / newer : newer / older) - 1;
  }
  return sampleDeviation(returns);
}

function sampleDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return Math.sqrt(squares / (values.length - 1));
}

function passesFilters(view: PanelView, a: number, t: number, { altSelection }: UniverseSettings): boolean {
  const { rows, profile, majors } = view;
  const { volatilityLookbackDays, correlationLookbackDays, momentumLookbackDays } = altSelection;
  const last = lastRowAt(rows, a, t);
  const history = last < 0 ? 0 : last - rows.start[a]! + 1;
  if (history < Math.max(volatilityLookbackDays, correlationLookbackDays, momentumLookbackDays)) return false;
  const year = profile === 'reference' ? 252 : 365;
  const volatility = rowDeviation(view, a, t, volatilityLookbackDays) * Math.sqrt(year);
  if (!(volatility <= altSelection.maxVolatility)) return false;
  if (last - momentumLookbackDays >= rows.start[a]!) {
    const momentum = rows.close[last]! / rows.close[last - momentumLookbackDays]! - 1;
    if (momentum < altSelection.minMomentum || momentum > altSelection.maxMomentum) return false;
  }
  const correlation = strongestCorrelation(view, [a, ...majors], t, correlationLookbackDays);
  return correlation === undefined || correlation >= altSelection.minCorrelation;
}

/** Largest |ρ| of the first asset with the others over common days of their last rows; undefined with too few. */
function strongestCorrelation(
  { rows }: PanelView,
  assets: readonly number[],
  t: number,
  count: number,
): number | undefined {
  const common = commonRows(
    rows,
    assets,
    assets.map((a) => {
      const last = lastRowAt(rows, a, t);
      return { first: Math.max(rows.start[a]!, last - count + 1), last };
    }),
  );
  const length = common[0]!.length;
  if (length < LEAST_COMMON_DAYS || length - 1 <= LEAST_RETURNS) return undefined;
  const returns = common.map((positions) =>
    Float64Array.from(
      { length: length - 1 },
      (_, i) => rows.close[positions[i + 1]!]! / rows.close[positions[i]!]! - 1,
    ),
  );
  let strongest = 0;
  for (const other of returns.slice(1)) {
    // a constant series correlates with nothing
    const size = Math.abs(pearson(returns[0]!, other));
    if (size > strongest) strongest = size;
  }
  return strongest;
}

/** Positions of the rows of several assets on the days that all of them have, ascending. */
export function commonRows(
  { at }: PanelView['rows'],
  assets: readonly number[],
  ranges: readonly { readonly first: number; readonly last: number }[],
): number[][] {
  const next = ranges.map(({ first }) => first);
  const common: number[][] = assets.map(() => []);
  for (;;) {
    if (next.some((row, i) => row > ranges[i]!.last)) return common;
    const latest = Math.max(...next.map((row) => at[row]!));
    let equal = true;
    for (let i = 0; i < next.length; i += 1) {
      while (next[i]! <= ranges[i]!.last && at[next[i]!]! < latest) next[i]! += 1;
      equal &&= next[i]! <= ranges[i]!.last && at[next[i]!] === latest;
    }
    if (!equal) continue;
    for (let i = 0; i < next.length; i += 1) {
      common[i]!.push(next[i]!);
      next[i]! += 1;
    }
  }
}

function pearson(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  let [sx, sy] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    sx += x[i]!;
    sy += y[i]!;
  }
  const [mx, my] = [sx / n, sy / n];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

function normalised(weights: Float64Array): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Weights with no name above the cap (corrected), or cut to it and normalised once (reference). */
function capWeights(weights: Float64Array, cap: number, isExact: boolean): Float64Array {
  if (!isExact) return normalised(weights.map((weight) => Math.min(weight, cap)));
  if (weights.length * cap < 1) return weights.map(() => 1 / weights.length);
  const isFixed = weights.map(() => 0);
  let current = weights;
  for (;;) {
    let above = false;
    for (let i = 0; i < current.length; i += 1) {
      if (isFixed[i] === 0 && current[i]! > cap) {
        isFixed[i] = 1;
        above = true;
      }
    }
    if (!above) return current;
    const fixed = isFixed.reduce((sum, flag) => sum + flag, 0) * cap;
    const free = weights.reduce((sum, weight, i) => sum + (isFixed[i] === 1 ? 0 : weight), 0);
    current = weights.map((weight, i) => (isFixed[i] === 1 ? cap : (weight / free) * (1 - fixed)));
  }
}
