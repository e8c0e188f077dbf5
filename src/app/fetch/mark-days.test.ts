import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lake } from '../../data/lake/lake.js';
import { markDays } from './mark-days.js';

const DAY = 86_400_000;
const TODAY = Date.UTC(2026, 0, 10);
let folder: string;
let lake: Lake;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mark-days-'));
  lake = await Lake.open(join(folder, 'lake'), { clock: { now: () => TODAY + 10 * 3_600_000 }, threads: 1 });
});
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true });
});

it('marks the newest closed day of each market once, and leaves everything else as it is', async () => {
  const writer = await lake.writer();
  const bar = (coin: string, ts: number, market_cap: number | null = null) => ({
    instrument_id: `binance:spot:${coin}USDT`,
    timeframe: '1d' as const,
    ts,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 10,
    quote_volume: 15,
    market_cap,
  });
  const bars = [
    bar('AAA', TODAY - 2 * DAY),
    bar('AAA', TODAY - DAY),
    bar('BBB', TODAY - DAY, 7e6),
    bar('CCC', TODAY - DAY),
  ];
  await writer.append('bars', bars, { source: 'rest' });
  const access = { lake, write: <T>(work: (own: typeof writer) => Promise<T>) => work(writer) };
  const caps = ['AAA', 'BBB', 'XXX'].map((coin) => ({
    instrument_id: `binance:spot:${coin}USDT`,
    market_cap_usd: 5e7,
  }));
  expect(await markDays(access, caps, TODAY + 9 * 3_600_000)).toBe(1);
  expect(await markDays(access, caps, TODAY + 9 * 3_600_000)).toBe(0);
  const rows = await lake.query('bars', {}, (relation, run) =>
    run(
      `SELECT instrument_id, ts, close, volume, source, market_cap FROM ${relation} ORDER BY instrument_id, ts`,
    ),
  );
  expect(rows.map(({ market_cap }) => market_cap)).toEqual([null, 5e7, 7e6, null]);
  expect(rows[1]).toMatchObject({ ts: TODAY - DAY, close: 1.5, volume: 10, source: 'rest' });
});
