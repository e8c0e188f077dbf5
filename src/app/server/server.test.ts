import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { copyStore } from '../../../test/embedded-store.js';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { FixedClock } from '../../market/clock.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { appendBars } from './served-home.fixture.js';
import { buildServer } from './server.js';

const SYMBOL = 'file:spot:BTCUSDT';
const HOST = '127.0.0.1:8080';
const TOKEN = 'a-token-of-enough-characters';
const START = Date.UTC(2024, 0, 1);
const HOURS = 900;

let folder: string;
let services: Services;
let server: FastifyInstance;
let modelId: string;

const log = pino({ level: 'silent' });
const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ method: 'GET', url, headers: { host: HOST, ...headers } });
const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  server.inject({ method: 'POST', url, payload, headers: { host: HOST, ...headers } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'server-'));
  await copyStore(join(folder, 'db', 'data'));
  const clock = new FixedClock(START + HOURS * 3_600_000);
  services = await openTidewatch({ home: folder, clock });
  const series = syntheticSeries(SYMBOL, '1h', HOURS, 3);
  await appendBars(services, series);
  server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log,
    dashboard: join(folder, 'no-dashboard'),
  });
  const trained = await post('/api/hmm/train', {
    exchange: 'file',
    symbol: 'BTC/USDT',
    timeframe: '1h',
    n_states: 2,
  });
  modelId = trained.json().model_id;
});
afterAll(async () => {
  await server.close();
  await services.close();
  rmSync(folder, { recursive: true });
});

