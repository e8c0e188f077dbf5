import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { rollUpLake } from '../../data/lake/roll-up.js';
import { resample } from '../../market/resample.js';
import { slice } from '../../market/series.js';
import { appendBars } from '../server/served-home.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { handFeed } from './hand-fed.fixture.js';
import { forgetLanded } from './landed-bars.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const STORED = 600;
const minutes = syntheticSeries(ID, '1m', STORED + 61, 5);
const hours = resample(minutes, '1h', { horizon: minutes.time[STORED + 60]! }).series;
/** Hours of the venue's own from long before: the minutes span less. */
const old = syntheticSeries(ID, '1h', 1000, 6, minutes.time[0]! - 1000 * 3_600_000);

let folder: string;
let services: Services;
let clock: { time: number; now(): number };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fresh-roll-ups-'));
  clock = { time: minutes.time[STORED]!, now: () => clock.time };
  services = await openTidewatch({ home: folder, clock });
  await appendBars(services, old);
  await appendBars(services, slice(minutes, 0, STORED));
  const { write } = services.data;
  await rollUpLake(services.data.lake, { write, now: clock.now(), timeframes: ['1h'] });
});

afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

const lastHours = async (count: number) => {
  const { series, kind } = await services.data.lake.series(ID, '1h');
  return { kind, rows: slice(series, series.length - count), length: series.length };
};

describe('coarse bars at the close of their last minute', () => {
  it('follow stored ones before they are rolled up on disk, and once', async () => {
    const { feed } = await handFeed(services, [ID]);
    for (let row = STORED; row < STORED + 61; row += 1) {
      clock.time = minutes.time[row]! + MINUTE;
      await feed.tell({ kind: 'closed', bar: feed.bar(minutes, row) });
    }
    await expect.poll(async () => (await lastHours(1)).length).toBe(1011);
    const live = await lastHours(1);
    expect(live.kind).toBe('native');
    expect(live.rows).toEqual(slice(hours, 10, 11));

    await appendBars(services, slice(minutes, STORED));
    const { write } = services.data;
    const report = await rollUpLake(services.data.lake, { write, now: clock.now(), timeframes: ['1h'] });
    expect(report['1h'].written).toBe(1);
    expect(await lastHours(1)).toEqual(live);
    clock.time += MINUTE;
    await forgetLanded(services.data.lake, clock);
    expect(services.data.lake.fresh.of(ID).size).toBe(0);
    expect(await lastHours(1)).toEqual(live);
  });

  it('are made anew when a minute of theirs is corrected', async () => {
    const { feed } = await handFeed(services, [ID]);
    for (let row = STORED; row < STORED + 60; row += 1) {
      clock.time = minutes.time[row]! + MINUTE;
      await feed.tell({ kind: 'closed', bar: feed.bar(minutes, row) });
    }
    await expect.poll(async () => (await lastHours(1)).length).toBe(1011);
    const high = 10 * minutes.high[STORED + 30]!;
    await feed.tell({
      kind: 'corrected',
      bar: feed.bar(minutes, STORED + 30, { high, source: 'rest', receivedAt: clock.now() }),
    });
    await expect.poll(async () => (await lastHours(1)).rows.high[0]).toBe(high);
  });

  it('stay out where the venue has its own', async () => {
    const { feed } = await handFeed(services, [ID]);
    const own = slice(hours, 10, 11);
    const other = { ...own, close: own.high, open: own.low };
    await appendBars(services, other);
    for (let row = STORED; row < STORED + 60; row += 1) {
      clock.time = minutes.time[row]! + MINUTE;
      await feed.tell({ kind: 'closed', bar: feed.bar(minutes, row) });
    }
    await expect.poll(() => services.data.lake.fresh.of(ID).get('1h')?.length).toBe(1);
    const { rows, length } = await lastHours(1);
    expect([rows.close[0], length]).toEqual([own.high[0], 1011]);
  });
});
