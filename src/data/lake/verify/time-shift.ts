/**
 * Bars that run ahead of or behind their market: an export in local time, daylight saving applied twice. Markets of one
 * kind move together, so in a window that is shifted by whole half-hours the returns stop agreeing with those of the
 * other instruments at the same times and agree at that distance instead.
 *
 * Method: returns clipped at four robust deviations against the mean of the other series; where the correlation of a
 * window falls below 0.35, every shift up to 14 hours in steps of 30 minutes is tried, and one of at least 0.6 counts.
 * Limits: needs a second series over the same time, bars of an hour or less (a shifted day is a misaligned one), and a
 * stretch of about half a window.
 */

import type { Series } from '../../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import { upperMedian } from '../../upper-median.js';
import type { SeriesDefect } from './series-defects.js';

const HALF_HOUR = 1_800_000;
const LARGEST_SHIFT = 14 * 3_600_000;
const LOST = 0.35;
const FOUND = 0.6;
const FEWEST = 48;

/** Shifted stretches per instrument id among series of one timeframe. */
export function timeShifts(
  series: readonly Series[],
  timeframe: Timeframe,
): ReadonlyMap<string, readonly SeriesDefect[]> {
  const found = new Map<string, readonly SeriesDefect[]>();
  const step = TIMEFRAME_MS[timeframe];
  if (step > 2 * HALF_HOUR || series.length < 2) return found;
  const start = Math.min(...series.map(({ time }) => time[0]!));
  const end = Math.max(...series.map(({ time }) => time[time.length - 1]!));
  const length = (end - start) / step + 1;
  const grid = series.map((one) => clippedReturns(one, start, step, length));
  const sum = new Float64Array(length);
  const count = new Float64Array(length);
  for (const values of grid) {
    for (let at = 0; at < length; at += 1) {
      if (Number.isNaN(values[at])) continue;
      sum[at]! += values[at]!;
      count[at]! += 1;
    }
  }
  for (const [index, one] of series.entries()) {
    const own = grid[index]!;
    const others = Float64Array.from(own, (value, at) => {
      const isOwn = Number.isNaN(value) ? 0 : 1;
      const rest = count[at]! - isOwn;
      return rest > 0 ? (sum[at]! - (isOwn ? value : 0)) / rest : Number.NaN;
    });
    const defects = shiftsOf(own, others, start, step);
    if (defects.length > 0) found.set(one.instrument, defects);
  }
  return found;
}

function clippedReturns(series: Series, start: number, step: number, length: number): Float64Array {
  const values = new Float64Array(length).fill(Number.NaN);
  const sizes: number[] = [];
  for (let row = 1; row < series.length; row += 1) {
    const at = (series.time[row]! - start) / step;
    if (series.time[row]! - series.time[row - 1]! !== step || !Number.isInteger(at)) continue;
    const size = Math.log(series.close[row]! / series.close[row - 1]!);
    if (!Number.isFinite(size)) continue;
    values[at] = size;
    sizes.push(Math.abs(size));
  }
  const deviation = 1.4826 * upperMedian(sizes);
  // Returns in units of the series' own deviation: a calm coin counts as much as a wild one.
  return values.map((value) => Math.max(-4, Math.min(4, value / (deviation || 1))));
}

function shiftsOf(own: Float64Array, others: Float64Array, start: number, step: number): SeriesDefect[] {
  const window = Math.max(96, (4 * 3_600_000) / step);
  const stride = window / 2;
  const lags: number[] = [];
  for (let shift = Math.max(HALF_HOUR, step); shift <= LARGEST_SHIFT; shift += Math.max(HALF_HOUR, step)) {
    lags.push(shift / step, -shift / step);
  }
  const found: SeriesDefect[] = [];
  let open: { from: number; to: number; lag: number } | undefined;
  const finish = (): void => {
    if (open) found.push(shiftDefect(open, start, step));
    open = undefined;
  };
  for (let first = 0; first + window <= own.length; first += stride) {
    const here = correlation(own, others, first, window, 0);
    if (Number.isNaN(here)) continue;
    let best = { lag: 0, value: FOUND };
    if (here < LOST) {
      for (const lag of lags) {
        const value = correlation(own, others, first, window, lag);
        if (value >= best.value) best = { lag, value };
      }
    }
    if (best.lag === 0) finish();
    else if (open && open.lag === best.lag) open.to = first + window - 1;
    else {
      finish();
      open = { from: first, to: first + window - 1, lag: best.lag };
    }
  }
  finish();
  return found;
}

function shiftDefect(
  { from, to, lag }: { from: number; to: number; lag: number },
  start: number,
  step: number,
): SeriesDefect {
  const hours = (lag * step) / 3_600_000;
  return {
    kind: 'time_zone_shift',
    severity: 'alarm',
    from: start + from * step,
    to: start + to * step,
    count: to - from + 1,
    message: `moves with its market ${Math.abs(hours)} h ${hours > 0 ? 'late' : 'early'}`,
  };
}

/** Correlation of own[first …] with others[first − lag …]; NaN when fewer than 48 pairs are there. */
function correlation(
  own: Float64Array,
  others: Float64Array,
  first: number,
  window: number,
  lag: number,
): number {
  let [n, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  for (let at = first; at < first + window; at += 1) {
    const x = own[at]!;
    const y = others[at - lag]!;
    // NaN and positions outside the array (undefined) fail both comparisons
    if (!(x >= -4) || !(y >= -4)) continue;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    syy += y * y;
    sxy += x * y;
  }
  if (n < FEWEST) return Number.NaN;
  const covariance = sxy - (sx * sy) / n;
  const spread = Math.sqrt((sxx - (sx * sx) / n) * (syy - (sy * sy) / n));
  return spread > 0 ? covariance / spread : Number.NaN;
}
