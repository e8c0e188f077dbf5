import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FixedClock } from '../market/clock.js';
import { DEFAULT_CONFIG } from '../platform/config-schema.js';
import { resolveHome } from '../platform/home.js';
import { compactLake } from './compact-lake.js';
import { HomeLake } from './home-lake.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2025, 0, 1);

let folder: string;
let clock: FixedClock;
let data: HomeLake;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'compact-lake-'));
  clock = new FixedClock(START + 100 * DAY);
  data = await HomeLake.open(resolveHome({ flag: folder, env: {}, cwd: folder }), DEFAULT_CONFIG, clock);
});
afterEach(async () => {
  await data.close();
  rmSync(folder, { recursive: true, force: true });
});

const bar = (ts: number, close: number) => ({
  instrument_id: 'binance:spot:BTCUSDT',
  timeframe: '1h',
  ts,
  open: close,
  high: close,
  low: close,
  close,
});
const put = (ts: number, close: number) =>
  data.write((writer) => writer.append('bars', [bar(ts, close)], { source: 'ws' }));

it('merges month by month and lets writers in between', async () => {
  for (let month = 0; month < 3; month += 1) {
    for (let hour = 0; hour < 4; hour += 1) await put(START + month * 32 * DAY + hour * HOUR, hour + 1);
  }
  expect(data.lake.uncompacted()).toHaveLength(3);
  const order: string[] = [];
  let written: Promise<unknown> = Promise.resolve();
  const report = await compactLake(data, {
    onProgress: (done) => {
      order.push(`merged ${done}`);
      // asked for while the next merge runs, into a month that it merges
      if (done === 1) written = put(START + 64 * DAY + 9 * HOUR, 9).then(() => order.push('written'));
    },
  });
  await written;
  expect(report.merged).toHaveLength(3);
  expect(order.indexOf('written')).toBeLessThan(order.indexOf('merged 3'));
  const { ts } = await data.lake.columns('bars', {
    subject: 'binance:spot:BTCUSDT',
    timeframe: '1h',
    columns: [],
  });
  expect(ts).toHaveLength(13);
  // a killed run leaves whole months, the next one the rest
  expect((await compactLake(data)).merged).toEqual([]);
});
