/** What a home holds of listed coins by day feeds the 1d cells of the buckets: imported bars with a market cap, and facts. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ResearchLakeWriter } from '../../data/research-lake/write-facts.js';
import { type SimulatedDrivers, simulatedDrivers } from './simulated-drivers.fixture.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2025, 11, 31, 23, 30);
const TODAY = Math.floor(NOW / DAY);
const COINS = ['AAA', 'BBB', 'CCC', 'DDD'];
const CAP = { mid: 100e6, big: 900e6 } as const;

let home: SimulatedDrivers;
beforeAll(async () => {
  home = await simulatedDrivers({ days: 1, now: NOW, sampled: false, tokensPerBucket: 1 });
});
afterAll(() => home.close());

/** Facts of days since 1970, the value at 00:00 of each. */
async function addFacts(from: number, to: number, cap: number): Promise<void> {
  const panel = ResearchLakeWriter.open(join(home.access.lake.root, 'panel', 'curated', 'data_lake'));
  try {
    const rows = (name: string, of: (coin: number, date: number) => number) =>
      [...COINS, 'USDT', 'SOL'].flatMap((asset_id, coin) =>
        Array.from({ length: to - from }, (_, row) => ({
          asset_id,
          date: from + row,
          [name]: of(coin, from + row),
          source: 'coingecko',
        })),
      );
    await panel.merge('dim_asset', [{ asset_id: 'USDT', symbol: 'USDT', is_stable: true }]);
    await panel.merge(
      'fact_price',
      rows('close', (coin, date) => (coin + 1) * (10 + Math.sin(date + coin))),
    );
    await panel.merge(
      'fact_marketcap',
      rows('marketcap', (coin) => cap + coin),
    );
    await panel.merge(
      'fact_volume',
      rows('volume', () => 5e6),
    );
  } finally {
    await panel.close();
  }
}

const cellOf = async (driver: string) =>
  (await home.drivers.summary()).cells.find((cell) => cell.driver === driver && cell.timeframe === '1d')!;
const offline = { prices: false } as const;

it('facts of fetch panel make days, each with the capitalisation of the end of the day before', async () => {
  await addFacts(TODAY - 40, TODAY, CAP.mid);
  await home.drivers.run('1d', offline);
  // a fact is the end of a day: forty of them are forty days, and the first has no member yet
  expect(await cellOf('mid')).toMatchObject({ bars: 39, component_count: 4 });
  expect((await cellOf('mid')).state).toMatch(/^S\d$/);
  expect(await cellOf('big')).toMatchObject({ bars: 0, state: null });

  const again = await home.drivers.run('1d', offline);
  expect(again[0]!.drivers_collected).toEqual([]);
  // one more day, in another bucket from then on
  await addFacts(TODAY, TODAY + 1, CAP.big);
  const [news] = await home.drivers.run('1d', offline);
  expect(news!.bars_written).toMatchObject([{ driver: 'mid', bars: 1, from: (TODAY - 1) * DAY }]);
  const outcome = await home.outcome();
  home.restarted();
  await home.drivers.run('1d', offline);
  expect((await home.outcome()).bars, 'a process that starts finds the same').toEqual(outcome.bars);
});

it('imported days with a market cap count before facts of the same coin, and only those', async () => {
  const bars = COINS.flatMap((coin, index) =>
    Array.from({ length: 40 }, (_, row) => ({
      instrument_id: `binance:spot:${coin}USDT`,
      timeframe: '1d' as const,
      ts: (TODAY - 41 + row) * DAY,
      open: 20 + index,
      high: 30,
      low: 10,
      close: 20 + index,
      volume: 1,
      quote_volume: 20,
      // of DDD no stored day has a cap: its facts go on counting
      market_cap: coin === 'DDD' ? null : CAP.big,
    })),
  );
  await home.access.write((writer) => writer.append('bars', bars, { source: 'archive' }));
  await home.drivers.run('1d', offline);
  expect(await cellOf('big'), 'and a day of facts after them').toMatchObject({
    bars: 40,
    component_count: 3,
  });
});
