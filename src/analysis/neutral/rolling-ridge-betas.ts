/**
 * Ridge betas of many assets on two regressors over every window of their common history: the estimate of ridge-betas.ts
 * (corrected profile), row by row, for complete series.
 *
 * Without winsorising a window costs a handful of additions: sums and cross sums slide. With it the bounds move with the
 * window, so products must be formed anew: each series keeps its window sorted (one insertion and one removal a row)
 * to read its percentiles, regressors are winsorised and standardised once for all assets, and an asset then costs one
 * pass over its window. Sliding sums of returns lose nothing that counts: about 1e-15 of a day's return a step.
 * Limits: no missing values; assets with gaps go through `ridgeBetas`, which joins days first.
 */
import { TidewatchError } from '../../errors.js';
import type { BetaSettings } from './neutral-settings.js';

/** Complete log returns, fraction per row, of two regressors and any number of assets. No NaN. */
export interface RollingBetaInput {
  /** Log returns of the two regressors, one per row. */
  readonly regressors: readonly [Float64Array, Float64Array];
  /** Log returns of the assets, one column after the other; each as long as the regressors. */
  readonly assets: Float64Array;
}

/**
 * Ridge weight, winsorised share of either tail, bounds of a beta and length of the window (spec majors-alts-monitor
 * §8).
 */
export type RollingBetaSettings = Pick<BetaSettings, 'ridgeAlpha' | 'winsorizePct' | 'betaClamp'> & {
  /** Returns in a window. */
  readonly window: number;
};

