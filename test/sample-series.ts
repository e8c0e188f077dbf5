/** Real bars of data/sample, read as they are, without a home. */
import { readColumns, Session } from '../src/data/lake/session.js';
import { makeSeries, type Series } from '../src/market/series.js';
import type { Timeframe } from '../src/market/timeframe.js';

export interface SampleSource {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** Below data/sample. */
  readonly file: string;
  /** SQL condition on its rows. */
  readonly where?: string;
  /** A file with one price per row instead of bars. */
  readonly price?: string;
}

const MOST_ROWS = 140_000;

export async function sampleSeries(source: SampleSource): Promise<Series> {
  const { file, where = 'true', price, timeframe, instrument } = source;
  const session = new Session({ threads: 1 });
  try {
    const bars =
      price === undefined
        ? 'open, high, low, close, volume::DOUBLE'
        : `${price}, ${price}, ${price}, ${price}, ${price} * 0`;
    const { columns } = await session.use((connection) =>
      readColumns(
        connection,
        `SELECT timestamp::DOUBLE, ${bars} FROM read_parquet('data/sample/${file}') WHERE ${where} ORDER BY 1`,
        6,
        MOST_ROWS,
      ),
    );
    const [time, open, high, low, close, volume] = columns as Float64Array[];
    return makeSeries(instrument, timeframe, {
      time: time!,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    });
  } finally {
    await session.close();
  }
}