describe('regimes', () => {
  it('trains, names the states and their statistics', async () => {
    const models = (await get('/api/hmm/models')).json();
    expect(models).toMatchObject([{ id: modelId, exchange: 'file', symbol: 'BTCUSDT', timeframe: '1h' }]);
    const again = await post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', n_states: 2 });
    expect(again.json()).toMatchObject({ status: 'success', model_id: modelId, reused: true });
    expect(
      Object.values(again.json().stats)
        .map((state) => (state as { label: string }).label)
        .sort(),
    ).toEqual(['Bear', 'Bull']);
  });

  it('returns the last rows ascending, filtered, with prices of the same bar', async () => {
    const { data, labels, kind } = (await get(`/api/hmm/regime?model_id=${modelId}&limit=50`)).json();
    expect(data).toHaveLength(50);
    expect(kind).toBe('filtered');
    expect(Object.values(labels).sort()).toEqual(['Bear', 'Bull']);
    const times = data.map(({ timestamp }: { timestamp: number }) => timestamp);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    for (const row of data) {
      expect(row.price).toBe(row.close);
      expect(row.available_at).toBe(row.timestamp + 3_600_000);
      expect(row.lookahead).toBe(false);
    }
    const latest = (await get(`/api/hmm/latest?model_id=${modelId}`)).json();
    expect(latest).toMatchObject({ timestamp: times.at(-1), price: data.at(-1).close, age_ms: 0 });
    expect(Object.keys(latest.forecast)).toEqual(['1', '5', '20']);
  });

  it('a window in the middle agrees with the whole history', async () => {
    const ask = async (query: string) =>
      (await get(`/api/hmm/regime?model_id=${modelId}&use_persisted=false&persist=false&${query}`)).json()
        .data;
    const whole = await ask('limit=100000');
    const part = await ask(
      `start_date=${new Date(START + 600 * 3_600_000).toISOString()}&end_date=${START + 700 * 3_600_000}`,
    );
    expect(part).toHaveLength(100);
    const offset = whole.findIndex(({ timestamp }: { timestamp: number }) => timestamp === part[0].timestamp);
    for (const [row, { probs, regime }] of part.entries()) {
      expect(regime).toBe(whole[offset + row].regime);
      probs.forEach((value: number, state: number) => {
        expect(value).toBeCloseTo(whole[offset + row].probs[state], 5);
      });
    }
  });

  it('smoothed says that it knows the future', async () => {
    const { lookahead, data } = (
      await get(`/api/hmm/regime?model_id=${modelId}&kind=smoothed&limit=3`)
    ).json();
    expect([lookahead, data[0].lookahead]).toEqual([true, true]);
  });

  it('trains on the features, the stay and the number of states that were asked for', async () => {
    const record = async (body: object) => {
      const trained = await post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', restarts: 2, ...body });
      expect(trained.json().status, trained.body).toBe('success');
      return (await get(`/api/models/${trained.json().model_id}`)).json();
    };
    const stacked = await record({ features: ['hmm@1h+4h', 'log_ret', 'log_ret@4h'], n_states: 2 });
    expect([stacked.feature_set, stacked.config.features]).toEqual(['hmm@1h+4h', ['log_ret', 'log_ret@4h']]);
    const two = await record({ features: 'log_ret,volatility', n_states: 2, sticky: 40 });
    expect(two.config).toMatchObject({
      features: ['log_ret', 'volatility'],
      settings: { target_duration: 40 },
    });
    for (const [k, row] of (two.transition_matrix as number[][]).entries()) {
      expect(row[k]).toBeGreaterThanOrEqual(1 - 1 / 40 - 1e-9);
    }
    const calm = await record({ n_states: 2, decode: { threshold: 0.9, minimum_dwell: 120 } });
    expect(calm.config.decode).toEqual({ threshold: 0.9, minimum_dwell: 120 });
    expect(calm.diagnostics.decoding.changes_per_1000_bars).toBeLessThan(
      calm.diagnostics.decoding.plain_changes_per_1000_bars,
    );
    const { data } = (await get(`/api/hmm/regime?model_id=${calm.id}&limit=1000`)).json();
    const states = data.map(({ regime }: { regime: number }) => regime);
    const likeliest = data.map(({ probs }: { probs: number[] }) => probs.indexOf(Math.max(...probs)));
    const changes = (path: number[]) =>
      path.filter((state, row) => row > 0 && state !== path[row - 1]).length;
    expect(changes(states)).toBeLessThan(changes(likeliest));
    const again = (await get(`/api/hmm/regime?model_id=${calm.id}&limit=1000`)).json();
    expect(again.data).toEqual(data);
    const strict = await record({ n_states: 4, auto_k: true, strict_k: true });
    expect([strict.config.profile, strict.n_states]).toEqual(['scaled', 4]);
    const unknown = await post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', features: ['oracle'] });
    expect([unknown.statusCode, unknown.json().code]).toEqual([400, 'bad_parameter']);
  });

  it('a job answers at once and ends', async () => {
    const started = await post('/api/hmm/train', {
      symbol: SYMBOL,
      timeframe: '1h',
      n_states: 3,
      async: true,
    });
    expect(started.statusCode).toBe(202);
    const { job_id } = started.json();
    const second = await post('/api/hmm/train', {
      symbol: SYMBOL,
      timeframe: '1h',
      n_states: 4,
      async: true,
    });
    expect([second.statusCode, second.json().code]).toEqual([409, 'job_running']);
    let job = (await get(`/api/hmm/jobs/${job_id}`)).json();
    while (job.status === 'queued' || job.status === 'running') {
      await pause(20);
      job = (await get(`/api/hmm/jobs/${job_id}`)).json();
    }
    expect(job).toMatchObject({ status: 'completed', progress: 1, error: null });
    const removed = await server.inject({
      method: 'DELETE',
      url: `/api/hmm/models/${job.result.model_id}`,
      headers: { host: HOST },
    });
    expect(removed.json()).toMatchObject({ status: 'deleted', model_id: job.result.model_id });
  });
});

