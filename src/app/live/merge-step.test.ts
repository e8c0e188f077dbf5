import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { slice } from '../../market/series.js';
import { appendBars } from '../server/served-home.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { MergeStep } from './merge-step.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const minutes = syntheticSeries(ID, '1m', 70, 5, Date.UTC(2025, 8, 10));

let folder: string;
let services: Services;
let clock: { time: number; now(): number };
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'merge-step-'));
  clock = { time: minutes.time[0]!, now: () => clock.time };
  services = await openTidewatch({ home: folder, clock });
});
afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

it('makes one file of a closed hour and leaves the open one and its rows as they are', async () => {
  const { lake } = services.data;
  for (let row = 0; row < 70; row += 5) {
    clock.time = minutes.time[row]! + 5 * MINUTE;
    await appendBars(services, slice(minutes, row, row + 5));
  }
  const files = async (): Promise<number> => (await lake.activeFiles('bars')).length;
  expect(await files()).toBe(14);
  const before = await lake.series(ID, '1m');

  const step = new MergeStep(services.data, clock);
  await step.run();
  expect(await files()).toBe(3);
  expect((await lake.series(ID, '1m')).series).toEqual(before.series);

  await step.stop();
  clock.time += 60 * MINUTE;
  await step.run();
  expect(await files()).toBe(3);
});
