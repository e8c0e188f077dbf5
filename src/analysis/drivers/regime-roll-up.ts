/**
 * Coarse regime bars from finer ones, with their completeness (regime spec §5). The bars are those of
 * `market/resample.ts`; this adds how many source bars there were and how much of the bar that covers. From hours to a
 * day coverage is that of the hours, a missing hour counting 0.
 */
import { isPartialBar, PARTIAL_THRESHOLD } from '../../market/completeness.js';
import { Resampler } from '../../market/resample.js';
import type { BarColumns } from '../../market/series.js';
import { barsPer, type Timeframe } from '../../market/timeframe.js';

export interface RegimeRollUp {
  readonly bars: BarColumns;
  /** Distinct source bars of each bar. */
  readonly barsUsed: Uint32Array;
  /** Bars of the source timeframe that a complete bucket has. */
  readonly expectedBars: number;
  /** Percent. */
  readonly coveragePct: Float64Array;
  /** 1 where too little is there. */
  readonly partial: Uint8Array;
}

export interface RegimeRollUpOptions {
  readonly from: Timeframe;
  readonly to: Timeframe;
  /** UTC ms up to which the source is known: only buckets that end by then are bars. */
  readonly horizon: number;
  /** Share of the source below which a bar is partial; default 0.5. */
  readonly threshold?: number;
  /** Coverage of each source bar in percent, where they are rolled up themselves. */
  readonly coveragePct?: Float64Array;
}

/**
 * @param source in any order; of several bars with one open time the last counts
 * @throws TidewatchError `bad_parameter` when `to` is not a multiple of `from`
 */
export function rollUpRegimeBars(source: BarColumns, options: RegimeRollUpOptions): RegimeRollUp {
  const { from, to, horizon, threshold = PARTIAL_THRESHOLD } = options;
  const order = orderOf(source.time);
  const pick = (column: Float64Array): Float64Array =>
    order === null ? column : Float64Array.from(order, (row) => column[row]!);
  const resampler = new Resampler('regime', from, to);
  const time = pick(source.time);
  resampler.push(
    time,
    pick(source.open),
    pick(source.high),
    pick(source.low),
    pick(source.close),
    pick(source.volume),
    time.length,
  );
  const { series, bars: barsUsed } = resampler.finish(horizon);
  const expectedBars = barsPer(to, from);
  const covered = options.coveragePct === undefined ? null : pick(options.coveragePct);
  const coveragePct = new Float64Array(barsUsed.length);
  const partial = new Uint8Array(barsUsed.length);
  let row = 0;
  barsUsed.forEach((used, bar) => {
    if (covered === null) {
      coveragePct[bar] = (100 * used) / expectedBars;
      partial[bar] = isPartialBar(used, expectedBars, threshold) ? 1 : 0;
    } else {
      let sum = 0;
      for (const end = row + used; row < end; row++) sum += covered[row]!;
      coveragePct[bar] = sum / expectedBars;
      partial[bar] = coveragePct[bar]! < 100 * threshold ? 1 : 0;
    }
  });
  return { bars: series, barsUsed, expectedBars, coveragePct, partial };
}

/** Rows by time without repeats; null when they lie so already. */
function orderOf(time: Float64Array): number[] | null {
  let isSorted = true;
  for (let row = 1; row < time.length && isSorted; row++) isSorted = time[row]! > time[row - 1]!;
  if (isSorted) return null;
  const last = new Map<number, number>();
  time.forEach((ts, row) => {
    last.set(ts, row);
  });
  return [...last].sort(([a], [b]) => a - b).map(([, row]) => row);
}
