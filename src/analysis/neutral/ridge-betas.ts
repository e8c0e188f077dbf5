/**
 * Betas of an alt on two majors by ridge regression over its last rows (spec majors-alts-monitor §8; Hoerl, Kennard 1970).
 *
 * Log returns over the days that all three have, each series winsorised at its own percentiles (linear interpolation),
 * β = (XᵀX + αI)⁻¹Xᵀy on centred data. On raw daily returns XᵀX is about 0.05, so α = 0.1 shrinks betas by more than
 * half (reference); the corrected profile divides the regressors by their population deviation first and scales back.
 */
import { lastRowAt, type PanelView } from './alt-universe.js';
import { commonDays, onSameDays } from './common-closes.js';
import type { BetaSettings, NeutralProfile } from './neutral-settings.js';

/** Betas on the two majors. */
export type DualBeta = readonly [number, number];

const LEAST_COMMON_DAYS = 30;

/**
 * Betas of assets on the two majors at day index t; the default where there is too little to estimate them from. What is
 * asked of the majors alone is worked out once for assets that share their days.
 */
export function ridgeBetasAt(view: PanelView, t: number, settings: BetaSettings): (a: number) => DualBeta {
  const { rows, majors, profile } = view;
  const { lookbackDays, winsorizePct, ridgeAlpha } = settings;
  const fallback: DualBeta = [settings.defaultBeta, settings.defaultBeta];
  const [low, high] = settings.betaClamp;
  const clamp = (beta: number): number => Math.min(Math.max(beta, low), high);
  const returnsOf = (a: number, at: Int32Array): Float64Array =>
    winsorised(logReturns(view, a, at), winsorizePct);
  const regressorsOn = onSameDays((at) =>
    makeRegressors(returnsOf(majors[0]!, at), returnsOf(majors[1]!, at), ridgeAlpha, profile),
  );
  return (a) => {
    const last = lastRowAt(rows, a, t);
    if (last < 0 || last - rows.start[a]! + 1 < lookbackDays) return fallback;
    const assets = [a, ...majors];
    if (assets.some((asset) => asset < 0)) return fallback;
    const at = commonDays(view, assets, t, lookbackDays);
    if (at.length < LEAST_COMMON_DAYS) return fallback;
    const betas = solveRidge(returnsOf(a, at), regressorsOn(at));
    return betas.every(Number.isFinite) ? [clamp(betas[0]), clamp(betas[1])] : fallback;
  };
}

function logReturns({ panel }: PanelView, a: number, at: Int32Array): Float64Array {
  const base = a * panel.days.length;
  const { close } = panel;
  const returns = new Float64Array(at.length - 1);
  for (let i = 0; i < returns.length; i += 1) {
    returns[i] = Math.log(close[base + at[i + 1]!]! / close[base + at[i]!]!);
  }
  return returns;
}

/** Percentile of sorted values by linear interpolation between ranks; share in [0, 1]. */
export function percentileOfSorted(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (place - below);
}

/** Values cut to their own lower and upper percentile. */
function winsorised(values: Float64Array, share: number): Float64Array {
  if (share <= 0) return values;
  const sorted = values.slice().sort();
  const low = percentileOfSorted(sorted, share);
  const high = percentileOfSorted(sorted, 1 - share);
  for (let i = 0; i < values.length; i += 1) sorted[i] = Math.min(Math.max(values[i]!, low), high);
  return sorted;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum / values.length;
}

/** Two regressors about their means, and the system of theirs that each asset is solved with. */
interface Regressors {
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly scale1: number;
  readonly scale2: number;
  /** XᵀX + αI is [a b; b d]. */
  readonly a: number;
  readonly b: number;
  readonly d: number;
}

function makeRegressors(
  x1: Float64Array,
  x2: Float64Array,
  alpha: number,
  profile: NeutralProfile,
): Regressors {
  const n = x1.length;
  const m1 = meanOf(x1);
  const m2 = meanOf(x2);
  const first = new Float64Array(n);
  const second = new Float64Array(n);
  let s11 = 0;
  let s22 = 0;
  let s12 = 0;
  for (let i = 0; i < n; i += 1) {
    const d1 = x1[i]! - m1;
    const d2 = x2[i]! - m2;
    first[i] = d1;
    second[i] = d2;
    s11 += d1 * d1;
    s22 += d2 * d2;
    s12 += d1 * d2;
  }
  const scale1 = profile === 'corrected' ? Math.sqrt(s11 / n) : 1;
  const scale2 = profile === 'corrected' ? Math.sqrt(s22 / n) : 1;
  return {
    first,
    second,
    scale1,
    scale2,
    a: s11 / (scale1 * scale1) + alpha,
    b: s12 / (scale1 * scale2),
    d: s22 / (scale2 * scale2) + alpha,
  };
}

/** Ridge coefficients of y with intercept, unclamped; NaN when the system has no solution. */
function solveRidge(
  y: Float64Array,
  { first, second, scale1, scale2, a, b, d }: Regressors,
): [number, number] {
  const mean = meanOf(y);
  let s1y = 0;
  let s2y = 0;
  for (let i = 0; i < y.length; i += 1) {
    const dy = y[i]! - mean;
    s1y += first[i]! * dy;
    s2y += second[i]! * dy;
  }
  const p = s1y / scale1;
  const q = s2y / scale2;
  const determinant = a * d - b * b;
  return [(d * p - b * q) / determinant / scale1, (a * q - b * p) / determinant / scale2];
}
