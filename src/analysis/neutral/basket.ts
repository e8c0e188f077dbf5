/**
 * The alt basket of a day: screened, filtered, weighted (spec majors-alts-monitor §7).
 *
 * The filters keep calm alts that move with the majors and are neither crashing nor running away. Volatility in the
 * reference runs backwards in time (older over newer) and is annualised over 252 days; its name cap may be exceeded after
 * the last normalisation. The corrected profile pours what is above the cap into the rest until all fit.
 */
import { lastRowAt, type PanelView } from './alt-universe.js';
import { screenAlts } from './basket-screen.js';
import { commonDays, onSameDays } from './common-closes.js';
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
  const correlation = strongestCorrelationAt(view, t, settings.altSelection.correlationLookbackDays);
  const chosen: number[] = [];
  for (const a of ranked) {
    if (chosen.length === settings.basketSize) break;
    if (passesFilters(view, a, t, settings, correlation)) chosen.push(a);
  }
  return Int32Array.from(chosen);
}

/** Sample deviation of the returns of the last `count` price rows; NaN with fewer rows. */
function rowDeviation({ rows, profile }: PanelView, a: number, t: number, count: number): number {
  const last = lastRowAt(rows, a, t);
  if (last < 0 || last - rows.start[a]! + 1 < count) return Number.NaN;
  const returns = new Float64Array(count - 1);
  for (let i = 0; i < returns.length; i += 1) {
    const older = rows.close[last - i - 1]!;
    const newer = rows.close[last - i]!;
    returns[i] = (profile === 'reference' ? older / newer : newer / older) - 1;
  }
  return sampleDeviation(returns);
}

function sampleDeviation(values: Float64Array): number {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += values[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i += 1) squares += (values[i]! - mean) * (values[i]! - mean);
  return Math.sqrt(squares / (n - 1));
}

function passesFilters(
  view: PanelView,
  a: number,
  t: number,
  { altSelection }: UniverseSettings,
  correlationOf: (a: number) => number | undefined,
): boolean {
  const { rows, profile } = view;
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
  const correlation = correlationOf(a);
  return correlation === undefined || correlation >= altSelection.minCorrelation;
}

/**
 * Largest |ρ| of an asset with the majors over the common days of the last `count` rows of each; undefined with too few.
 * A constant series correlates with nothing.
 */
function strongestCorrelationAt(
  view: PanelView,
  t: number,
  count: number,
): (a: number) => number | undefined {
  const { rows, majors } = view;
  const earliestOf = (a: number): number =>
    rows.at[Math.max(rows.start[a]!, lastRowAt(rows, a, t) - count + 1)]!;
  const earliestMajor = Math.max(...majors.map(earliestOf));
  const majorsOn = onSameDays((at) => majors.map((major) => centredReturns(view, major, at)));
  return (a) => {
    const at = commonDays(view, [a, ...majors], t, count, Math.max(earliestOf(a), earliestMajor));
    if (at.length < LEAST_COMMON_DAYS || at.length - 1 <= LEAST_RETURNS) return undefined;
    const own = centredReturns(view, a, at);
    let strongest = 0;
    for (const other of majorsOn(at)) {
      let product = 0;
      for (let i = 0; i < own.values.length; i += 1) product += own.values[i]! * other.values[i]!;
      const size = Math.abs(product / Math.sqrt(own.squares * other.squares));
      if (size > strongest) strongest = size;
    }
    return strongest;
  };
}

/** Simple returns between consecutive days of a list, less their mean, and the sum of their squares. */
function centredReturns(
  { panel }: PanelView,
  a: number,
  at: Int32Array,
): { values: Float64Array; squares: number } {
  const base = a * panel.days.length;
  const n = at.length - 1;
  const values = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    values[i] = panel.close[base + at[i + 1]!]! / panel.close[base + at[i]!]! - 1;
    sum += values[i]!;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i += 1) {
    const value = values[i]! - mean;
    values[i] = value;
    squares += value * value;
  }
  return { values, squares };
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