describe('what is refused', () => {
  const cases: [string, string, number, string][] = [
    ['an unknown timeframe', `/api/hmm/regime?symbol=${SYMBOL}&timeframe=2h`, 400, 'unknown_timeframe'],
    ['a naive date-time', `/api/hmm/regime?symbol=${SYMBOL}&start_date=2024-01-01T00:00`, 400, 'naive_time'],
    [
      'start after end',
      `/api/hmm/regime?symbol=${SYMBOL}&start_date=2024-02-01&end_date=2024-01-01`,
      400,
      'bad_parameter',
    ],
    ['a limit of none', `/api/hmm/regime?symbol=${SYMBOL}&limit=0`, 400, 'bad_parameter'],
    ['a limit beyond measure', `/api/hmm/regime?symbol=${SYMBOL}&limit=100001`, 400, 'bad_parameter'],
    [
      'a parameter that is not there',
      `/api/hmm/regime?symbol=${SYMBOL}&start=2024-01-01`,
      400,
      'bad_parameter',
    ],
    ['no model', `/api/hmm/regime?symbol=${SYMBOL}&timeframe=4h`, 404, 'unknown_model'],
    ['an unknown model', '/api/hmm/latest?model_id=nothing', 404, 'unknown_model'],
    ['a model id that is a path', '/api/hmm/latest?model_id=../secret', 400, 'bad_parameter'],
    ['no data', '/api/hmm/price/latest?symbol=binance:spot:ETHUSDT', 404, 'no_data'],
    ['an unknown symbol', '/api/hmm/regime?symbol=DOGE/USDT', 404, 'no_data'],
    ['an unknown symbol of a venue', '/api/hmm/latest?exchange=binance&symbol=DOGE-USD', 404, 'no_data'],
    ['an unknown bare symbol', '/api/hmm/price/latest?symbol=DOGEUSDT', 404, 'no_data'],
    ['a malformed symbol', '/api/hmm/regime?symbol=DOGE//USDT', 400, 'invalid_instrument'],
    ['a malformed id', '/api/hmm/latest?symbol=binance:spot:DOGE/USDT', 400, 'invalid_instrument'],
    ['an unknown job', '/api/hmm/jobs/6b1f6a7e-8f0e-4a8e-9a3a-0d8f6b7c1a2b', 404, 'unknown_job'],
    ['a report outside the folder', '/reports/..%2Fmodels%2Fx.html', 400, 'bad_parameter'],
    ['a route that is not there', '/api/nothing', 404, 'unknown_route'],
  ];
  it.each(cases)('%s', async (_name, url, status, code) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(typeof answer.json().detail).toBe('string');
  });

  it.each([
    ['K of 13', { n_states: 13 }, 400, 'bad_parameter'],
    ['k_min above k_max', { auto_k: true, k_min: 4, k_max: 2 }, 400, 'bad_parameter'],
    ['an unknown field', { n_stats: 3 }, 400, 'bad_parameter'],
    ['too few rows', { start_date: '2024-01-01', end_date: '2024-01-05' }, 422, 'too_few_rows'],
  ])('a training with %s', async (_name, body, status, code) => {
    const answer = await post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', ...body });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it('a body that is no JSON, too long or of another type', async () => {
    const send = (payload: string, type: string) =>
      server.inject({
        method: 'POST',
        url: '/api/hmm/train',
        payload,
        headers: { host: HOST, 'content-type': type },
      });
    expect((await send('{', 'application/json')).json().code).toBe('bad_parameter');
    expect((await send('x=1', 'text/plain')).statusCode).toBe(400);
    const long = await send(JSON.stringify({ symbol: 'x'.repeat(1_100_000) }), 'application/json');
    expect([long.statusCode, long.json().code]).toEqual([413, 'payload_too_large']);
  });

  it('a host that is not this server, a page of another origin', async () => {
    expect((await get('/api/hmm/models', { host: 'evil.example' })).statusCode).toBe(403);
    expect((await get('/api/hmm/models', { origin: 'https://evil.example' })).statusCode).toBe(403);
    expect((await get('/api/hmm/models', { origin: `http://${HOST}` })).statusCode).toBe(200);
    expect((await get('/api/hmm/models', { host: 'localhost:8080' })).statusCode).toBe(200);
  });

  it('a changing call without the token where one is set', async () => {
    const guarded = await buildServer(services, { host: '0.0.0.0', token: TOKEN, log });
    const train = (headers: Record<string, string>) =>
      guarded.inject({
        method: 'DELETE',
        url: '/api/hmm/models/nothing',
        headers: { host: '10.0.0.1', ...headers },
      });
    expect((await train({})).statusCode).toBe(401);
    expect((await train({ authorization: `Bearer ${TOKEN}x` })).statusCode).toBe(401);
    expect((await train({ authorization: `Bearer ${TOKEN}` })).statusCode).toBe(404);
    const read = await guarded.inject({
      method: 'GET',
      url: '/api/hmm/models',
      headers: { host: '10.0.0.1' },
    });
    expect(read.statusCode).toBe(200);
    await guarded.close();
    await expect(buildServer(services, { host: '0.0.0.0', token: null, log })).rejects.toMatchObject({
      code: 'missing_secret',
    });
  });
});

