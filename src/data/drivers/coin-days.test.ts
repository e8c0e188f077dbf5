/** Days read from a change on are those that a process that starts reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { Lake } from '../lake/lake.js';
import { CoinDays } from './coin-days.js';

const DAY = 86_400_000;
const CLOCK = { now: () => Date.UTC(2026, 0, 30) };
const folder = mkdtempSync(join(tmpdir(), 'coin-days-'));
const lake = await Lake.open(folder, { clock: CLOCK, threads: 1 });
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true });
});

const bar = (
  instrument_id: string,
  day: number,
  close: number,
  market_cap: number | null,
  partial = false,
) => ({
  instrument_id,
  timeframe: '1d' as const,
  ts: Date.UTC(2026, 0, 1) + day * DAY,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
  market_cap,
  partial,
});
const store = async (...bars: readonly ReturnType<typeof bar>[]): Promise<void> => {
  await (await lake.writer()).append('bars', [...bars], { source: 'archive' });
};
const plain = ({ coins }: CoinDays) =>
  [...coins].map(([coin, days]) => [coin, [...days].sort(([a], [b]) => a - b)]);
const anew = async () => {
  const days = new CoinDays(lake);
  await days.changedSince('test');
  return plain(days);
};

it('a change is read from its day on, the first cap of a market from its first day, tokens not at all', async () => {
  const days = new CoinDays(lake);
  const aaa = 'binance:spot:AAAUSDT';
  await store(...Array.from({ length: 5 }, (_, day) => bar(aaa, day, 10 + day, null)));
  expect(await days.changedSince('test')).toBe(Number.NEGATIVE_INFINITY);
  expect(days.coins.size, 'no cap is known').toBe(0);
  await store(bar(aaa, 4, 14, 5e6));
  expect(await days.changedSince('test')).toBe(Date.UTC(2026, 0, 1));
  expect(days.coins.get('AAA')?.size).toBe(5);
  await store(bar(aaa, 3, 99, 5e6), bar('binance:spot:BBBUSDT', 3, 1, null));
  expect(await days.changedSince('test')).toBe(Date.UTC(2026, 0, 4));
  expect(days.coins.get('AAA')?.get(Date.UTC(2026, 0, 4))).toMatchObject({ close: 99 });
  await store(bar('dex:solana:So11111111111111111111111111111111111111112', 2, 1, 7e6));
  expect(await days.changedSince('test')).toBe(Number.POSITIVE_INFINITY);
  expect(plain(days)).toEqual(await anew());
});

it('after any changes the days are those that a process that starts reads', async () => {
  const random = new Random(7);
  const days = new CoinDays(lake);
  for (let step = 0; step < 30; step += 1) {
    const first = random.below(25);
    await store(
      ...Array.from({ length: 1 + random.below(3) }, (_, row) => {
        const market = ['binance:spot:CCCUSDT', 'bybit:spot:CCCUSDT', 'okx:spot:DDDUSDT'][random.below(3)]!;
        const cap = random.uniform() < 0.4 ? 1e6 + step : null;
        return bar(market, first + row, 1 + random.uniform(), cap, random.uniform() < 0.2);
      }),
    );
    await days.changedSince('test');
    expect(plain(days), `step ${step}`).toEqual(await anew());
  }
});
