import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isoDate } from '../../market/asset-panel.js';
import { FixedClock } from '../../market/clock.js';
import { Lake } from '../lake/lake.js';
import { readOwnLake } from './own-lake.js';

const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 1);
let folder: string;
let lake: Lake;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'own-lake-'));
  lake = await Lake.open(folder, { clock: new FixedClock(START + 100 * DAY) });
  const writer = await lake.writer();
  const bar = (instrument_id: string, day: number, close: number) => ({
    instrument_id,
    timeframe: '1d',
    ts: START + day * DAY,
    open: close,
    high: close,
    low: close,
    close,
    volume: 2,
    market_cap: close * 1000,
  });
  await writer.append(
    'bars',
    [
      ...Array.from({ length: 5 }, (_, day) => bar('binance:spot:BTCUSDT', day, 100 + day)),
      ...Array.from({ length: 2 }, (_, day) => bar('kraken:spot:BTC-USD', day, 999)),
      ...Array.from({ length: 4 }, (_, day) => bar('binance:spot:SOLUSDT', day, 10 + day)),
      bar('file:equity:SPY', 0, 500),
      bar('binance:spot:ETHBTC', 0, 0.05),
    ],
    { source: 'archive' },
  );
  const settled = (hours: number, late: number, rate: number, interval_hours: number | null) => ({
    instrument_id: 'binanceusdm:-:SOLUSDT',
    ts: START + hours * 3_600_000 + late,
    funding_rate: rate,
    interval_hours,
  });
  await writer.append(
    'funding_rates',
    [
      settled(8, 0, 0.1, 8),
      settled(16, 3, 0.2, 8),
      settled(24, 29, 0.3, 8),
      settled(48, 0, 0.2, 4),
      settled(72, 0, 0.2, null),
    ],
    { source: 'archive' },
  );
  lake.releaseWriter();
});
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the lake of the home as a research lake', () => {
  it('dates a row by the day whose 00:00 price it holds: the bar of the day before', async () => {
    const { panel, start, end } = await readOwnLake(lake);
    expect(panel.assets).toEqual(['BTC', 'SOL']);
    expect([isoDate(start), isoDate(end)]).toEqual(['2024-01-02', '2024-01-06']);
    expect(Array.from(panel.close.subarray(0, 5))).toEqual([100, 101, 102, 103, 104]);
    expect(panel.marketCap[0]).toBe(100_000);
    expect(panel.volume[0]).toBe(200);
    expect(panel.close[2 * panel.days.length - 1]).toBeNaN();
  });

  it('takes the settlement at the end of a day as its rate, for eight hours, however late it was stamped', async () => {
    const { panel } = await readOwnLake(lake, { daysBefore: 1 });
    const sol = panel.days.length;
    const rate = (date: string): number =>
      panel.fundingRate[sol + Array.from(panel.days, isoDate).indexOf(date)]!;
    expect(rate('2024-01-01')).toBeCloseTo(0.3, 12);
    expect(rate('2024-01-02')).toBeCloseTo(0.4, 12);
    // of a settlement of unknown interval, eight hours are unknown
    expect(rate('2024-01-03')).toBeNaN();
    expect(rate('2024-01-04')).toBeNaN();
  });

  it('refuses a range without prices', async () => {
    await expect(readOwnLake(lake, { start: START / DAY + 50 })).rejects.toMatchObject({ code: 'no_data' });
  });
});