describe('series', () => {
  const view = async (query: string) => (await get(`/api/series/${SYMBOL}/1h?${query}`)).json();

  it('gives the bars themselves while they fit', async () => {
    const answer = await view(`points=5000&model_id=${modelId}`);
    expect(answer).toMatchObject({
      rows: HOURS,
      bucket_ms: 3_600_000,
      time_start: START,
      time_step: 3_600_000,
      time: null,
      bars: null,
      last_final: true,
    });
    const { data } = (await get(`/api/hmm/regime?model_id=${modelId}&limit=5000`)).json();
    const { state, probabilities, runs } = answer.regime;
    const offset = HOURS - data.length;
    expect(state.slice(0, offset)).toEqual(new Array(offset).fill(-1));
    data.forEach((row: { regime: number; probs: number[]; close: number }, at: number) => {
      expect(state[offset + at]).toBe(row.regime);
      expect(answer.close[offset + at]).toBe(row.close);
      row.probs.forEach((value, each) => {
        expect(probabilities[each][offset + at]).toBe(Math.round(1000 * value));
      });
    });
    expect(runs.exact).toBe(true);
    expect(runs.bars.reduce((sum: number, bars: number) => sum + bars, 0)).toBe(data.length);
  });

  it('buckets keep the extremes and the volume', async () => {
    const fine = await view('points=5000');
    const coarse = await view(`points=100&model_id=${modelId}`);
    expect(coarse.rows).toBeLessThanOrEqual(100);
    expect(coarse.bucket_ms).toBe(86_400_000);
    expect(Math.max(...coarse.high)).toBe(Math.max(...fine.high));
    expect(Math.min(...coarse.low)).toBe(Math.min(...fine.low));
    expect(coarse.open[0]).toBe(fine.open[0]);
    expect(coarse.close.at(-1)).toBe(fine.close.at(-1));
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    expect(total(coarse.volume)).toBeCloseTo(total(fine.volume), 6);
    expect(total(coarse.bars)).toBe(HOURS);
    expect(coarse.regime.state).toHaveLength(coarse.rows);
  });
});

describe('health, coverage, reports', () => {
  it('tells a lost lease by 503, and that another process holds it by 200', async () => {
    const worst = vi.spyOn(services.process, 'lease', 'get').mockReturnValue('standby');
    const alive = await get('/healthz');
    expect([alive.statusCode, alive.json()]).toEqual([200, { status: 'ok', lease: 'standby' }]);
    worst.mockReturnValue('lost');
    const lost = await get('/healthz');
    expect([lost.statusCode, lost.json()]).toEqual([503, { status: 'lease_lost', lease: 'lost' }]);
    worst.mockRestore();
  });

  it('is alive, ready, and tells the age of the data', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'ok', lease: null });
    expect((await get('/readyz')).json()).toEqual({ status: 'ready', reasons: [] });
    const health = (await get('/api/health')).json();
    expect(health.items.map(({ name }: { name: string }) => name)).toEqual([
      'event_loop_delay_p99',
      'disk_free',
    ]);
    expect(health.series).toMatchObject([{ instrument_id: SYMBOL, timeframe: '1h', age_ms: 3_600_000 }]);
  });

  it('covers what is stored', async () => {
    expect((await get('/api/data-coverage?exchange=file')).json()).toMatchObject([
      { instrument_id: SYMBOL, timeframe: '1h', rows: HOURS, first_ts: START },
    ]);
    expect((await get('/api/data-coverage?exchange=kraken')).json()).toEqual([]);
  });

  it('serves the newest report at / and each by name, uncached', async () => {
    expect((await get('/')).statusCode).toBe(404);
    writeFileSync(join(folder, 'reports', 'first.html'), '<!doctype html><title>first</title>');
    const page = await get('/');
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toBe((await get('/reports/first.html')).body);
    expect((await get('/reports/none.html')).statusCode).toBe(404);
  });

  it('describes the calls of the regime lab', async () => {
    const { paths } = (await get('/openapi.json')).json();
    const expected = [
      '/api/data-coverage',
      '/api/data-coverage/{instrument}/{timeframe}',
      '/api/data-jobs',
      '/api/data-jobs/{id}',
      '/api/data-jobs/{id}/actions',
      '/api/feature-sets',
      '/api/health',
      '/api/hmm/jobs/{id}',
      '/api/hmm/latest',
      '/api/hmm/models',
      '/api/hmm/models/{id}',
      '/api/hmm/price/latest',
      '/api/hmm/regime',
      '/api/hmm/train',
      '/api/instruments',
      '/api/jobs',
      '/api/jobs/{id}',
      '/api/jobs/{id}/actions',
      '/api/models',
      '/api/models/{id}',
      '/api/models/{id}/forecast',
      '/api/models/{id}/regimes',
      '/api/models/{id}/scorecard',
      '/api/runs',
      '/api/runs/{id}',
      '/api/runs/{id}/tables/{name}',
      '/api/series/{instrument}/{timeframe}',
      '/api/status',
      '/healthz',
      '/readyz',
    ];
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(expected));
  });
});
