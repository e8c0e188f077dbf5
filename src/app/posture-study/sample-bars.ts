/**
 * The bars of the posture study from the files of the sample data (data/sample/README.md): real observations, nothing
 * filled. Volumes are made USD: base units times the close, the panel's own where it has them.
 */
import { join } from 'node:path';
import { readColumns, rowsOf, Session } from '../../data/lake/session.js';
import { resample } from '../../market/resample.js';
import { type BarColumns, makeSeries, type Series } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';

/** A coin of the panel at one day. */
export interface PanelCoin {
  readonly symbol: string;
  readonly bars: BarColumns;
  /** USD at the close of each bar; NaN where not known. */
  readonly marketCap: Float64Array;
}

/** One entry per day. */
export interface DominanceDays {
  /** Day, UTC ms: the value is that of its end. */
  readonly time: Float64Array;
  /** Percent. */
  readonly btc: Float64Array;
  readonly usdt: Float64Array;
}

const COLUMNS = 'timestamp::DOUBLE, open, high, low, close, volume * close';

export class SampleBars {
  private readonly session = new Session({ threads: 2 });

  /** @param folder as data/sample of the repository */
  constructor(private readonly folder: string) {}

  close(): Promise<void> {
    return this.session.close();
  }

  /** Bars of one file of `ohlcv/`, volume in USD; coarser ones on request, closed ones only. */
  async bars(name: string, timeframe: Timeframe, to: Timeframe = timeframe): Promise<Series> {
    const file = this.file('ohlcv', `${name}.parquet`);
    const columns = await this.columns(`SELECT ${COLUMNS} FROM read_parquet(${file}) ORDER BY 1`, 6);
    const [time, open, high, low, close, volume] = columns as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const series = makeSeries(`file:sample:${name}`, timeframe, { time, open, high, low, close, volume });
    return to === timeframe ? series : resample(series, to).series;
  }

  /** Daily bars of all coins of the panel, by symbol. */
  async panel(): Promise<PanelCoin[]> {
    const file = this.file('daily_panel.parquet');
    const names = await this.session.use((connection) =>
      rowsOf(connection, `SELECT DISTINCT symbol FROM read_parquet(${file}) ORDER BY 1`),
    );
    const coins: PanelCoin[] = [];
    for (const { symbol } of names) {
      const columns = await this.columns(
        `SELECT epoch_ms(date::TIMESTAMP)::DOUBLE, open, high, low, close, coalesce(volume_usd, 0),
           coalesce(market_cap_usd, 'NaN'::DOUBLE)
         FROM read_parquet(${file}) WHERE symbol = '${String(symbol)}' ORDER BY 1`,
        7,
      );
      const [time, open, high, low, close, volume, marketCap] = columns;
      coins.push({
        symbol: String(symbol),
        bars: {
          time: time!,
          open: open!,
          high: high!,
          low: low!,
          close: close!,
          volume: volume!,
        },
        marketCap: marketCap!,
      });
    }
    return coins;
  }

  async dominance(): Promise<DominanceDays> {
    const file = this.file('market', 'dominance_daily.parquet');
    const [time, btc, usdt] = await this.columns(
      `SELECT timestamp::DOUBLE, btc_dominance_pct, usdt_dominance_pct FROM read_parquet(${file}) ORDER BY 1`,
      3,
    );
    return { time: time!, btc: btc!, usdt: usdt! };
  }

  private file(...parts: string[]): string {
    return `'${join(this.folder, ...parts).replaceAll("'", "''")}'`;
  }

  private async columns(sql: string, width: number): Promise<Float64Array[]> {
    const { columns } = await this.session.use((connection) => readColumns(connection, sql, width, 50_000));
    return columns.map((column) => Float64Array.from(column));
  }
}
