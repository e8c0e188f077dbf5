import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { resample } from '../../market/resample.js';
import type { RowOf } from './dataset-rows.js';
import { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';

const BTC = 'binance:spot:BTCUSDT';
const ETH = 'binance:spot:ETHUSDT';
const MINUTE = 60_000;
const START = Date.UTC(2025, 8, 1);

let root: string;
let clock: FixedClock;
let lake: Lake;
let writer: LakeWriter;

beforeEach(async () => {
  root = join(mkdtempSync(join(tmpdir(), 'lake-')), 'lake');
  clock = new FixedClock(START + 3_600_000);
  lake = await Lake.open(root, { clock });
  writer = await lake.writer();
});

afterEach(async () => {
  await lake.close();
  rmSync(join(root, '..'), { recursive: true, force: true });
});

function bar(instrument: string, ts: number, close = 100, extra: Partial<RowOf<'bars'>> = {}): RowOf<'bars'> {
  return {
    instrument_id: instrument,
    timeframe: '1m',
    ts,
    open: close,
    high: close + 1,
    low: close - 1,
    close,
    volume: 2,
    ...extra,
  };
}

/** Minute bars [from, to) of one instrument as columns. */
function minutes(from: number, to: number, instrument = BTC, timeframe = '1m', step = MINUTE) {
  const ts = Array.from({ length: to - from }, (_, at) => START + (from + at) * step);
  const close = ts.map((_, at) => 100 + Math.sin(from + at));
  return {
    length: ts.length,
    columns: {
      instrument_id: ts.map(() => instrument),
      timeframe: ts.map(() => timeframe),
      ts,
      open: close,
      high: close.map((value) => value + 1),
      low: close.map((value) => value - 1),
      close,
      volume: Float64Array.from(ts, (_, at) => (from + at + 700) % 7),
    },
  };
}

describe('append and read', () => {
  it('gives back what was written, sorted, with missing values as NaN', async () => {
    await writer.append('bars', [bar(BTC, START + MINUTE, 11), bar(BTC, START, 10), bar(ETH, START, 20)], {
      source: 'ws',
    });
    const answer = await lake.columns('bars', {
      subject: BTC,
      timeframe: '1m',
      columns: ['close', 'trades', 'partial'],
    });
    expect([...answer.ts]).toEqual([START, START + MINUTE]);
    expect([...answer.columns.close!]).toEqual([10, 11]);
    expect([...answer.columns.trades!]).toEqual([Number.NaN, Number.NaN]);
    expect([...answer.columns.partial!]).toEqual([0, 0]);
  });

  it('writes one sorted part per month, named after its times', async () => {
    const october = Date.UTC(2025, 9, 1);
    const files = await writer.append('bars', [bar(BTC, october), bar(ETH, START), bar(BTC, START)], {
      source: 'rest',
    });
    expect(files.map((file) => [file.period, file.seqLo, file.seqHi, file.tsMin, file.tsMax])).toEqual([
      ['2025-09', 1, 1, START, START],
      ['2025-10', 1, 1, october, october],
    ]);
    expect(files[0]!.path).toMatch(
      /bars\/venue=binance\/timeframe=1m\/period=2025-09\/0000000001-0000000001_001756684800000-001756684800000_[0-9a-f]{8}\.parquet$/,
    );
    expect(readdirSync(join(files[0]!.path, '..'))).toHaveLength(1);
  });

  it('keeps one row per key: final before partial, better source, newest, written last', async () => {
    const closes = async (): Promise<number[]> => [
      ...(await lake.columns('bars', { subject: BTC, timeframe: '1m', columns: ['close'] })).columns.close!,
    ];
    await writer.append('bars', [bar(BTC, START, 11)], { source: 'ws' });
    await writer.append('bars', [bar(BTC, START, 12, { partial: true })], { source: 'archive' });
    expect(await closes()).toEqual([11]);
    await writer.append('bars', [bar(BTC, START, 13)], { source: 'rest' });
    await writer.append('bars', [bar(BTC, START, 14)], { source: 'ws' });
    expect(await closes()).toEqual([13]);
    await writer.append('bars', [bar(BTC, START, 15), bar(BTC, START, 16)], { source: 'rest' });
    expect(await closes()).toEqual([16]);
    clock.advance(1);
    await writer.append('bars', [bar(BTC, START, 17)], { source: 'rest' });
    await writer.append('bars', [bar(BTC, START, 18, { ingested_at: 5 })], { source: 'rest' });
    expect(await closes()).toEqual([17]);
    const { rows } = await lake.sql('SELECT close, source, ingested_at FROM bars');
    expect(rows).toEqual([[17, 'rest', START + 3_600_001]]);
  });

  it('refuses a batch with a bad row and stores nothing of it', async () => {
    const append = (row: object) =>
      writer.append('bars', [bar(BTC, START), row as RowOf<'bars'>], { source: 'ws' });
    await expect(append(bar(BTC, START + MINUTE, 10, { high: 5 }))).rejects.toMatchObject({
      code: 'inconsistent_bar',
    });
    await expect(append(bar(BTC, START + MINUTE, Number.NaN))).rejects.toMatchObject({
      code: 'non_finite_value',
    });
    await expect(append(bar(BTC, START + MINUTE, 10, { low: 0 }))).rejects.toMatchObject({
      code: 'non_positive_price',
    });
    await expect(append(bar(BTC, START + MINUTE, 10, { volume: -1 }))).rejects.toMatchObject({
      code: 'negative_volume',
    });
    await expect(append(bar(BTC, -1, 10))).rejects.toMatchObject({ code: 'bad_parameter' });
    await expect(append({ ...bar(BTC, START), colour: 'red' })).rejects.toMatchObject({
      code: 'bad_parameter',
    });
    await expect(append({ ...bar(BTC, START), close: undefined })).rejects.toMatchObject({
      code: 'bad_parameter',
    });
    const { close: _, ...columns } = minutes(0, 3).columns;
    await expect(writer.append('bars', { columns, length: 3 }, { source: 'ws' })).rejects.toMatchObject({
      code: 'missing_column',
    });
    expect(await lake.activeFiles('bars')).toEqual([]);
  });

  it('makes no part of nothing', async () => {
    expect(await writer.append('bars', [], { source: 'ws' })).toEqual([]);
    const none = await writer.publishQuery(
      'bars',
      "SELECT 'x:y:z' AS instrument_id, '1m' AS timeframe, 1 AS ts, 1 AS open, 1 AS high, 1 AS low, 1 AS close WHERE false",
      { source: 'archive' },
    );
    expect(none).toEqual([]);
    expect((await lake.columns('bars', { subject: BTC, timeframe: '1m', columns: ['close'] })).length).toBe(
      0,
    );
  });

  it('stores every dataset', async () => {
    await writer.append('funding_rates', [{ instrument_id: BTC, ts: 1, funding_rate: 1e-4 }], {
      source: 'rest',
    });
    await writer.append(
      'open_interest',
      [{ instrument_id: BTC, timeframe: '5m', ts: 2, open_interest: 3, open_interest_value: null }],
      { source: 'rest' },
    );
    const liquidation = { instrument_id: BTC, ts: 3, side: 'long', price: 5, quantity: 1 };
    await writer.append(
      'liquidations',
      [
        { ...liquidation, event_id: 'a' },
        { ...liquidation, event_id: 'b' },
        { ...liquidation, event_id: 'a' },
      ],
      { source: 'ws' },
    );
    await writer.append('dominance_samples', [{ driver: 'BTC.d', ts: 4, value: 55 }], {
      source: 'coingecko',
    });
    await writer.append(
      'regime_bars',
      [{ driver: 'ALT', timeframe: '1h', ts: 0, open: 1, high: 2, low: 1, close: 2 }],
      { source: 'composite' },
    );
    const probabilities = {
      instrument_id: BTC,
      timeframe: '1h',
      ts: 0,
      model_id: 'm',
      regime: 1,
      available_at: 9,
    };
    await writer.append(
      'regime_probabilities',
      [
        { ...probabilities, kind: 'filtered', probabilities: [0.25, 0.75] },
        { ...probabilities, kind: 'smoothed', probabilities: [0.5, 0.5] },
      ],
      { source: 'model' },
    );
    const ask = async (sql: string) => (await lake.sql(sql)).rows;
    expect(await ask('SELECT funding_rate, venue, timeframe FROM funding_rates')).toEqual([
      [1e-4, 'binance', 'none'],
    ]);
    expect(await ask('SELECT open_interest, open_interest_value FROM open_interest')).toEqual([[3, null]]);
    expect(await ask('SELECT event_id FROM liquidations ORDER BY 1')).toEqual([['a'], ['b']]);
    expect(await ask('SELECT value, repeat, venue FROM dominance_samples')).toEqual([[55, false, 'none']]);
    expect(await ask('SELECT book_id, volume FROM regime_bars')).toEqual([['onchain_crypto', 0]]);
    const known =
      'driver, timestamp, open_usd, high_usd, low_usd, close_usd, volume FROM regime_price_data_ohlc';
    expect(await ask(`SELECT ${known}`), 'under the name that imported queries know').toHaveLength(1);
    expect(await ask("SELECT probabilities FROM regime_probabilities WHERE kind = 'filtered'")).toEqual([
      [[0.25, 0.75]],
    ]);
    const filtered = await lake.columns('regime_probabilities', {
      subject: BTC,
      timeframe: '1h',
      columns: ['regime', 'available_at'],
      where: { kind: 'filtered', model_id: 'm' },
    });
    expect([filtered.length, filtered.columns.available_at![0]]).toEqual([1, 9]);
    expect(await lake.status()).toHaveLength(6);
  });

  it('publishes the result of a query by month', async () => {
    const files = await writer.publishQuery(
      'bars',
      `SELECT '${BTC}' AS instrument_id, '1h' AS timeframe, ${START} + i * 3600000 AS ts,
         10.0 + i % 5 AS open, 20 AS high, 5 AS low, 11 AS close, i AS volume FROM range(2000) t(i)`,
      { source: 'archive' },
    );
    expect(files.map((file) => file.period)).toEqual(['2025-09', '2025-10', '2025-11']);
    const { series, kind } = await lake.series(BTC, '1h');
    expect([series.length, kind, series.volume[1999]]).toEqual([2000, 'native', 1999]);
  });

  it('names a path that cannot be a folder as a bad parameter', async () => {
    await expect(
      writer.append('bars', [bar('../../evil:spot:X', START)], { source: 'ws' }),
    ).rejects.toMatchObject({ code: 'bad_parameter' });
  });

  it('deletes what a killed writer left, and nobody reads it meanwhile', async () => {
    const folder = join(root, 'bars/venue=binance/timeframe=1m/period=2025-09');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.123-1.writing'), 'half');
    expect(await lake.activeFiles('bars')).toEqual([]);
    const second = await Lake.open(root, { clock });
    await second.writer();
    expect(readdirSync(folder)).toEqual([]);
    await second.close();
  });

  it('reads parts of an older schema beside new ones', async () => {
    await writer.append('bars', minutes(0, 3), { source: 'rest' });
    const [file] = await lake.activeFiles('bars');
    await lake.rows(
      `COPY (SELECT * EXCLUDE (trades, quote_volume) FROM read_parquet('${file!.path}', hive_partitioning = false)) TO '${file!.path}x' (FORMAT parquet)`,
    );
    const crc = crc32(readFileSync(`${file!.path}x`))
      .toString(16)
      .padStart(8, '0');
    rmSync(file!.path);
    renameSync(`${file!.path}x`, file!.path.replace(/[0-9a-f]{8}\.parquet$/, `${crc}.parquet`));
    const reader = await Lake.open(root, { clock });
    const only = await reader.columns('bars', {
      subject: BTC,
      timeframe: '1m',
      columns: ['trades', 'close'],
    });
    expect([only.length, only.columns.trades![0], only.columns.close![0]]).toEqual([3, Number.NaN, 100]);
    await writer.append('bars', [bar(BTC, START + 3 * MINUTE, 9, { trades: 4 })], { source: 'rest' });
    const both = await reader.columns('bars', { subject: BTC, timeframe: '1m', columns: ['trades'] });
    expect([...both.columns.trades!]).toEqual([Number.NaN, Number.NaN, Number.NaN, 4]);
    expect((await reader.sql('SELECT count(trades), count(*) FROM bars')).rows).toEqual([[1, 4]]);
    await reader.close();
  });
});

describe('series', () => {
  it('derives from minutes and widens the window to bucket edges', async () => {
    await writer.append('bars', minutes(0, 150), { source: 'rest' });
    const all = await lake.series(BTC, '1h');
    expect([all.kind, all.base, all.series.length]).toEqual(['derived', '1m', 2]);
    expect([...all.complete]).toEqual([1, 1]);
    const part = await lake.series(BTC, '1h', { from: START + 70 * MINUTE, to: START + 80 * MINUTE });
    expect([...part.series.time]).toEqual([START + 60 * MINUTE]);
    expect(part.bars[0]).toBe(60);
  });

  it('gives the same bits streamed, from memory and over many small parts', async () => {
    await writer.append('bars', minutes(0, 500), { source: 'rest' });
    const streamed = await lake.series(BTC, '13m');
    await lake.columns('bars', {
      subject: BTC,
      timeframe: '1m',
      columns: ['open', 'high', 'low', 'close', 'volume'],
    });
    expect(await lake.series(BTC, '13m')).toEqual(streamed);
    for (let from = 100; from < 300; from += 7) {
      await writer.append('bars', minutes(from, Math.min(from + 9, 300)), { source: 'ws' });
    }
    expect(await lake.series(BTC, '13m')).toEqual(streamed);
    const native = await lake.series(BTC, '1m');
    expect(resample(native.series, '13m').series).toEqual(streamed.series);
  });

  it('uses stored bars only when they span longer than the minutes', async () => {
    await writer.append('bars', minutes(0, 300), { source: 'rest' });
    await writer.append('bars', minutes(0, 5, BTC, '1h', 60 * MINUTE), { source: 'archive' });
    expect((await lake.series(BTC, '1h')).kind).toBe('derived');
    await writer.append('bars', minutes(-2, 5, BTC, '1h', 60 * MINUTE), { source: 'archive' });
    const native = await lake.series(BTC, '1h');
    expect([native.kind, native.base, native.series.length]).toEqual(['native', '1h', 7]);
    expect((await lake.series(BTC, '4h')).base).toBe('1m');
  });

  it('falls back to the finest stored timeframe that divides', async () => {
    await writer.append('bars', minutes(0, 8, ETH, '15m', 15 * MINUTE), { source: 'archive' });
    const hourly = await lake.series(ETH, '1h');
    expect([hourly.kind, hourly.base, hourly.series.length]).toEqual(['derived', '15m', 2]);
    await expect(lake.series(ETH, '13m')).rejects.toMatchObject({ code: 'no_data' });
  });

  it('knows from later bars that a bucket has closed, and from a horizon', async () => {
    await writer.append('bars', minutes(0, 58), { source: 'rest' });
    expect((await lake.series(BTC, '1h')).series.length).toBe(0);
    expect((await lake.series(BTC, '1h', { horizon: START + 60 * MINUTE })).series.length).toBe(1);
    await writer.append('bars', minutes(61, 62), { source: 'rest' });
    const first = await lake.series(BTC, '1h', { to: START + 60 * MINUTE });
    expect([first.series.length, first.complete[0], first.bars[0]]).toEqual([1, 0, 58]);
  });

  it('says what is not there', async () => {
    await expect(lake.series(BTC, '1h')).rejects.toMatchObject({ code: 'no_data' });
    await writer.append('bars', minutes(0, 90), { source: 'rest' });
    await expect(lake.series(ETH, '1h')).rejects.toMatchObject({ code: 'no_data' });
    expect((await lake.series(BTC, '1h', { from: START + 1e9 })).series.length).toBe(0);
  });
});

describe('compaction', () => {
  it('merges closed hours, keeps the winners, and deletes after fifteen minutes', async () => {
    for (let minute = 0; minute < 90; minute += 10) {
      await writer.append('bars', minutes(minute, minute + 12), { source: 'ws' });
    }
    const before = await lake.sql('SELECT * EXCLUDE (ingested_at) FROM bars ORDER BY ts');
    clock.advance(3_600_000);
    const report = await lake.compact('bars');
    expect(report.merged.length).toBe(1);
    expect(report.deleted).toEqual([]);
    const covered = report.merged[0]!;
    expect(covered.seqHi).toBeGreaterThan(covered.seqLo);
    expect(await lake.sql('SELECT * EXCLUDE (ingested_at) FROM bars ORDER BY ts')).toEqual(before);
    const folder = join(covered.path, '..');
    const files = readdirSync(folder).length;
    // the covering file's age counts, also for a writer that was started later
    const late = await Lake.open(root, { clock });
    const age = (minutesAgo: number) => {
      const at = (clock.now() - minutesAgo * MINUTE) / 1000;
      utimesSync(covered.path, at, at);
    };
    age(14.9);
    expect((await late.compact('bars')).deleted).toEqual([]);
    age(15);
    const cleared = await late.compact('bars');
    expect(cleared.deleted.length).toBe(covered.seqHi - covered.seqLo + 1);
    expect(readdirSync(folder).length).toBe(files - cleared.deleted.length);
    expect(await late.sql('SELECT * EXCLUDE (ingested_at) FROM bars ORDER BY ts')).toEqual(before);
    await late.close();
  });

  it('makes one file of a closed month and leaves it alone afterwards', async () => {
    await writer.append('bars', minutes(0, 10), { source: 'ws' });
    await writer.append('bars', minutes(3000, 3010), { source: 'ws' });
    await writer.append('bars', minutes(5, 8), { source: 'archive' });
    clock.advance(40 * 86_400_000);
    expect((await lake.compact()).merged).toHaveLength(1);
    expect((await lake.compact()).merged).toHaveLength(0);
    expect(await lake.activeFiles('bars')).toHaveLength(1);
    expect((await lake.columns('bars', { subject: BTC, timeframe: '1m', columns: ['close'] })).length).toBe(
      20,
    );
  });

  it('continues the sequence after a restart, above everything on disk', async () => {
    await writer.append('bars', minutes(0, 10), { source: 'ws' });
    await writer.append('bars', minutes(10, 20), { source: 'ws' });
    clock.advance(40 * 86_400_000);
    await lake.compact('bars');
    const second = await Lake.open(root, { clock });
    const [file] = await (await second.writer()).append('bars', minutes(20, 30), { source: 'ws' });
    expect(file!.seqLo).toBe(3);
    expect((await second.columns('bars', { subject: BTC, timeframe: '1m', columns: ['close'] })).length).toBe(
      30,
    );
    await second.close();
  });

  it('does not launder a damaged part into a valid one', async () => {
    const [bad] = await writer.append('bars', minutes(0, 10), { source: 'ws' });
    await writer.append('bars', minutes(10, 20), { source: 'ws' });
    damage(bad!.path);
    clock.advance(40 * 86_400_000);
    const report = await lake.compact('bars');
    expect([report.merged, report.damaged]).toEqual([[], [bad!.path]]);
  });
});

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(path, bytes);
  utimesSync(path, 1, 1);
}

