/** Candles gathered for one publication, as the lake takes them. */
import type { Timeframe } from '../../market/timeframe.js';
import type { Batch } from '../lake/batch.js';
import type { CandleColumns } from '../venues/candle-columns.js';

export function barBatch(instrument: string, timeframe: Timeframe, columns: CandleColumns): Batch<'bars'> {
  return {
    length: columns.length,
    constants: { instrument_id: instrument, timeframe },
    columns: barColumns(columns),
  };
}

/** By the names of the dataset. */
export function barColumns(columns: CandleColumns) {
  return {
    ts: columns.cut('time'),
    open: columns.cut('open'),
    high: columns.cut('high'),
    low: columns.cut('low'),
    close: columns.cut('close'),
    volume: columns.cut('volume'),
    quote_volume: columns.cut('quoteVolume'),
    trades: columns.cut('trades'),
  };
}
