/**
 * Betas of an alt on two majors by ridge regression over its last rows (spec majors-alts-monitor §8; Hoerl, Kennard 1970).
 *
 * Log returns over the days that all three have, each series winsorised at its own percentiles (linear interpolation),
 * β = (XᵀX + αI)⁻¹Xᵀy on centred data. On raw daily returns XᵀX is about 0.05, so α = 0.1 shrinks betas by more than
 * half (reference); the corrected profile divides the regressors by their population deviation first and scales back.
 */
import { lastRowAt, type PanelView } from './alt-universe.js';
import { commonCloses } from './common-closes.js';
import type { BetaSettings, NeutralProfile } from './neutral-settings.js';

/** Betas on the two majors. */
export type DualBeta = readonly [number, number];

const LEAST_COMMON_DAYS = 30;

/** Betas of asset a on the two majors at day index t; the default when there is too little to estimate them from. */
export function ridgeBetas(view: PanelView, a: number, t: number, settings: BetaSettings): DualBeta {
  const { rows, majors, profile } = view;
  const fallback: DualBeta = [settings.defaultBeta, settings.defaultBeta];
  const last = lastRowAt(rows, a, t);
  if (last < 0 || last - rows.start[a]! + 1 < settings.lookbackDays) return fallback;
  const assets = [a, ...majors];
  if (assets.some((asset) => asset < 0)) return fallback;
  const common = commonCloses(view, assets, t, settings.lookbackDays);
  if (common.count < LEAST_COMMON_DAYS) return fallback;
  const [y, x1, x2] = common.closes.map((closes) => {
    const returns = new Float64Array(closes.length - 1);
    for (let i = 0; i < returns.length; i += 1) returns[i] = Math.log(closes[i + 1]! / closes[i]!);
    return winsorised(returns, settings.winsorizePct);
  }) as [Float64Array, Float64Array, Float64Array];
  const [low, high] = settings.betaClamp;
  const betas = solveRidge(y, x1, x2, settings.ridgeAlpha, profile);
  if (!betas.every(Number.isFinite)) return fallback;
  return [Math.min(Math.max(betas[0], low), high), Math.min(Math.max(betas[1], low), high)];
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

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum;
}

/** Ridge coefficients of y on two regressors with intercept, unclamped; NaN when the system has no solution. */
function solveRidge(
  y: Float64Array,
  x1: Float64Array,
  x2: Float64Array,
  alpha: number,
  profile: NeutralProfile,
): [number, number] {
  const n = y.length;
  const mean = (values: Float64Array): number => sumOf(values) / n;
  const [my, m1, m2] = [mean(y), mean(x1), mean(x2)];
  let [s11, s22, s12, s1y, s2y] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [dy, d1, d2] = [y[i]! - my, x1[i]! - m1, x2[i]! - m2];
    s11 += d1 * d1;
    s22 += d2 * d2;
    s12 += d1 * d2;
    s1y += d1 * dy;
    s2y += d2 * dy;
  }
  const scale1 = profile === 'corrected' ? Math.sqrt(s11 / n) : 1;
  const scale2 = profile === 'corrected' ? Math.sqrt(s22 / n) : 1;
  const a = s11 / (scale1 * scale1) + alpha;
  const d = s22 / (scale2 * scale2) + alpha;
  const b = s12 / (scale1 * scale2);
  const [p, q] = [s1y / scale1, s2y / scale2];
  const determinant = a * d - b * b;
  return [(d * p - b * q) / determinant / scale1, (a * q - b * p) / determinant / scale2];
}
