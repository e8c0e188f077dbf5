/** What the lights say of streams that never said anything: their silence begins with the streams, not with the epoch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StreamStatus } from '../../data/ingest/live/live-event.js';
import { silentStreams } from '../process/silent-streams.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { handFeed } from './hand-fed.fixture.js';

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'silent-'));
const clock = { time: Date.UTC(2025, 5, 2), now: (): number => clock.time };
let services: Services;

beforeAll(async () => {
  services = await openTidewatch({ home: folder, clock });
});
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

it('counts the silence of a stream without a message from its start, and anew after a restart', async () => {
  const ids = ['binance:spot:BTCUSDT'];
  const { feed, streams } = await handFeed(services, ids);
  const never = { venue: 'binance', connection: 0, lastDataAt: null, dataAgeMs: null } as StreamStatus;
  const status = { ...feed.status(), streams: [never] };
  vi.spyOn(feed, 'status').mockReturnValue(status);
  const age = (): number => streams.health().find(({ name }) => name === 'stream_data_age')!.value;
  const severity = (): string | undefined => silentStreams(streams.health())?.severity;

  expect([age(), severity()], 'at once').toEqual([0, undefined]);
  clock.time += 90_000;
  expect([age(), severity()]).toEqual([90_000, undefined]);
  clock.time += MINUTE;
  expect([age(), severity()]).toEqual([150_000, 'warning']);
  clock.time += 28 * MINUTE;
  expect([age(), severity()]).toEqual([30.5 * MINUTE, 'critical']);

  await streams.stop();
  expect([streams.health(), severity()]).toEqual([[], undefined]);
  await streams.start(undefined, ids);
  expect(severity()).toBeUndefined();
  await streams.stop();
});
