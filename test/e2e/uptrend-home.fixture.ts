/** A home with real bars of four markets, a model of one, and the server that shows them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import { appendBars } from '../../src/app/server/served-home.fixture.js';
import { buildServer } from '../../src/app/server/server.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { makeSeries, type Series, slice } from '../../src/market/series.js';
import { sampleSeries } from './sample-report.fixture.js';

const HOURS = 9_000;
const HOLDS_BACK = 2;
const OTHERS = 'data/sample/other-markets';
/** Asked once a day for a year; flat stretches, days missing. */
const TOKEN = '57799010478442185186541101940219441451580652511487999095465280793256099865060';

export const BTC = 'binance:spot:BTCUSDT';
export const SPY = 'file:equity:SPY';
export const GOLD = 'file:fx:XAUUSD';
export const OUTCOME = `polymarket:polygon:${TOKEN}`;

export interface UptrendHome {
  readonly url: string;
  /** Stores the next of the bars that were held back. */
  appendBar(): Promise<void>;
  close(): Promise<void>;
}

export async function uptrendHome(): Promise<UptrendHome> {
  const folder = mkdtempSync(join(tmpdir(), 'uptrend-page-'));
  const services = await openTidewatch({ home: folder });
  const all = await sampleSeries();
  let end = all.length - HOLDS_BACK;
  await appendBars(services, slice(all, all.length - HOURS, end));
  const bars = ['open', 'high', 'low', 'close', 'volume'];
  const others = [
    await daily(SPY, bars, `'${OTHERS}/equity_us_daily.parquet' WHERE symbol = 'SPY'`),
    await daily(GOLD, bars, `'${OTHERS}/forex_gold_daily.parquet' WHERE symbol = 'XAUUSD'`),
    await daily(
      OUTCOME,
      ['price', 'price', 'price', 'price', '0'],
      `'${OTHERS}/polymarket_daily.parquet' WHERE token_id = '${TOKEN}'`,
    ),
  ];
  for (const each of others) await appendBars(services, each);
  await services.regimes.train({
    instrument: parseInstrument(BTC),
    timeframe: '1h',
    options: { profile: 'scaled', states: 3, seed: 42, flavour: 'wilder', restarts: 1 },
  });
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: pino({ level: 'silent' }),
    stream: { pollMs: 100, heartbeatMs: 30_000 },
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async appendBar() {
      await appendBars(services, slice(all, end, end + 1));
      end += 1;
    },
    async close() {
      await server.close();
      await services.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Days of the sample, their times at midnight. */
async function daily(instrument: string, columns: readonly string[], from: string): Promise<Series> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const numbers = columns.map((column) => `${column}::DOUBLE`).join();
    const reader = await connection.runAndReadAll(
      `SELECT (timestamp - timestamp % 86400000)::DOUBLE, ${numbers} FROM ${from} ORDER BY 1`,
    );
    const [time, open, high, low, close, volume] = reader
      .getColumns()
      .map((column) => Float64Array.from(column as number[]));
    return makeSeries(instrument, '1d', {
      time: time!,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    });
  } finally {
    connection.closeSync();
  }
}
