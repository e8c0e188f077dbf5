/**
 * Coarse bars from minutes with all that is summed besides the five numbers. The bars themselves are those of
 * resample.ts, the one place where buckets are made; this adds the other totals bucket by bucket, in time order, so
 * that pieces and the whole give the same bits.
 *
 * Known limit: levels (liquidity, market cap) are not carried up; the newest minute has them.
 */
import { type Resampled, Resampler } from './resample.js';
import type { BarColumns } from './series.js';
import type { Timeframe } from './timeframe.js';

/** Bars and, per bar, totals that are NaN where a bar does not tell. */
export interface TradedBars extends BarColumns {
  readonly quoteVolume: Float64Array;
  readonly trades: Float64Array;
}

/** With the columns that candles alone do not have. */
export interface RolledBars extends Resampled {
  /** NaN where a fine bar of the bucket does not tell. */
  readonly quoteVolume: Float64Array;
  readonly trades: Float64Array;
}

/**
 * @param fine bars of one instrument, open times strictly increasing
 * @param horizon UTC ms up to which the fine bars are known: only buckets that end by then are bars
 * @throws TidewatchError `bad_parameter` when the coarse timeframe is not a multiple of the fine one
 */
export function rollUp(
  instrument: string,
  fine: Timeframe,
  coarse: Timeframe,
  bars: TradedBars,
  horizon: number,
): RolledBars {
  const resampler = new Resampler(instrument, fine, coarse);
  const { time, open, high, low, close, volume } = bars;
  resampler.push(time, open, high, low, close, volume, time.length);
  const resampled = resampler.finish(horizon);
  return {
    ...resampled,
    quoteVolume: sums(bars.quoteVolume, resampled.bars),
    trades: sums(bars.trades, resampled.bars),
  };
}

/** Sums of runs of so many values each, from the first value on. */
function sums(values: Float64Array, runs: Uint32Array): Float64Array {
  const out = new Float64Array(runs.length);
  let row = 0;
  for (let run = 0; run < runs.length; run += 1) {
    let sum = 0;
    for (const end = row + runs[run]!; row < end; row += 1) sum += values[row]!;
    out[run] = sum;
  }
  return out;
}