describe('damage', () => {
  it('names the file, or skips it and says so; the rest stays readable', async () => {
    const [bad] = await writer.append('bars', minutes(0, 10), { source: 'ws' });
    await writer.append('bars', minutes(10, 20), { source: 'ws' });
    damage(bad!.path);
    const ask = { subject: BTC, timeframe: '1m', columns: ['close'] };
    await expect(lake.columns('bars', ask)).rejects.toMatchObject({
      code: 'corrupt_file',
      details: { file: bad!.path },
    });
    const rest = await lake.columns('bars', { ...ask, onCorrupt: 'skip' });
    expect([rest.length, rest.skipped]).toEqual([10, [bad!.path]]);
    await expect(lake.sql('SELECT count(*) FROM bars')).rejects.toMatchObject({ code: 'corrupt_file' });
    const { rows, skipped } = await lake.sql('SELECT count(*) FROM bars', { onCorrupt: 'skip' });
    expect([rows, skipped]).toEqual([[[10]], [bad!.path]]);
    expect(await lake.verifyChecksum(bad!)).toBe(false);
    expect((await lake.columns('bars', { ...ask, from: START + 10 * MINUTE })).length).toBe(10);
  });

  it('of old bars does not keep the newest from being read', async () => {
    await writer.append('bars', minutes(0, 10), { source: 'ws' });
    const [bad] = await writer.append('bars', minutes(10, 20), { source: 'ws' });
    await writer.append('bars', minutes(20, 30), { source: 'ws' });
    damage(bad!.path);
    const newest = { from: START + 20 * MINUTE };
    expect(await lake.span(BTC, '1m')).toEqual({ firstTs: START, lastTs: START + 29 * MINUTE });
    expect((await lake.series(BTC, '5m', newest)).series.length).toBe(2);
    await expect(lake.series(BTC, '5m')).rejects.toMatchObject({ details: { file: bad!.path } });
  });
});

