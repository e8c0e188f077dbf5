import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { realTimer } from '../../data/venues/timer.js';
import { TidewatchError } from '../../errors.js';
import { slice } from '../../market/series.js';
import { appendBars } from '../server/served-home.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { Lull } from './lull.js';
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
const troubles: string[] = [];
const stepOf = () => {
  troubles.length = 0;
  return new MergeStep(services.data, clock, new Lull({ ...realTimer, now: clock.now }), (problem) =>
    troubles.push(problem),
  );
};
/** Many small parts of an hour that has closed. */
async function fillAnHour(): Promise<void> {
  for (let row = 0; row < 70; row += 5) {
    clock.time = minutes.time[row]! + 5 * MINUTE;
    await appendBars(services, slice(minutes, row, row + 5));
  }
}
afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

it('makes one file of a closed hour and leaves the open one and its rows as they are', async () => {
  const { lake } = services.data;
  await fillAnHour();
  const files = async (): Promise<number> => (await lake.activeFiles('bars')).length;
  expect(await files()).toBe(14);
  const before = await lake.series(ID, '1m');

  const step = stepOf();
  await step.run();
  expect(await files()).toBe(3);
  expect((await lake.series(ID, '1m')).series).toEqual(before.series);

  await step.stop();
  clock.time += 60 * MINUTE;
  await step.run();
  expect(await files()).toBe(3);
});

it('waits for another writer without a word; tells and counts whatever else is refused, once', async () => {
  await fillAnHour();
  const step = stepOf();
  const refused = vi.spyOn(services.data, 'write');
  refused.mockRejectedValueOnce(new TidewatchError('home_in_use', 'another process is writing'));
  await step.run();
  expect([troubles, step.trouble.failures, step.trouble.problem]).toEqual([[], 0, null]);

  const full = new TidewatchError('disk_full', 'the disk is full', { hint: 'free some room' });
  refused.mockRejectedValueOnce(full).mockRejectedValueOnce(full);
  await step.run();
  await step.run();
  expect([troubles, step.trouble.failures]).toEqual([['the disk is full · free some room'], 2]);
  expect(step.trouble.problem).toBe(troubles[0]);

  await step.run();
  expect([step.trouble.failures, step.trouble.problem]).toEqual([2, null]);
  expect(await services.data.lake.activeFiles('bars')).toHaveLength(3);
  await fillAnHour();
  refused.mockRejectedValueOnce(new RangeError('a fault of the program'));
  await expect(step.run()).rejects.toThrow('a fault of the program');
});
