/** Bars that will not change any more: closed by the clock and not marked partial (HMM spec §3.2, §12). */
import { type BarColumns, makeSeries, type Series } from '../market/series.js';
import { barClose } from '../market/timeframe.js';

/** What a reader of the lake is answered. */
interface StoredBars {
  readonly series: Series;
  readonly kind: 'native' | 'derived';
  /** 1 where a bar was whole when it was stored. */
  readonly complete: Uint8Array;
}

export interface FinalBars {
  readonly series: Series;
  /** When the first bar closes that is stored already, UTC ms; infinity without one. */
  readonly nextClose: number;
}

export function finalBars({ series, kind, complete }: StoredBars, now: number): FinalBars {
  const { timeframe, time, length } = series;
  let closed = length;
  while (closed > 0 && barClose(time[closed - 1]!, timeframe) > now) closed -= 1;
  const nextClose = closed < length ? barClose(time[closed]!, timeframe) : Number.POSITIVE_INFINITY;
  const firstPartial = kind === 'derived' ? -1 : complete.subarray(0, closed).indexOf(0);
  if (closed === length && firstPartial < 0) return { series, nextClose };
  if (firstPartial < 0) return { series: pick(series, (column) => column.subarray(0, closed)), nextClose };
  const kept = new Uint32Array(closed);
  let count = 0;
  for (let bar = 0; bar < closed; bar += 1) if (complete[bar] === 1) kept[count++] = bar;
  const rows = (column: Float64Array): Float64Array => {
    const picked = new Float64Array(count);
    for (let row = 0; row < count; row += 1) picked[row] = column[kept[row]!]!;
    return picked;
  };
  return { series: pick(series, rows), nextClose };
}

function pick(series: Series, rows: (column: Float64Array) => Float64Array): Series {
  const { instrument, timeframe, time, open, high, low, close, volume } = series;
  const columns: BarColumns = {
    time: rows(time),
    open: rows(open),
    high: rows(high),
    low: rows(low),
    close: rows(close),
    volume: rows(volume),
  };
  return makeSeries(instrument, timeframe, columns);
}