describe('sql', () => {
  it('answers with plain values and stops at the row limit', async () => {
    await writer.append('bars', minutes(0, 10), { source: 'rest' });
    const answer = await lake.sql('SELECT ts, close, venue FROM bars ORDER BY ts', { maxRows: 2 });
    expect(answer.columns.map((column) => column.name)).toEqual(['ts', 'close', 'venue']);
    expect(answer.rows[0]).toEqual([START, 100, 'binance']);
    expect([answer.rows.length, answer.truncated]).toEqual([2, true]);
    expect((await lake.sql('SELECT count(*) FROM funding_rates')).rows).toEqual([[0]]);
  });

  it.each([
    'SELECT 1; SELECT 2',
    'DROP VIEW bars',
    'CREATE TABLE t AS SELECT 1',
    "COPY (SELECT 1) TO '/tmp/tidewatch-evil.csv'",
    "ATTACH '/tmp/tidewatch-evil.duckdb'",
    'INSTALL httpfs',
    'LOAD httpfs',
    "SET memory_limit = '1TB'",
    'PRAGMA enable_profiling',
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    'SELEC 1',
    'SELECT no_such_column FROM bars',
    'SELECT * FROM no_such_table',
    '',
  ])('refuses %s', async (query) => {
    await writer.append('bars', minutes(0, 2), { source: 'rest' });
    await expect(lake.sql(query)).rejects.toMatchObject({ code: 'query_refused' });
    expect(existsSync('/tmp/tidewatch-evil.csv')).toBe(false);
  });

  it('writes the rows of a query as Parquet, and only a query', async () => {
    await writer.append('bars', minutes(0, 10), { source: 'rest' });
    const folder = mkdtempSync(join(tmpdir(), 'query-'));
    const out = join(folder, 'answer.parquet');
    expect(await lake.sqlToParquet(`SELECT ts, close FROM bars WHERE ts > ${START}; `, out)).toBe(9);
    expect(await lake.rows(`SELECT count(*)::INTEGER AS n, min(ts) AS least FROM '${out}'`)).toEqual([
      { n: 9, least: START + MINUTE },
    ]);
    const before = readFileSync(out);
    for (const query of [
      'DROP VIEW bars',
      'EXPLAIN SELECT 1',
      'SELECT 1; SELECT 2',
      "SELECT * FROM read_text('/etc/hostname')",
      `SELECT 1) TO '${join(folder, 'evil.csv')}' (FORMAT csv); --`,
    ]) {
      await expect(lake.sqlToParquet(query, out), query).rejects.toMatchObject({ code: 'query_refused' });
    }
    expect(readFileSync(out).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('writing') || name.includes('evil'))).toEqual(
      [],
    );
    rmSync(folder, { recursive: true });
  });
});

describe('status', () => {
  it('counts rows once per key and shares out bytes', async () => {
    await writer.append('bars', [bar(BTC, START), bar(ETH, START), bar(BTC, START + MINUTE)], {
      source: 'ws',
    });
    await writer.append('bars', [bar(BTC, START, 7)], { source: 'archive' });
    const [btc, eth] = await lake.status('bars');
    expect(btc).toMatchObject({
      subject: BTC,
      rows: 2,
      files: 2,
      firstTs: START,
      lastTs: START + MINUTE,
      ageMs: 59 * MINUTE,
      timeframe: '1m',
    });
    expect(eth).toMatchObject({ subject: ETH, rows: 1, files: 1 });
    const bytes = (await lake.activeFiles('bars')).reduce((sum, file) => sum + file.bytes, 0);
    expect(Math.abs(btc!.bytes + eth!.bytes - bytes)).toBeLessThanOrEqual(1);
  });
});
