import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { ROLL_UP_TIMEFRAMES, rollUpLake } from '../../data/lake/roll-up.js';
import { realTimer } from '../../data/venues/timer.js';
import { TidewatchError } from '../../errors.js';
import { parseInstrument } from '../../market/instrument.js';
import { Random } from '../../market/random.js';
import { makeSeries, type Series, slice } from '../../market/series.js';
import { appendBars } from '../server/served-home.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { ClosedBuckets } from './closed-buckets.js';
import { Lull } from './lull.js';
import { RollUpStep } from './roll-up-step.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const START = Date.UTC(2025, 8, 10, 20);
/** Across midnight, so that a day closes. */
const minutes = syntheticSeries(ID, '1m', 300, 5, START);

let folder: string;
let services: Services;
let clock: { time: number; now(): number };
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roll-up-step-'));
  // in the lull of a minute, for as long as nobody moves it
  clock = { time: START + 20_000, now: () => clock.time };
  services = await openTidewatch({ home: folder, clock });
});
afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

const troubles: string[] = [];
const tell = (problem: string): void => void troubles.push(problem);

/** What a roll-up of everything still has to write. */
async function lacking(): Promise<number> {
  const { write } = services.data;
  const report = await rollUpLake(services.data.lake, { write, now: clock.now() });
  return ROLL_UP_TIMEFRAMES.reduce((sum, name) => sum + report[name].written, 0);
}

const rowsOf = (rows: readonly number[]): Series => {
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  const { time, open, high, low, close, volume } = minutes;
  return makeSeries(ID, '1m', {
    time: pick(time),
    open: pick(open),
    high: pick(high),
    low: pick(low),
    close: pick(close),
    volume: pick(volume),
  });
};

describe('roll-ups behind a feed', () => {
  it('are those of the whole, with minutes that lack, come late or are corrected', async () => {
    const random = new Random(7);
    const step = new RollUpStep(services.data, clock, new Lull({ ...realTimer, now: clock.now }), tell);
    const closed = new ClosedBuckets();
    const late = [3, 4, 61, 179];
    const never = new Set([9, 44, 120, 239]);
    for (let at = 0; at < 300; ) {
      const pieces = Math.min(300 - at, 1 + random.below(40));
      const piece = Array.from({ length: pieces }, (_, each) => at + each);
      at += pieces;
      const come = piece.filter((row) => !never.has(row) && !late.includes(row));
      const overdue = late.filter((row) => row < at - 60);
      for (const row of overdue) late.splice(late.indexOf(row), 1);
      await appendBars(services, rowsOf([...overdue, ...come]));
      for (const row of [...come, ...overdue]) {
        for (const bucket of closed.minute(ID, minutes.time[row]!)) step.bucket(ID, bucket);
      }
      clock.time = START + at * MINUTE + 20_000;
      await step.run();
    }
    expect(late).toEqual([]);
    const { series } = await services.data.lake.series(ID, '1d');
    expect(series.length).toBe(1);
    expect(await lacking()).toBe(0);
    expect(step.last).toBe(clock.now());
  });

  it('catch up what was missed before the start and what a fill fetched after it', async () => {
    await appendBars(services, slice(minutes, 0, 70));
    clock.time = START + 130 * MINUTE + 20_000;
    const step = new RollUpStep(services.data, clock, new Lull({ ...realTimer, now: clock.now }), tell);
    const failures: unknown[] = [];
    step.start([parseInstrument(ID)], (error) => failures.push(error));
    await expect.poll(() => step.last).not.toBeNull();
    expect(await lacking()).toBe(0);

    await appendBars(services, slice(minutes, 70, 130));
    step.filled(ID);
    await step.run();
    clock.time += 30_000;
    await step.run();
    expect(await lacking()).toBe(0);
    await step.stop();
    expect([failures, troubles]).toEqual([[], []]);
  });

  it('stay due while they cannot be written, which is told once', async () => {
    const step = new RollUpStep(services.data, clock, new Lull({ ...realTimer, now: clock.now }), tell);
    await appendBars(services, slice(minutes, 0, 70));
    step.bucket(ID, { timeframe: '5m', open: START });
    const full = new TidewatchError('disk_full', 'the disk is full', { hint: 'free some room' });
    const write = vi.spyOn(services.data, 'write').mockRejectedValue(full);
    await step.run();
    step.bucket(ID, { timeframe: '1h', open: START });
    await step.run();
    expect([troubles.splice(0), step.trouble.failures, step.last]).toEqual([
      ['the disk is full · free some room'],
      2,
      null,
    ]);
    write.mockRejectedValueOnce(new TidewatchError('home_in_use', 'another process is writing'));
    await step.run();
    write.mockRestore();
    await step.run();
    expect([troubles, step.trouble.problem, step.last]).toEqual([[], null, clock.now()]);
    expect((await services.data.lake.series(ID, '1h')).series.length).toBe(1);
    expect(
      (await services.data.lake.columns('bars', { subject: ID, timeframe: '5m', columns: [] })).length,
    ).toBe(12);
  });
});

describe('closed buckets', () => {
  it('are told when the venue had no minute at their end', () => {
    const closed = new ClosedBuckets();
    for (const at of [0, 1, 2]) expect(closed.minute(ID, START + at * MINUTE)).toEqual([]);
    expect(closed.minute(ID, START + 6 * MINUTE)).toEqual([{ timeframe: '5m', open: START }]);
    const late = closed.minute(ID, START + 3 * MINUTE);
    expect(late).toEqual([{ timeframe: '5m', open: START }]);
    expect(closed.minute(ID, START + 9 * MINUTE)).toEqual([{ timeframe: '5m', open: START + 5 * MINUTE }]);
    expect(closed.minute(ID, START + 14 * MINUTE).map(({ timeframe }) => timeframe)).toEqual(['5m', '15m']);
  });
});
