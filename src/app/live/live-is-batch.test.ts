/**
 * What the server says at each live bar is what a computation over the lake says of that bar later: states of the
 * engine, regimes, bars of every timeframe; whether the bar is in memory, in both places, or on disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { parseInstrument } from '../../market/instrument.js';
import { resample } from '../../market/resample.js';
import { type Series, slice } from '../../market/series.js';
import { barClose, type Timeframe } from '../../market/timeframe.js';
import type { UptrendScanAnswer } from '../server/api-types.js';
import { appendBars, HOST, silent } from '../server/served-home.fixture.js';
import { buildServer } from '../server/server.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { type HandFed, handFeed } from './hand-fed.fixture.js';
import { forgetLanded } from './landed-bars.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
/** Enough hours for the engine at 1h; then an hour and some minutes live. */
const STORED = 480 * 60;
const LIVE = 75;
const minutes = syntheticSeries(ID, '1m', STORED + LIVE, 8, START);
const TIMEFRAMES = ['1m', '5m', '1h'] as const;

const folder = mkdtempSync(join(tmpdir(), 'live-batch-'));
const clock = { time: START + STORED * MINUTE, now: (): number => clock.time };
let services: Services;
let server: Awaited<ReturnType<typeof buildServer>>;
let feed: HandFed;
let model: string;

beforeAll(async () => {
  services = await openTidewatch({ home: folder, clock });
  await appendBars(services, slice(minutes, 0, STORED));
  const trained = await services.regimes.train({
    instrument: parseInstrument(ID),
    timeframe: '1m',
    from: START + (STORED - 5000) * MINUTE,
    options: { profile: 'scaled', states: 2, seed: 1, restarts: 1, flavour: 'wilder' },
  });
  model = trained.regime.stored.id;
  server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: silent,
    dashboard: join(folder, 'no-dashboard'),
  });
  ({ feed } = await handFeed(services, [ID]));
}, 120_000);

afterAll(async () => {
  await server.close();
  await services.close();
  rmSync(folder, { recursive: true });
});

async function get<T>(url: string): Promise<T> {
  const answer = await server.inject({ method: 'GET', url, headers: { host: HOST } });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json() as T;
}

interface Told {
  readonly ts: number;
  readonly state: string | null;
  readonly since: number | null;
  readonly price: number | null;
  readonly flags: readonly string[];
}

async function scan(timeframe: Timeframe): Promise<Told> {
  const { rows } = await get<UptrendScanAnswer>(`/api/uptrend/scan?timeframe=${timeframe}`);
  expect(rows).toHaveLength(1);
  const { ts, state, since, price, flags } = rows[0]!;
  return { ts: ts!, state, since, price, flags };
}

it('says live what it says of the same bars later', { timeout: 240_000 }, async () => {
  const told: Record<string, Map<number, Told>> = { '1m': new Map(), '5m': new Map(), '1h': new Map() };
  const probabilities = new Map<number, number[]>();
  let landed = STORED;
  for (let row = STORED; row < STORED + LIVE; row += 1) {
    clock.time = minutes.time[row]! + 30_000;
    const half = (minutes.open[row]! + minutes.close[row]!) / 2;
    await feed.tell({ kind: 'forming', bar: feed.bar(minutes, row, { close: half, isClosed: false }) });
    const open = await get<{ rows: number; last_final: boolean; close: number[]; last_ts: number }>(
      `/api/series/${encodeURIComponent(ID)}/1m?last=5&points=10`,
    );
    expect([open.rows, open.last_final, open.close.at(-1)]).toEqual([5, false, half]);
    expect(open.last_ts).toBe(minutes.time[row - 1]);

    clock.time = barClose(minutes.time[row]!, '1m');
    await feed.tell({ kind: 'closed', bar: feed.bar(minutes, row) });
    const closed = await get<typeof open>(`/api/series/${encodeURIComponent(ID)}/1m?last=5&points=10`);
    expect([closed.rows, closed.last_final, closed.close.at(-1)]).toEqual([5, true, minutes.close[row]]);
    for (const timeframe of TIMEFRAMES) {
      const said = await scan(timeframe);
      told[timeframe]!.set(said.ts, said);
    }
    const regime = await get<{ timestamp: number; probs: number[] }>(`/api/hmm/latest?model_id=${model}`);
    expect(regime.timestamp).toBe(minutes.time[row]);
    probabilities.set(regime.timestamp, regime.probs);
    // parts land now and then, and bars leave memory some time after
    if (row % 7 === 3) {
      await appendBars(services, slice(minutes, landed, row + 1));
      landed = row + 1;
    }
    if (row % 11 === 5) {
      clock.time += 20_000;
      await forgetLanded(services.data.lake, clock);
    }
  }
  expect(services.data.lake.fresh.of(ID).get('1m')?.length).toBeLessThan(20);

  for (const timeframe of TIMEFRAMES) {
    const batch = batchOf(timeframe);
    const said = [...told[timeframe]!.values()];
    expect(said.length).toBe({ '1m': LIVE, '5m': LIVE / 5 + 1, '1h': 2 }[timeframe]);
    for (const { ts, state, price } of said) {
      const payload = batch.get(ts)!;
      expect([timeframe, ts, state, price]).toEqual([timeframe, ts, payload.state, payload.price]);
    }
  }

  const fresh = await services.regimes.history({
    modelId: model,
    kind: 'filtered',
    from: minutes.time[STORED]!,
    useStored: false,
    persist: false,
  });
  const { rows } = fresh;
  expect(rows.rows).toBe(LIVE);
  for (let row = 0; row < rows.rows; row += 1) {
    const live = probabilities.get(rows.time[row]!)!;
    for (let k = 0; k < rows.states; k += 1) {
      expect(live[k]).toBeCloseTo(rows.probability[row * rows.states + k]!, 9);
    }
  }
});

it('takes a late correction into every answer once', async () => {
  const row = STORED + LIVE - 3;
  const close = minutes.low[row]!;
  await feed.tell({
    kind: 'corrected',
    bar: feed.bar(minutes, row, { close, source: 'rest', receivedAt: clock.now() }),
  });
  const { series } = await services.data.lake.series(ID, '1m', { from: minutes.time[row]! });
  expect(Array.from(series.close)).toEqual([close, ...minutes.close.slice(row + 1)]);
  const corrected: Series = { ...minutes, close: minutes.close.with(row, close) };
  const payload = enginePayloads(corrected, '1m').get(minutes.time[STORED + LIVE - 1]!)!;
  expect(await scan('1m')).toMatchObject({ ts: payload.ts, state: payload.state, price: payload.price });
});

function batchOf(timeframe: Timeframe): Map<number, UptrendPayload> {
  return enginePayloads(timeframe === '1m' ? minutes : resample(minutes, timeframe).series, timeframe);
}

function enginePayloads(series: Series, timeframe: Timeframe): Map<number, UptrendPayload> {
  const payloads = new Map<number, UptrendPayload>();
  new UptrendEngine({ instrument: ID, timeframe }).run(series, (payload) =>
    payloads.set(payload.ts, payload),
  );
  return payloads;
}
