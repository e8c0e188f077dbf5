import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lake } from '../../data/lake/lake.js';
import { FixedClock } from '../../market/clock.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { newerMinutes } from './newer-minutes.js';

const ID = 'binance:spot:BTCUSDT';
const START = Date.UTC(2025, 0, 1);
const HOUR = TIMEFRAME_MS['1h'];

let folder: string;
let lake: Lake;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minutes-'));
  lake = await Lake.open(join(folder, 'lake'), { clock: new FixedClock(START + 1000 * HOUR) });
});
afterEach(async () => {
  await lake.close();
  rmSync(folder, { recursive: true });
});

async function store(timeframe: Timeframe, first: number, bars: number): Promise<void> {
  const writer = await lake.writer();
  const rows = Array.from({ length: bars }, (_, at) => ({
    instrument_id: ID,
    timeframe,
    ts: first + at * TIMEFRAME_MS[timeframe],
    open: 100,
    high: 101,
    low: 99,
    close: 100,
    volume: 1,
  }));
  await writer.append('bars', rows, { source: 'rest' });
}

it('names both spans and what to do when minutes go on where native bars end', async () => {
  await store('1h', START, 100);
  await store('1m', START + 200 * HOUR, 120);
  const warning = await newerMinutes(lake, ID, '1h');
  expect(warning).toMatchObject({
    code: 'newer_minutes',
    native_first_ts: START,
    native_last_ts: START + 99 * HOUR,
    minutes_first_ts: START + 200 * HOUR,
    minutes_last_ts: START + 201 * HOUR + 59 * 60_000,
  });
  expect(warning?.message).toBe(
    '1h bars are native and end 2025-01-05; 1m bars (2025-01-09 … 2025-01-09) are newer and not mixed in · ' +
      'model train --tf 15m uses those, or import newer 1h bars',
  );
});

it('does not recommend a timeframe that is stored too', async () => {
  await store('1h', START, 100);
  await store('15m', START, 400);
  await store('1m', START + 200 * HOUR, 120);
  expect((await newerMinutes(lake, ID, '1h'))?.message).toContain('--tf 30m');
});

it('says nothing when there is nothing newer, and nothing when minutes answer anyway', async () => {
  await store('1h', START, 100);
  expect(await newerMinutes(lake, ID, '1h')).toBeUndefined();
  await store('1m', START + 99 * HOUR, 119);
  expect(await newerMinutes(lake, ID, '1h')).toBeUndefined();
  expect(await newerMinutes(lake, ID, '1m')).toBeUndefined();
  await store('1m', START, 101 * 60);
  expect(await newerMinutes(lake, ID, '1h')).toBeUndefined();
});
