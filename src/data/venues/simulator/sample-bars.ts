/** The bars that come with the package, as the simulator replays them: real minutes of perpetuals, hours of spot. */
import { join } from 'node:path';
import { makeSeries } from '../../../market/series.js';
import type { Timeframe } from '../../../market/timeframe.js';
import { SAMPLE_FOLDER } from '../../../platform/package.js';
import { readColumns, Session } from '../../lake/session.js';
import type { SimulatedBars } from './simulated-market.js';

const PERPETUALS = ['BTC', 'ETH', 'SOL', 'BNB'] as const;
const MOST_ROWS = 140_000;

export interface SampleBarsOptions {
  /** Perpetuals at one minute, 2025-05-04 to 2025-06-03, with their recorded funding; all four when left out. */
  readonly perpetuals?: readonly (typeof PERPETUALS)[number][];
  /** Spot: BTC at one minute (2025-05-20 to 2025-08-18), the others at one hour (2020 to 2024); none when left out. */
  readonly spot?: readonly (typeof PERPETUALS)[number][];
}

/** @throws TidewatchError `file_not_found`, `unreadable_file` */
export async function sampleBars(options: SampleBarsOptions = {}): Promise<readonly SimulatedBars[]> {
  const { perpetuals = PERPETUALS, spot = [] } = options;
  const session = new Session({ threads: 1 });
  const read = (file: string, columns: string, where = 'true') =>
    session.use(async (connection) => {
      const count = columns.split(',').length;
      const path = join(SAMPLE_FOLDER, file).replaceAll("'", "''");
      const sql = `SELECT ${columns} FROM read_parquet('${path}') WHERE ${where} ORDER BY 1`;
      return (await readColumns(connection, sql, count, MOST_ROWS)).columns as Float64Array[];
    });
  const seriesOf = async (file: string, instrument: string, timeframe: Timeframe) => {
    const [time, open, high, low, close, volume] = await read(
      `ohlcv/${file}.parquet`,
      'timestamp::DOUBLE, open, high, low, close, volume::DOUBLE',
    );
    return makeSeries(instrument, timeframe, {
      time: time!,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    });
  };
  try {
    const found: SimulatedBars[] = [];
    for (const base of perpetuals) {
      const series = await seriesOf(`${base}USDT_perp_1m`, `binanceusdm:-:${base}USDT`, '1m');
      const [time, rate] = await read(
        'derivatives/funding_8h_binance.parquet',
        'timestamp::DOUBLE, funding_rate::DOUBLE',
        `symbol = '${base}USDT'`,
      );
      found.push({ base, kind: 'perp', series, funding: { time: time!, rate: rate! } });
    }
    for (const base of spot) {
      const timeframe = base === 'BTC' ? '1m' : '1h';
      const series = await seriesOf(`${base}USDT_spot_${timeframe}`, `binance:spot:${base}USDT`, timeframe);
      found.push({ base, kind: 'spot', series });
    }
    return found;
  } finally {
    await session.close();
  }
}
