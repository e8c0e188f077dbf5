/**
 * The alt basket of a day: screened, filtered, weighted (spec majors-alts-monitor §7).
 *
 * The filters keep calm alts that move with the majors and are neither crashing nor running away. Volatility in the
 * reference runs backwards in time (older over newer) and is annualised over 252 days; its name cap may be exceeded after
 * the last normalisation. The corrected profile pours what is above the cap into the rest until all fit.
 */
import { lastRowAt, type PanelView } from './alt-universe.js';
import { screenAlts } from './basket-screen.js';
import { commonCloses } from './common-closes.js';
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

/**
 * Alts held short at row `t` and their weights, which sum to 1; empty when none qualifies (spec majors-alts-monitor
 * §7).
 */
export function buildBasket(view: PanelView, t: number, settings: UniverseSettings): Basket {
  const { altSelection: selection, basketSize } = settings;
  const majorsPriced = view.majors.every((a) => a >= 0 && lastRowAt(view.rows, a, t) >= 0);
  const asset = (
    selection.enabled && majorsPriced
      ? firstThatPass(view, screenAlts(view, t, settings), t, settings)
      : screenAlts(view, t, settings, basketSize)
  ).sort();
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

/** The first `basketSize` assets of a ranking that pass the filters. */
function firstThatPass(
  view: PanelView,
  ranked: Int32Array,
  t: number,
  settings: UniverseSettings,
): Int32Array {
  const chosen: number[] = [];
  for (const a of ranked) {
    if (chosen.length === settings.basketSize) break;
    if (passesFilters(view, a, t, settings)) chosen.push(a);
  }
  return Int32Array.from(chosen);
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

/**
 * Largest |ρ| of the first asset with the others over the common days of the last `count` rows of each; undefined with
 * too few.
 */
function strongestCorrelation(
  view: PanelView,
  assets: readonly number[],
  t: number,
  count: number,
): number | undefined {
  const { rows } = view;
  const earliest = assets.map((a) => rows.at[Math.max(rows.start[a]!, lastRowAt(rows, a, t) - count + 1)]!);
  const common = commonCloses(view, assets, t, count, Math.max(...earliest));
  if (common.count < LEAST_COMMON_DAYS || common.count - 1 <= LEAST_RETURNS) return undefined;
  const [own, ...others] = common.closes.map((closes) => {
    const returns = new Float64Array(closes.length - 1);
    for (let i = 0; i < returns.length; i += 1) returns[i] = closes[i + 1]! / closes[i]! - 1;
    return returns;
  });
  let strongest = 0;
  for (const other of others) {
    // a constant series correlates with nothing
    const size = Math.abs(pearson(own!, other));
    if (size > strongest) strongest = size;
  }
  return strongest;
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
