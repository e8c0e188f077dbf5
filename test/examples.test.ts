import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deriveBars } from '../examples/lake-resample.js';
import { onlineAgainstBatch } from '../examples/online-filter.js';
import { presentRegime } from '../examples/quick-start.js';
import { syntheticSeries, writeCsv } from './synthetic-bars.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('quick start: a CSV file gives the present regime', async () => {
  const file = join(folder, 'bars.csv');
  writeCsv(file, syntheticSeries('file:spot:BTCUSDT', '1h', 1500, 7));
  const { label, probability } = await presentRegime(file);
  expect(['Bear', 'Chop', 'Bull']).toContain(label);
  expect(probability).toBeGreaterThan(1 / 3);
  expect(probability).toBeLessThanOrEqual(1);
});

it('online filter: bar by bar equals the batch', () => {
  expect(onlineAgainstBatch(syntheticSeries('file:spot:BTCUSDT', '1h', 1500, 8))).toBeLessThan(1e-9);
});

it('lake: real minute bars become hours and days, whole ones counted', async () => {
  const file = 'data/sample/ohlcv/BTCUSDT_spot_1m.parquet';
  const [hours, days] = await deriveBars(join(folder, 'lake'), file, ['1h', '1d']);
  // 2025-05-20 00:00 … 2025-08-18 18:27: the hour and the day that are still open are left out
  expect(hours).toMatchObject({ timeframe: '1h', bars: 90 * 24 + 18, complete: 90 * 24 + 18 });
  expect(days).toMatchObject({ timeframe: '1d', bars: 90, complete: 90 });
});
