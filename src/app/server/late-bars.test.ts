/** A client of the stream ends with the bars that the lake ends with, however late they came. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { slice } from '../../market/series.js';
import { type HandFed, handFeed } from '../live/hand-fed.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { appendBars, HOST, silent } from './served-home.fixture.js';
import { buildServer } from './server.js';
import type { ServerMessage } from './stream-messages.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
const STORED = 600;
const minutes = syntheticSeries(ID, '1m', STORED + 80, 8, START);

const folder = mkdtempSync(join(tmpdir(), 'late-bars-'));
const clock = { time: START + STORED * MINUTE, now: (): number => clock.time };
let services: Services;
let server: Awaited<ReturnType<typeof buildServer>>;
let feed: HandFed;
let next = STORED;

beforeAll(async () => {
  services = await openTidewatch({ home: folder, clock });
  await appendBars(services, slice(minutes, 0, STORED));
  server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: silent,
    dashboard: join(folder, 'no-dashboard'),
  });
  await server.ready();
  ({ feed } = await handFeed(services, [ID]));
});

afterAll(async () => {
  await server.close();
  await services.close();
  rmSync(folder, { recursive: true });
});

/** The closes that a client knows after what it was told, by open time. */
async function follow(timeframe: string) {
  const socket = await server.injectWS('/api/stream', { headers: { host: HOST } });
  const closes = new Map<number, number>();
  let isSubscribed = false;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ServerMessage;
    if (message.type === 'subscribed') isSubscribed = true;
    if (message.type !== 'bars') return;
    expect(message.reload).toBe(false);
    for (const { timestamp, close, final } of message.bars) if (final) closes.set(timestamp, close);
  });
  socket.send(
    JSON.stringify({ type: 'subscribe', topics: [{ topic: 'bars', instrument_id: ID, timeframe }] }),
  );
  await expect.poll(() => isSubscribed).toBe(true);
  return { closes, end: () => socket.terminate() };
}

/** Tells of the minutes up to a row as they close, but for those that are missed. */
async function live(to: number, missed: readonly number[] = []): Promise<void> {
  for (; next < to; next += 1) {
    clock.time = minutes.time[next]! + MINUTE;
    if (!missed.includes(next)) await feed.tell({ kind: 'closed', bar: feed.bar(minutes, next) });
  }
}

it('hears of a minute that is corrected half an hour after its close', async () => {
  const client = await follow('1m');
  const first = next;
  await live(first + 30);
  await expect.poll(() => client.closes.size).toBe(30);
  const close = minutes.low[first]!;
  const corrected = feed.bar(minutes, first, { close, source: 'rest', receivedAt: clock.now() });
  await feed.tell({ kind: 'corrected', bar: corrected });
  await expect.poll(() => client.closes.get(minutes.time[first]!)).toBe(close);
  expect(client.closes.size).toBe(30);
  client.end();
});

it('hears of minutes that pages give when newer ones have been told', async () => {
  const [minute, quarter] = [await follow('1m'), await follow('15m')];
  const first = next;
  const missed = [first + 2, first + 3, first + 4];
  await live(first + 31, missed);
  await expect.poll(() => minute.closes.size).toBe(28);
  await expect.poll(() => quarter.closes.size).toBeGreaterThan(0);
  for (const row of missed)
    await feed.tell({
      kind: 'closed',
      bar: feed.bar(minutes, row, { source: 'rest', receivedAt: clock.now() }),
    });
  const wanted = Array.from(minutes.time.subarray(first, first + 31));
  await expect.poll(() => [...minute.closes.keys()].sort((a, b) => a - b)).toEqual(wanted);
  const { series } = await services.data.lake.series(ID, '15m', { from: minutes.time[first]! });
  for (const [time, close] of quarter.closes) {
    const at = series.time.indexOf(time);
    expect(series.close[at]).toBe(close);
  }
  minute.end();
  quarter.end();
});

it('hears of what another process corrects hours after the close, and of no more', async () => {
  const [minute, hour] = [await follow('1m'), await follow('1h')];
  const told: number[] = [];
  const row = 300;
  const opened = minutes.time[row]!;
  const close = minutes.high[row]!;
  const other = await openTidewatch({ home: folder, clock });
  try {
    clock.time += 10 * MINUTE;
    await appendBars(other, { ...slice(minutes, row, row + 1), close: Float64Array.of(close) });
    await expect.poll(() => minute.closes.get(opened)).toBe(close);
    const open = Math.floor(opened / (60 * MINUTE)) * 60 * MINUTE;
    await expect.poll(() => hour.closes.has(open)).toBe(true);
    told.push(...minute.closes.keys());
    clock.time += MINUTE;
    await appendBars(other, {
      ...slice(minutes, row + 50, row + 51),
      close: minutes.low.slice(row + 50, row + 51),
    });
    await expect.poll(() => minute.closes.has(minutes.time[row + 50]!)).toBe(true);
    expect(told.filter((time) => time < opened + 60 * MINUTE)).toEqual([opened]);
  } finally {
    await other.close();
    minute.end();
    hour.end();
  }
});
