/** Data jobs over HTTP: bars of a venue are fetched, those of files are checked. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyStore } from '../../../test/embedded-store.js';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { startVenueSimulator, type VenueSimulator } from '../../data/venues/simulator/venue-simulator.js';
import { systemClock } from '../../platform/system-clock.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { buildServer } from './server.js';

const SYMBOL = 'file:spot:BTCUSDT';
const HOURS = 300;
let folder: string;
let services: Services;
let simulator: VenueSimulator;
let server: Awaited<ReturnType<typeof buildServer>>;
let start: number;

const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
  const answer = await server.inject({
    method,
    url,
    headers: { host: '127.0.0.1' },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
};
const ended = async (body: object) => {
  const { id } = (await ask('POST', '/api/data-jobs', body)).body;
  await services.jobs.finished(id);
  return (await ask('GET', `/api/data-jobs/${id}`)).body;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'data-jobs-'));
  await copyStore(join(folder, 'db', 'data'));
  const minutes = syntheticSeries('binanceusdm:-:BTCUSDT', '1m', 3_000, 3);
  simulator = await startVenueSimulator({ bars: [{ base: 'BTC', kind: 'perp', series: minutes }] });
  const config = join(folder, 'tidewatch.yaml');
  writeFileSync(config, `venues:\n  binanceusdm:\n    base_url: ${simulator.url('binanceusdm')}\n`);
  services = await openTidewatch({ home: folder, config, clock: systemClock });
  const series = syntheticSeries(SYMBOL, '1h', HOURS, 3);
  start = series.time[0]!;
  // the bars 100 to 104 are missing
  const rows = Array.from(series.time.keys()).filter((row) => row < 100 || row > 104);
  const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
  await services.data.write((writer) =>
    writer.append(
      'bars',
      {
        length: rows.length,
        columns: {
          instrument_id: rows.map(() => SYMBOL),
          timeframe: rows.map(() => '1h'),
          ts: pick(series.time),
          open: pick(series.open),
          high: pick(series.high),
          low: pick(series.low),
          close: pick(series.close),
          volume: pick(series.volume),
        },
      },
      { source: 'archive' },
    ),
  );
  const { default: pino } = await import('pino');
  server = await buildServer(services, { host: '127.0.0.1', token: null, log: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await server.close();
  await services.close();
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

it('tells what is stored, with its gaps', async () => {
  const job = await ended({ exchange: 'file', symbol: 'BTC/USDT', timeframe: '1h' });
  expect(job).toMatchObject({
    kind: 'data',
    exchange: 'file',
    symbol: 'BTCUSDT',
    timeframe: '1h',
    start_ts: null,
    status: 'completed',
    progress: 1,
    result: { rows: HOURS - 5, first_ts: start, missing: 5, missing_before: 0, missing_after: 0 },
  });
  expect(job.result.gaps).toEqual([
    { from: start + 100 * 3_600_000, to: start + 105 * 3_600_000, missing: 5 },
  ]);
});

it('fetches the bars of a venue, and only what is new the next time', async () => {
  const wanted = { symbol: 'binanceusdm:-:BTCUSDT', timeframe: '1m', options: { full_history: true } };
  const job = await ended(wanted);
  expect(job).toMatchObject({
    status: 'completed',
    error: null,
    result: { rows: 3_000, missing: 0, fetched: { rows: 3_000, pages: 2 } },
  });
  expect((await ended(wanted)).result).toMatchObject({ rows: 3_000, fetched: { rows: 0 } });
});

it('takes the name of a market that nothing stored fits, at an exchange', async () => {
  const job = await ended({ exchange: 'binanceusdm', symbol: 'ETH/USDT', timeframe: '1h' });
  expect(job).toMatchObject({ exchange: 'binanceusdm', symbol: 'ETHUSDT' });
});

it.each([
  ['bars before the first', { start_timestamp: '2000-01-01' }],
  ['another timeframe', { timeframe: '4h' }],
  ['the full history', { options: { full_history: true } }],
])('says that %s of a file cannot be downloaded', async (_name, wanted) => {
  const job = await ended({ symbol: SYMBOL, timeframe: '1h', ...wanted });
  expect(job).toMatchObject({ status: 'failed', result: null, error: { code: 'download_unavailable' } });
  expect(job.error.message).toContain('no venue can be asked for them');
});

it('lists jobs, and acts on one', async () => {
  const wide = { symbol: SYMBOL, timeframe: '1h', end_timestamp: start + 400 * 3_600_000 };
  const failed = await ended(wide);
  const listed = await ask('GET', '/api/data-jobs?status=failed&limit=1');
  expect(listed.body).toMatchObject([{ id: failed.id, end_ts: wide.end_timestamp }]);
  const act = (action: string) => ask('POST', `/api/data-jobs/${failed.id}/actions`, { action });
  expect((await act('validate')).body).toMatchObject({
    status: 'ok',
    coverage: { rows: HOURS - 5, missing_after: 100 },
  });
  expect((await act('resume')).body).toMatchObject({ status: 'ok', job: { id: failed.id } });
  expect(await services.jobs.finished(failed.id)).toMatchObject({ status: 'failed', attempt: 2 });
  expect((await act('cancel')).body).toMatchObject({ status: 'ok', job: { status: 'failed' } });
  const file = (format: string): string => `/api/data-jobs/${failed.id}/file?format=${format}`;
  expect(await act('download')).toMatchObject({
    status: 200,
    body: { status: 'ok', rows: HOURS - 5, files: { csv: file('csv'), parquet: file('parquet') } },
  });
  expect((await act('fly')).body.code).toBe('bad_parameter');
});

describe('the file of a job', () => {
  const fileOf = async (id: string, format: string) => {
    const url = `/api/data-jobs/${id}/file?format=${format}`;
    return server.inject({ method: 'GET', url, headers: { host: '127.0.0.1' } });
  };
  const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tidewatch-bars-'));

  it('holds the stored bars in its range, as CSV and as Parquet', async () => {
    const before = leftovers();
    const to = start + 200 * 3_600_000;
    const { id } = await ended({ symbol: SYMBOL, timeframe: '1h', end_timestamp: to });
    const csv = await fileOf(id, 'csv');
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="file_spot_BTCUSDT_1h.csv"',
      'content-length': String(csv.rawPayload.length),
    });
    const [head, ...rows] = csv.payload.trimEnd().split('\n');
    expect(head).toContain('instrument_id,timeframe,ts,open,high,low,close,volume');
    expect(rows).toHaveLength(195);
    expect(rows[0]).toContain(`${SYMBOL},1h,${new Date(start).toISOString().slice(0, 19)}`);
    const parquet = await fileOf(id, 'parquet');
    const path = join(folder, 'download.parquet');
    writeFileSync(path, parquet.rawPayload);
    const [row] = await services.data.lake.session.rows(
      `SELECT count(*)::DOUBLE AS n, min(ts)::DOUBLE AS first FROM read_parquet('${path}')`,
    );
    expect(row).toEqual({ n: 195, first: start });
    expect(leftovers()).toEqual(before);
  });

  it('holds bars that are made of minutes', async () => {
    const symbol = 'binanceusdm:-:BTCUSDT';
    // asked of the venue, hours are native; made of its minutes they are not stored
    const answer = await ask('POST', '/api/data-jobs', { symbol, timeframe: '13m' });
    await services.jobs.finished(answer.body.id);
    const { payload } = await fileOf(answer.body.id, 'csv');
    expect(payload.split('\n')[0]).toBe('instrument_id,timeframe,ts,open,high,low,close,volume,partial');
    expect(payload.trimEnd().split('\n').length).toBeGreaterThan(3_000 / 13 - 2);
  });

  it('is not there where nothing is stored', async () => {
    const failed = await ended({
      symbol: SYMBOL,
      timeframe: '1h',
      start_timestamp: '2000-01-01',
      end_timestamp: '2000-02-01',
    });
    const answer = await fileOf(failed.id, 'csv');
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'no_data']);
  });
});

it('refuses what is no data job', async () => {
  expect((await ask('POST', '/api/data-jobs', { symbol: SYMBOL, timeframe: '2h' })).body.code).toBe(
    'unknown_timeframe',
  );
  const unknown = '6b1f6a7e-8f0e-4a8e-9a3a-0d8f6b7c1a2b';
  expect(await ask('GET', `/api/data-jobs/${unknown}`)).toMatchObject({
    status: 404,
    body: { code: 'unknown_job' },
  });
});
