/** Files in the formats that users have, made here or by the programs they come from, and what the lake then holds. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  CompressionType,
  compressionRegistry,
  RecordBatchFileWriter,
  Table,
  TimestampMicrosecond,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import lz4 from 'lz4js';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { TidewatchError } from '../../../errors.js';
import { FixedClock } from '../../../market/clock.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import { Lake } from '../lake.js';
import { importFiles } from './import-files.js';
import type { ImportReport, ImportRequest, ImportSource } from './request.js';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const START = Date.UTC(2025, 0, 1);
const BTC = 'binance:spot:BTCUSDT';

const folder = mkdtempSync(join(tmpdir(), 'tidewatch-formats-test-'));
let lake: Lake;
let count = 0;

beforeEach(async () => {
  count += 1;
  lake = await Lake.open(join(folder, `lake-${count}`), { clock: new FixedClock(NOW), threads: 1 });
  return () => lake.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, `files-${count}`, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function run(
  path: string,
  source: Partial<ImportSource> = {},
  request: Partial<ImportRequest> = {},
): Promise<ImportReport> {
  return importFiles({ lake, now: NOW }, { dataset: 'bars', sources: [{ path, ...source }], ...request });
}

async function failure(work: Promise<unknown>): Promise<TidewatchError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(TidewatchError);
  expect(await lake.status()).toEqual([]);
  return error as TidewatchError;
}

const FIELDS = ['open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades', 'partial'];

async function stored(subject: string, timeframe: string): Promise<number[][]> {
  const { ts, columns } = await lake.columns('bars', { subject, timeframe, columns: FIELDS });
  return Array.from(ts, (time, at) => [time, ...FIELDS.map((name) => columns[name]![at]!)]);
}

/** Minute number `index` as stored. */
function candle(index: number): number[] {
  const close = Math.round(1e4 * (100 + Math.sin(index * 1.7))) / 1e4;
  return [
    START + index * MINUTE,
    close - 0.25,
    close + 1,
    close - 1,
    close,
    index % 7,
    index * 3,
    index % 11,
    0,
  ];
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const withoutTotals = (index: number): number[] => [...candle(index).slice(0, 6), Number.NaN, Number.NaN, 0];

/** A row of Binance's archive: open time … ignore. */
function kline(index: number, perMillisecond: number): string {
  const [ts, open, high, low, close, volume, quote, trades] = candle(index);
  const time = (ms: number): string => String(ms * perMillisecond);
  return [time(ts!), open, high, low, close, volume, time(ts! + MINUTE - 1), quote, trades, 1, 2, 0].join(
    ',',
  );
}
const KLINE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';

function archive(member: string, lines: readonly string[]): Uint8Array {
  return zipSync({ [member]: strToU8(`${lines.join('\n')}\n`) });
}
const checksum = (bytes: Uint8Array, name: string): string =>
  `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;

describe('archives of Binance', () => {
  it('are read folder by folder, in ms without header and in µs with one, against their checksums', async () => {
    const place = 'data/spot/monthly/klines/BTCUSDT/1m';
    const old = archive(
      'BTCUSDT-1m-2024-12.csv',
      range(0, 50).map((index) => kline(index, 1)),
    );
    put(`${place}/BTCUSDT-1m-2024-12.zip`, old);
    put(`${place}/BTCUSDT-1m-2024-12.zip.CHECKSUM`, checksum(old, 'BTCUSDT-1m-2024-12.zip'));
    const path = put(
      `${place}/BTCUSDT-1m-2025-01.zip`,
      archive(
        'BTCUSDT-1m-2025-01.csv',
        range(50, 90).map((index) => kline(index, 1000)),
      ),
    );
    const report = await run(join(path, '../../../../../../..'));
    expect(report).toMatchObject({ timeframe: '1m', subjects: [BTC], rowsRead: 90, rowsWritten: 90 });
    expect(report.recognised).toEqual([
      'klines of Binance; CSV in zip, as its checksum file says',
      'klines of Binance; CSV in zip',
    ]);
    expect(await stored(BTC, '1m')).toEqual(range(0, 90).map(candle));
  });

  it('of futures have a header', async () => {
    const lines = [KLINE_HEADER, ...range(0, 30).map((index) => kline(index, 1))];
    const path = put('ETHUSDT-1m-2025-01.zip', archive('ETHUSDT-1m-2025-01.csv', lines));
    const report = await run(path, { subject: 'binanceusdm:-:{symbol}' });
    expect(report.recognised).toEqual(['klines of Binance; CSV in zip']);
    expect(await stored('binanceusdm:-:ETHUSDT', '1m')).toEqual(range(0, 30).map(candle));
  });

  it('that do not match their checksum are refused', async () => {
    const bytes = archive('a.csv', [kline(0, 1), kline(1, 1)]);
    const path = put('BTCUSDT-1m-2024-12.zip', bytes);
    put('BTCUSDT-1m-2024-12.zip.CHECKSUM', checksum(bytes.subarray(1), 'BTCUSDT-1m-2024-12.zip'));
    expect(await failure(run(path, { subject: BTC }))).toMatchObject({ code: 'checksum_mismatch' });
  });

  it('that are damaged anywhere are refused, or not damaged where it counts', async () => {
    const bytes = archive(
      'a.csv',
      range(0, 400).map((index) => kline(index, 1)),
    );
    const expected = range(0, 400).map(candle);
    for (const at of range(0, 24).map((part) => Math.floor((part / 24) * bytes.length))) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      const path = put(`damaged-${at}.zip`, damaged);
      const outcome = await run(path, { subject: BTC }).catch((error: TidewatchError) => error.code);
      if (typeof outcome === 'string') expect(['unreadable_file', 'empty_series']).toContain(outcome);
      else expect(await stored(BTC, '1m')).toEqual(expected);
    }
    const cut = put('cut.zip', bytes.subarray(0, bytes.length - 30));
    expect(await run(cut, { subject: BTC }).catch((error: TidewatchError) => error.code)).toBe(
      'unreadable_file',
    );
  });

  it('of funding come with their own interval', async () => {
    const lines = ['calc_time,funding_interval_hours,last_funding_rate', `${START},8,0.0001`];
    const path = put('BTCUSDT-fundingRate-2025-01.zip', archive('f.csv', lines));
    const report = await run(path, { subject: 'binanceusdm:-:BTCUSDT' }, { dataset: 'funding_rates' });
    expect(report.rowsWritten).toBe(1);
  });

  it('of two symbols for one name say how to keep them apart', async () => {
    const minutes = range(0, 5)
      .map((index) => kline(index, 1))
      .join('\n');
    const path = put('two.zip', zipSync({ 'BTC-1m.csv': strToU8(minutes), 'ETH-1m.csv': strToU8(minutes) }));
    const error = await failure(run(path, { subject: BTC }, { timeframe: '1m' }));
    expect(error).toMatchObject({ code: 'time_not_increasing' });
    expect(error.message).toContain('ETH-1m.csv');
    expect(error.hint).toContain('{symbol}');
  });

  it.each([
    ['f.csv', `fundingTime,fundingRate\n${START},0.0001\n${START + 4 * 60 * MINUTE},0.0002\n`],
    [
      'f.json',
      JSON.stringify([
        { fundingTime: START, fundingRate: '0.0001' },
        { fundingTime: START + 4 * 60 * MINUTE, fundingRate: '0.0002' },
      ]),
    ],
    ['f.parquet', undefined],
  ])('of funding without an interval leave it unknown: %s', async (name, text) => {
    const path = put(name, text ?? '');
    if (text === undefined) {
      const rows = `(VALUES (${START}, 0.0001), (${START + 4 * 60 * MINUTE}, 0.0002)) v(ts, funding_rate)`;
      const database = await (await DuckDBInstance.create()).connect();
      await database.run(`COPY (SELECT * FROM ${rows}) TO '${path}' (FORMAT parquet)`);
      database.closeSync();
    }
    await run(path, { subject: 'binanceusdm:-:BTCUSDT' }, { dataset: 'funding_rates' });
    const { ts, columns } = await lake.columns('funding_rates', {
      subject: 'binanceusdm:-:BTCUSDT',
      columns: ['funding_rate', 'interval_hours'],
    });
    expect([Array.from(ts), Array.from(columns.funding_rate!)]).toEqual([
      [START, START + 4 * 60 * MINUTE],
      [0.0001, 0.0002],
    ]);
    expect(Array.from(columns.interval_hours!)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('candles of other programs', () => {
  const arrays = range(0, 40).map((index) => candle(index).slice(0, 6));
  const expected = range(0, 40).map(withoutTotals);
  const csv = (header: string | undefined, lines: readonly (readonly unknown[])[]): string =>
    [...(header === undefined ? [] : [header]), ...lines.map((line) => line.join(','))].join('\n');

  function feather(compressionType: CompressionType | null): Uint8Array {
    if (!compressionRegistry.get(CompressionType.LZ4_FRAME)) {
      compressionRegistry.set(CompressionType.LZ4_FRAME, { encode: (data) => lz4.compress(data) });
    }
    const column = (at: number) => vectorFromArray(Float64Array.from(arrays, (row) => row[at]!));
    const table = new Table({
      date: vectorFromArray(
        arrays.map(([ts]) => ts!),
        new TimestampMicrosecond('UTC'),
      ),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    });
    return RecordBatchFileWriter.writeAll(table, { compressionType }).toUint8Array(true);
  }

  const cases: [string, string, () => string | Uint8Array, string, string][] = [
    [
      'freqtrade feather with LZ4',
      'BTC_USDT-1m.feather',
      () => feather(CompressionType.LZ4_FRAME),
      '{symbol}',
      'candles of freqtrade; feather (Arrow)',
    ],
    [
      'freqtrade feather without compression, of futures',
      'BTC_USDT_USDT-1m-futures.feather',
      () => feather(null),
      '{symbol}',
      'candles of freqtrade; feather (Arrow)',
    ],
    [
      'freqtrade JSON',
      'BTC_USDT-1m.json',
      () => JSON.stringify(arrays),
      '{symbol}',
      'candles of freqtrade; JSON',
    ],
    [
      'freqtrade JSON, gzipped',
      'BTC_USDT-1m.json.gz',
      () => gzipSync(JSON.stringify(arrays)),
      '{symbol}',
      'candles of freqtrade; JSON in gzip',
    ],
    [
      'CSV of ccxt',
      'mine.csv',
      () => csv('timestamp,open,high,low,close,volume', arrays),
      'BTCUSDT',
      'candles of ccxt; CSV',
    ],
    [
      'CSV of ccxt without header',
      'mine.csv',
      () => csv(undefined, arrays),
      'BTCUSDT',
      'candles of ccxt; CSV',
    ],
    [
      'CoinMetrics candles',
      'candles.csv',
      () =>
        csv(
          'market,time,price_open,price_close,price_high,price_low,vwap,volume',
          arrays.map(([ts, open, high, low, close, volume]) => [
            'binance-btc-usdt-spot',
            `${new Date(ts!).toISOString().slice(0, 19)}.000000000Z`,
            open,
            close,
            high,
            low,
            close,
            volume,
          ]),
        ),
      'BTCUSDT',
      'candles of CoinMetrics; CSV',
    ],
  ];

  it.each(cases)('%s', async (_title, name, content, symbol, sentence) => {
    const report = await run(put(name, content()), { subject: `binance:spot:${symbol}` });
    expect(report.recognised).toEqual([sentence]);
    expect(report).toMatchObject({ timeframe: '1m', subjects: [BTC], rowsWritten: 40 });
    expect(await stored(BTC, '1m')).toEqual(expected);
  });

  it('Kraken candles, with and without their mean price', async () => {
    const seconds = (index: number): unknown[] => {
      const [ts, open, high, low, close, volume, , trades] = candle(index);
      return [ts! / 1000, open, high, low, close, volume, trades];
    };
    const counted = range(0, 40).map((index) => [...candle(index).slice(0, 6), Number.NaN, index % 11, 0]);
    const report = await run(put('XBTUSD_1.csv', csv(undefined, range(0, 20).map(seconds))), {
      subject: 'kraken:spot:{symbol}',
    });
    expect(report.recognised).toEqual(['candles of Kraken; CSV']);
    const withMean = range(20, 40).map((index) => {
      const row = seconds(index);
      return [...row.slice(0, 5), row[4], ...row.slice(5)];
    });
    await run(put('rest.csv', csv(undefined, withMean)), { subject: 'kraken:spot:BTCUSD' });
    expect(await stored('kraken:spot:BTCUSD', '1m')).toEqual(counted);
  });

  it('files that pandas and pyarrow wrote', async () => {
    const expectedOf = (rows: number): number[][] =>
      range(0, rows).map((index) => {
        const close = 100 + Math.sin(index * 1.7);
        const cents = (value: number): number => Math.round(100 * value) / 100;
        const ts = Date.UTC(2024, 0, 1) + index * MINUTE;
        return [ts, ...[close - 0.25, close + 1, close - 1, close].map(cents), index % 7];
      });
    for (const [name, rows] of [
      ['BTC_USDT-1m.feather', 500],
      ['ETH_USDT_USDT-1m-futures.feather', 300],
    ] as const) {
      const report = await run(join('test/fixtures/feather', name), { subject: 'binance:spot:{symbol}' });
      expect(report.rowsWritten).toBe(rows);
      const found = await stored(report.subjects[0]!, '1m');
      for (const [at, row] of expectedOf(rows).entries()) {
        for (const [field, value] of row.entries()) expect(found[at]![field]).toBeCloseTo(value, 2);
      }
    }
  });

  it('feather with zstd where Node can, and says so where it cannot', async () => {
    const outcome = await run('test/fixtures/feather/zstd.feather', { subject: BTC }).catch(
      (error: TidewatchError) => error,
    );
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'unreadable_file', hint: /lz4/ });
    else expect(outcome.rowsWritten).toBe(50);
  });

  it('long files keep the order of their rows on two threads', async () => {
    // three row groups of the engine
    const minutes = 300_000;
    const row = (index: number): string => `[${START - (minutes - index) * MINUTE},1,2,0.5,1.5,3]`;
    const path = put('BTC_USDT-1m.json', `[${range(0, minutes).map(row).join(',')}]`);
    await lake.close();
    lake = await Lake.open(join(folder, `lake-${count}`), { clock: new FixedClock(NOW), threads: 2 });
    expect(await run(path, { subject: BTC })).toMatchObject({ rowsWritten: minutes, rowsReordered: 0 });
  });

  it('a cut feather file is refused', async () => {
    const whole = feather(CompressionType.LZ4_FRAME);
    for (const share of [0.2, 0.6, 0.95]) {
      const path = put(`cut-${share}.feather`, whole.subarray(0, Math.floor(share * whole.length)));
      expect((await failure(run(path, { subject: BTC }))).code).toBe('unreadable_file');
    }
  });

  it('daily prices of CoinMetrics, days without a price counted', async () => {
    const lines = [
      ['2025-01-01', 5, '', ''],
      ['2025-01-02', 6, 94_000.5, 1_800_000],
      ['2025-01-03', 7, 95_000, 1_900_000],
    ];
    const path = put('btc.csv', csv('time,AdrActCnt,PriceUSD,CapMrktCurUSD', lines));
    const source = { subject: 'coinmetrics:spot:BTCUSD' };
    expect((await failure(run(path, source, { timeframe: '1d' }))).code).toBe('non_finite_value');
    const report = await run(path, source, { timeframe: '1d', tolerant: true });
    expect(report).toMatchObject({ rowsRead: 3, rowsWritten: 2, refused: { non_finite_value: 1 } });
    expect(report.recognised[0]).toContain('one price is open, high, low and close');
    const { columns } = await lake.columns('bars', {
      subject: 'coinmetrics:spot:BTCUSD',
      timeframe: '1d',
      columns: ['open', 'low', 'close', 'market_cap'],
    });
    expect(Object.values(columns).map((column) => column[0])).toEqual([
      94_000.5, 94_000.5, 94_000.5, 1_800_000,
    ]);
  });

  it('dominance by its short name', async () => {
    const path = put('d.csv', csv('timestamp,dominance', [[START, 57.24]]));
    const report = await run(path, { subject: 'BTC.d' }, { dataset: 'dominance' });
    expect(report).toMatchObject({ dataset: 'dominance_samples', rowsWritten: 1 });
  });

  it('a tree of Parquet files', async () => {
    for (const month of [1, 2]) {
      const path = put(`tree/year=2025/month=${month}/part-0.parquet`, '');
      await lake.session.run(
        `COPY (SELECT ${START + month * MINUTE}::BIGINT AS timestamp, 1.0 AS open, 2.0 AS high, 0.5 AS low, 1.5 AS close, 3.0 AS volume) TO '${path}'`,
      );
    }
    const report = await run(join(folder, `files-${count}`, 'tree'), { subject: BTC }, { timeframe: '1m' });
    expect(report).toMatchObject({ rowsWritten: 2, recognised: ['candles; Parquet', 'candles; Parquet'] });
  });
});

interface Trade {
  readonly ts: number;
  readonly price: number;
  readonly volume: number;
}

/** The plain way: by bucket, one trade after the other. */
function barsByHand(trades: readonly Trade[], timeframe: Timeframe): number[][] {
  const length = TIMEFRAME_MS[timeframe];
  const buckets = new Map<number, Trade[]>();
  for (const trade of trades) {
    const open = Math.floor(trade.ts / length) * length;
    buckets.set(open, [...(buckets.get(open) ?? []), trade]);
  }
  const last = Math.max(...buckets.keys());
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([open, inside]) => {
      const prices = inside.map(({ price }) => price);
      return [
        open,
        prices[0]!,
        Math.max(...prices),
        Math.min(...prices),
        prices.at(-1)!,
        inside.reduce((sum, { volume }) => sum + volume, 0),
        inside.reduce((sum, { price, volume }) => sum + price * volume, 0),
        inside.length,
        open === last ? 1 : 0,
      ];
    });
}

describe('trades', () => {
  const trade = fc.record({
    step: fc.integer({ min: 0, max: 200 }),
    price: fc.integer({ min: 1, max: 100_000 }).map((cents) => cents / 100),
    volume: fc.integer({ min: 0, max: 1e6 }).map((parts) => parts / 1e4),
  });
  const history = fc.array(trade, { minLength: 1, maxLength: 60 }).map((rows) => {
    let ts = START;
    return rows.map(({ step, price, volume }): Trade => {
      ts += step * 1000;
      return { ts, price, volume };
    });
  });
  const line = ({ ts, price, volume }: Trade): string => `${ts / 1000},${price},${volume}`;

  it('of Kraken become the bars of their buckets, however they are cut into files', async () => {
    const runs = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 200 : 20;
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.constantFrom<Timeframe>('1m', '5m', '1h'),
        fc.integer({ min: 1, max: 4 }),
        async (trades, timeframe, pieces) => {
          number += 1;
          const size = Math.ceil(trades.length / pieces);
          let path = '';
          for (let at = 0; at < trades.length; at += size) {
            const part = trades
              .slice(at, at + size)
              .map(line)
              .join('\n');
            path = put(`trades-${number}/${String(at).padStart(4, '0')}.csv`, part);
          }
          const subject = `kraken:spot:T${number}USD`;
          const report = await run(dirname(path), { subject }, { timeframe });
          const expected = barsByHand(trades, timeframe);
          expect(await stored(subject, timeframe)).toEqual(expected);
          expect(report.recognised[0]).toBe('trades of Kraken; CSV');
          expect(report).toMatchObject({
            rowsRead: trades.length,
            rowsWritten: expected.length,
            rowsMerged: trades.length - expected.length,
            rowsRefused: 0,
          });
        },
      ),
      { numRuns: runs },
    );
  });

  it('need a timeframe', async () => {
    const path = put('XBTUSD.csv', `${START / 1000},1,1\n`);
    expect(await failure(run(path, { subject: 'kraken:spot:{symbol}' }))).toMatchObject({
      code: 'bad_parameter',
      message: expect.stringContaining('timeframe'),
    });
  });

  it('that cannot be are refused one by one, and those out of order sorted in, when asked to', async () => {
    const rows = [
      `${START / 1000},100,1`,
      `${START / 1000 + 2},0,1`,
      `${START / 1000 + 3},103,-1`,
      `${START / 1000 + 4},abc,1`,
      `${START / 1000 + 70},107,2`,
      `${START / 1000 + 5},105,3`,
    ].join('\n');
    const path = put('XBTUSD.csv', rows);
    const source = { subject: 'kraken:spot:{symbol}' };
    const strict = await failure(run(path, source, { timeframe: '1m' }));
    expect(strict.details).toMatchObject({ row: 2, column: 'price' });
    const report = await run(path, source, { timeframe: '1m', tolerant: true });
    expect(report).toMatchObject({
      subjects: ['kraken:spot:BTCUSD'],
      rowsRead: 6,
      rowsWritten: 2,
      rowsMerged: 1,
      rowsRefused: 3,
      refused: { non_positive_price: 1, negative_volume: 1, unreadable_value: 1 },
      rowsReordered: 1,
    });
    expect(await stored('kraken:spot:BTCUSD', '1m')).toEqual([
      [START, 100, 105, 100, 105, 4, 415, 2, 0],
      [START + MINUTE, 107, 107, 107, 107, 2, 214, 1, 1],
    ]);
  });

  it('of files in the wrong order are refused, or sorted when asked to', async () => {
    const path = put('turned/a.csv', `${START / 1000 + 60},102,1\n${START / 1000 + 130},103,1\n`);
    put('turned/b.csv', `${START / 1000},100,1\n${START / 1000 + 5},101,1\n`);
    const source = { subject: 'kraken:spot:TURNEDUSD' };
    const strict = await failure(run(dirname(path), source, { timeframe: '1m' }));
    expect(strict).toMatchObject({ code: 'time_not_increasing', details: { row: 1 } });
    const report = await run(dirname(path), source, { timeframe: '1m', tolerant: true });
    expect(report).toMatchObject({ rowsWritten: 3, rowsMerged: 1, rowsReordered: 1 });
    expect((await stored(source.subject, '1m')).map(([, open, , , close]) => [open, close])).toEqual([
      [100, 101],
      [102, 102],
      [103, 103],
    ]);
  });

  it('of Binance come with a header', async () => {
    const lines = [
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      `1,100,2,1,1,${START},true`,
      `2,101,1,2,2,${START + 1500},false`,
    ];
    const path = put('BTCUSDT-aggTrades-2025-01.zip', archive('a.csv', lines));
    const report = await run(path, { subject: 'binance:spot:{symbol}' }, { timeframe: '1m' });
    expect(report.recognised).toEqual(['aggregate trades of Binance; CSV in zip']);
    expect(await stored(BTC, '1m')).toEqual([[START, 100, 101, 100, 101, 3, 301, 2, 1]]);
  });

  it('and candles are not imported together', async () => {
    const path = put('mixed/a.csv', `${START / 1000},1,1\n`);
    put('mixed/b.csv', `timestamp,open,high,low,close,volume\n${START},1,2,0.5,1.5,3\n`);
    expect((await failure(run(dirname(path), { subject: BTC }, { timeframe: '1m' }))).code).toBe(
      'bad_parameter',
    );
  });
});