/** Betas of every asset on both regressors over every window, without unit. */
export interface RollingBetas {
  /** Windows per asset: the first ends at row `window` − 1. */
  readonly windows: number;
  /** Asset-major: asset a, window w at `a * windows + w`. */
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * A regressor without variation gives NaN, as there is nothing to measure against.
 * @throws TidewatchError `column_length_mismatch`, `non_finite_input`, `bad_parameter` for a window below 2
 */
export function rollingRidgeBetas(input: RollingBetaInput, settings: RollingBetaSettings): RollingBetas {
  const { regressors, assets } = input;
  const rows = regressors[0].length;
  const { window } = settings;
  if (regressors[1].length !== rows || (rows > 0 && assets.length % rows !== 0)) {
    throw new TidewatchError(
      'column_length_mismatch',
      'assets and regressors differ in their number of rows',
    );
  }
  if (!Number.isInteger(window) || window < 2) {
    throw new TidewatchError('bad_parameter', `a window of ${window} returns has no betas`, {
      hint: 'give a window of at least 2 rows',
    });
  }
  for (const values of [...regressors, assets]) requireFinite(values);
  const windows = Math.max(0, rows - window + 1);
  const count = rows === 0 ? 0 : assets.length / rows;
  const first = new Float64Array(count * windows);
  const second = new Float64Array(count * windows);
  const solve = settings.winsorizePct > 0 ? winsorisedBetas : plainBetas;
  if (windows > 0) solve(input, settings, windows, first, second);
  return { windows, first, second };
}

function requireFinite(values: Float64Array): void {
  // a sum is finite unless a value is not, or the values overflow
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  if (Number.isFinite(sum)) return;
  throw new TidewatchError('non_finite_input', 'a return is missing or infinite', {
    hint: 'give complete series',
  });
}

/** Sliding mean, variance and covariance of the regressors, and what is left of the 2 × 2 solution for an asset. */
function plainBetas(
  { regressors: [x1, x2], assets }: RollingBetaInput,
  { window: n, ridgeAlpha, betaClamp: [low, high] }: RollingBetaSettings,
  windows: number,
  first: Float64Array,
  second: Float64Array,
): void {
  const rows = x1.length;
  // five numbers a window: means of the regressors, and (C + αD/n)⁻¹/n, C their covariance and D its diagonal
  const stats = new Float64Array(windows * 5);
  const ridge = 1 + ridgeAlpha / n;
  let [s1, s2, s11, s22, s12] = [0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row += 1) {
    const [a, b] = [x1[row]!, x2[row]!];
    s1 += a;
    s2 += b;
    s11 += a * a;
    s22 += b * b;
    s12 += a * b;
    const w = row - n + 1;
    if (w < 0) continue;
    const [m1, m2] = [s1 / n, s2 / n];
    const [v1, v2, v12] = [s11 / n - m1 * m1, s22 / n - m2 * m2, s12 / n - m1 * m2];
    const scale = 1 / (n * (ridge * ridge * v1 * v2 - v12 * v12));
    stats[w * 5] = m1;
    stats[w * 5 + 1] = m2;
    stats[w * 5 + 2] = ridge * v2 * scale;
    stats[w * 5 + 3] = -v12 * scale;
    stats[w * 5 + 4] = ridge * v1 * scale;
    const [c, d] = [x1[w]!, x2[w]!];
    s1 -= c;
    s2 -= d;
    s11 -= c * c;
    s22 -= d * d;
    s12 -= c * d;
  }
  for (let base = 0, out = 0; base < assets.length; base += rows, out += windows) {
    let [sy, s1y, s2y] = [0, 0, 0];
    for (let row = 0; row < n - 1; row += 1) {
      const y = assets[base + row]!;
      sy += y;
      s1y += x1[row]! * y;
      s2y += x2[row]! * y;
    }
    for (let w = 0, row = n - 1, at = 0; w < windows; w += 1, row += 1, at += 5) {
      const y = assets[base + row]!;
      sy += y;
      s1y += x1[row]! * y;
      s2y += x2[row]! * y;
      const c1 = s1y - stats[at]! * sy;
      const c2 = s2y - stats[at + 1]! * sy;
      const cross = stats[at + 3]!;
      const b1 = stats[at + 2]! * c1 + cross * c2;
      const b2 = cross * c1 + stats[at + 4]! * c2;
      first[out + w] = Math.min(Math.max(b1, low), high);
      second[out + w] = Math.min(Math.max(b2, low), high);
      const old = assets[base + w]!;
      sy -= old;
      s1y -= x1[w]! * old;
      s2y -= x2[w]! * old;
    }
  }
}

/** Where a percentile lies in a sorted window: a rank and the way to the next. */
interface Place {
  readonly rank: number;
  readonly next: number;
  readonly part: number;
}

function placeOf(share: number, n: number): Place {
  const place = (n - 1) * share;
  const rank = Math.floor(place);
  return { rank, next: Math.min(rank + 1, n - 1), part: place - rank };
}

function winsorisedBetas(
  { regressors, assets }: RollingBetaInput,
  { window: n, ridgeAlpha, winsorizePct, betaClamp: [low, high] }: RollingBetaSettings,
  windows: number,
  first: Float64Array,
  second: Float64Array,
): void {
  const rows = regressors[0].length;
  const [bottom, top] = [placeOf(winsorizePct, n), placeOf(1 - winsorizePct, n)];
  const [z1, z2] = regressors.map((values) => standardisedWindows(values, n, windows, bottom, top)) as [
    StandardisedWindows,
    StandardisedWindows,
  ];
  const cross = new Float64Array(windows);
  for (let w = 0, at = 0; w < windows; w += 1) {
    let sum = 0;
    for (let i = 0; i < n; i += 1, at += 1) sum += z1.values[at]! * z2.values[at]!;
    cross[w] = sum;
  }
  const diagonal = n + ridgeAlpha;
  const sorted = new Float64Array(n);
  const [v1, v2] = [z1.values, z2.values];
  for (let base = 0, out = 0; base < assets.length; base += rows, out += windows) {
    sorted.set(assets.subarray(base, base + n));
    sorted.sort();
    for (let w = 0; w < windows; w += 1) {
      if (w > 0) replaceSorted(sorted, assets[base + w - 1]!, assets[base + w + n - 1]!);
      const lowest = sorted[bottom.rank]! + (sorted[bottom.next]! - sorted[bottom.rank]!) * bottom.part;
      const highest = sorted[top.rank]! + (sorted[top.next]! - sorted[top.rank]!) * top.part;
      // standardised regressors sum to 0, so y needs no centring; two sums each hide the latency of additions
      let [p1, p2, q1, q2] = [0, 0, 0, 0];
      const z = w * n;
      const from = base + w;
      let i = 0;
      for (; i + 1 < n; i += 2) {
        let y = assets[from + i]!;
        y = y < lowest ? lowest : Math.min(y, highest);
        let next = assets[from + i + 1]!;
        next = next < lowest ? lowest : Math.min(next, highest);
        p1 += v1[z + i]! * y;
        p2 += v2[z + i]! * y;
        q1 += v1[z + i + 1]! * next;
        q2 += v2[z + i + 1]! * next;
      }
      if (i < n) {
        let y = assets[from + i]!;
        y = y < lowest ? lowest : Math.min(y, highest);
        p1 += v1[z + i]! * y;
        p2 += v2[z + i]! * y;
      }
      p1 += q1;
      p2 += q2;
      const c = cross[w]!;
      const determinant = diagonal * diagonal - c * c;
      const b1 = (diagonal * p1 - c * p2) / (determinant * z1.deviation[w]!);
      const b2 = (diagonal * p2 - c * p1) / (determinant * z2.deviation[w]!);
      first[out + w] = b1 < low ? low : b1 > high ? high : b1;
      second[out + w] = b2 < low ? low : b2 > high ? high : b2;
    }
  }
}

interface StandardisedWindows {
  /** Window by window, each winsorised, mean 0, population deviation 1. */
  readonly values: Float64Array;
  readonly deviation: Float64Array;
}

function standardisedWindows(
  series: Float64Array,
  n: number,
  windows: number,
  bottom: Place,
  top: Place,
): StandardisedWindows {
  const values = new Float64Array(windows * n);
  const deviation = new Float64Array(windows);
  const sorted = series.slice(0, n).sort();
  for (let w = 0; w < windows; w += 1) {
    if (w > 0) replaceSorted(sorted, series[w - 1]!, series[w + n - 1]!);
    const lowest = sorted[bottom.rank]! + (sorted[bottom.next]! - sorted[bottom.rank]!) * bottom.part;
    const highest = sorted[top.rank]! + (sorted[top.next]! - sorted[top.rank]!) * top.part;
    let mean = 0;
    for (let i = 0; i < n; i += 1) {
      const clipped = Math.min(Math.max(series[w + i]!, lowest), highest);
      values[w * n + i] = clipped;
      mean += clipped / n;
    }
    let squares = 0;
    for (let i = 0; i < n; i += 1) squares += (values[w * n + i]! - mean) ** 2;
    const size = Math.sqrt(squares / n);
    deviation[w] = size;
    for (let i = 0; i < n; i += 1) values[w * n + i] = (values[w * n + i]! - mean) / size;
  }
  return { values, deviation };
}

/** Takes one value out of a sorted array that holds it and puts another in. */
function replaceSorted(sorted: Float64Array, out: number, value: number): void {
  const last = sorted.length - 1;
  // the place of the value that goes, by halving
  let lowEnd = 0;
  let highEnd = last;
  while (lowEnd < highEnd) {
    const middle = (lowEnd + highEnd) >> 1;
    if (sorted[middle]! < out) lowEnd = middle + 1;
    else highEnd = middle;
  }
  let at = lowEnd;
  if (value > out) {
    while (at < last && sorted[at + 1]! < value) {
      sorted[at] = sorted[at + 1]!;
      at += 1;
    }
  } else {
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at -= 1;
    }
  }
  sorted[at] = value;
}
