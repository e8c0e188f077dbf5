import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';
import { expired, type RetentionRule, removeExpired } from './retention.js';

const BTC = 'binance:spot:BTCUSDT';
const ETH = 'binance:spot:ETHUSDT';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2025, 5, 15);

let folder: string;
let lake: Lake;
let writer: LakeWriter;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'retention-'));
  lake = await Lake.open(join(folder, 'lake'), { clock: new FixedClock(NOW), threads: 1 });
  writer = await lake.writer();
  for (const timeframe of ['1m', '1h']) {
    for (const instrument of [BTC, ETH])
      await writer.append('bars', days(instrument, timeframe), { source: 'rest' });
  }
});
afterEach(async () => {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A bar at the beginning of every day from the first of January on. */
function days(instrument: string, timeframe: string) {
  const start = Date.UTC(2025, 0, 1);
  return Array.from({ length: 160 }, (_, at) => ({
    instrument_id: instrument,
    timeframe,
    ts: start + at * DAY,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
  }));
}

const rowsOf = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await lake.status('bars')).map(({ subject, timeframe, rows }) => [`${subject} ${timeframe}`, rows]),
  );
const minutes = (keepDays: number): RetentionRule[] => [{ dataset: 'bars', timeframe: '1m', keepDays }];
const remove = async (rules: readonly RetentionRule[], keep: readonly string[]): Promise<number> =>
  removeExpired((work) => work(writer), await expired(lake, rules, keep, NOW));

describe('retention', () => {
  it('names the months that are wholly older than a rule allows', async () => {
    const found = await expired(lake, minutes(90), [], NOW);
    expect(found).toMatchObject([
      {
        dataset: 'bars',
        venue: 'binance',
        timeframe: '1m',
        period: '2025-01',
        subjects: [BTC, ETH],
        rows: 62,
      },
      { period: '2025-02', rows: 56 },
    ]);
    for (const { bytes } of found) expect(bytes).toBeGreaterThan(1000);
    expect(await expired(lake, [], [], NOW)).toEqual([]);
    expect(await expired(lake, minutes(365), [], NOW)).toEqual([]);
  });

  it('removes them, once, and leaves the other timeframes', async () => {
    expect(await remove(minutes(90), [])).toBe(62 + 56);
    expect(await rowsOf()).toEqual({
      [`${BTC} 1h`]: 160,
      [`${BTC} 1m`]: 160 - 59,
      [`${ETH} 1h`]: 160,
      [`${ETH} 1m`]: 160 - 59,
    });
    expect(await remove(minutes(90), [])).toBe(0);
  });

  it('never takes what is to be kept', async () => {
    expect(await expired(lake, minutes(90), [BTC], NOW)).toMatchObject([
      { subjects: [ETH], rows: 31 },
      { subjects: [ETH], rows: 28 },
    ]);
    await remove(minutes(90), [BTC]);
    expect(await rowsOf()).toMatchObject({ [`${BTC} 1m`]: 160, [`${ETH} 1m`]: 160 - 59 });
  });

  it('of a dataset holds for all its timeframes, and two rules take a month once', async () => {
    const whole: RetentionRule = { dataset: 'bars', keepDays: 120 };
    expect(await remove([whole, ...minutes(90)], [])).toBe(62 + 62 + 56);
  });
});
