/** Daily facts from simulated providers into a research lake that the monitor's reader then reads. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { RESERVED_BYTES } from '../lake/disk-room.js';
import { readResearchLake } from '../research-lake/read-research-lake.js';
import { dayOf } from '../research-lake/research-panel.js';
import { ResearchLakeWriter } from '../research-lake/write-facts.js';
import { Venues } from '../venues/open-venues.js';
import { parseFaults } from '../venues/simulator/faults/fault-rules.js';
import { startVenueSimulator, type VenueSimulator } from '../venues/simulator/venue-simulator.js';
import { fetchPanel, type PanelRequest } from './panel.js';
import { chosenAssets, coinsOf } from './panel-coins.js';

const DAYS = 40;
const START = Date.UTC(2024, 0, 1);
const FIRST = dayOf(START);
let folder: string;
let lake: ResearchLakeWriter;
let simulator: VenueSimulator;
let timer: { now(): number; sleep(ms: number): Promise<void> };

async function start(faults = ''): Promise<void> {
  const bars = ['BTC', 'ETH', 'SOL'].map((base, seed) => ({
    base,
    kind: 'perp' as const,
    series: syntheticSeries(`binanceusdm:-:${base}USDT`, '1h', DAYS * 24, seed + 1, START),
  }));
  simulator = await startVenueSimulator({
    venues: ['coinglass', 'coingecko'],
    bars,
    faults: parseFaults(faults),
    // half a day before the end: that day is not whole
    clock: { start: START + (DAYS - 0.5) * 86_400_000 },
  });
  timer = { now: () => simulator.now(), sleep: (ms) => simulator.advance(ms) };
}

function request(options: Partial<PanelRequest> = {}): PanelRequest {
  const settings = Object.fromEntries(
    (['coinglass', 'coingecko'] as const).map((id) => [
      id,
      { base_url: simulator.url(id), timeout_ms: 10_000 },
    ]),
  );
  const venues = new Venues({ settings, timer });
  return {
    lake,
    coinglass: venues.coinglass('cg-key'),
    coingecko: venues.coingecko(),
    facts: ['funding', 'oi', 'liquidations', 'caps'],
    coins: [
      { asset: 'BTC', coingeckoId: 'bitcoin' },
      { asset: 'ETH', coingeckoId: 'ethereum' },
      { asset: 'NOPE', coingeckoId: null },
    ],
    exchange: 'Binance',
    from: FIRST,
    to: FIRST + 1000,
    incremental: false,
    rateLimit: 30,
    timer,
    ...options,
  };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'panel-'));
  lake = ResearchLakeWriter.open(join(folder, 'curated', 'data_lake'));
});
afterEach(async () => {
  await lake.close();
  await simulator?.stop();
  rmSync(folder, { recursive: true });
});

describe('fetchPanel', () => {
  it('fills a lake that the monitor reads, in fractions, with whole days only', async () => {
    await start();
    const report = await fetchPanel(request());
    const last = FIRST + DAYS - 2;
    expect(report.to).toBe(last);
    expect(report.coins.filter(({ outcome }) => outcome === 'stored')).toHaveLength(8);
    expect(report.coins.filter(({ asset }) => asset === 'NOPE').map(({ outcome }) => outcome)).toEqual(
      Array(4).fill('skipped'),
    );
    const { panel, notices } = await readResearchLake(lake.folder);
    expect(panel.assets).toEqual(['BTC', 'ETH']);
    expect([panel.days[0], panel.days.at(-1)]).toEqual([FIRST, last]);
    expect(notices.map(({ code }) => code)).toEqual(['missing_table']); // dim_asset
    const height = panel.days.length;
    // row d holds the settlement at 00:00 of d + 1, as a fraction
    const settled = simulator.truth.funding('coinglass', 'BTCUSDT', 0, simulator.now());
    for (const [row, day] of panel.days.entries()) {
      const rate = panel.fundingRate[row]!;
      const within = settled.filter(({ time }) => dayOf(time) === day || time === (day + 1) * 86_400_000);
      expect(within.some((each) => Math.abs(each.rate - rate) < 1e-8)).toBe(true);
    }
    const bars = simulator.truth.bars('coinglass', 'BTCUSDT', '1d', 0, Number.MAX_SAFE_INTEGER);
    // the price of day d is that of its first moment: the close of the day before
    for (let row = 1; row < height; row += 1) {
      expect(Math.abs(panel.close[row]! / bars.close[row - 1]! - 1)).toBeLessThan(0.02);
    }
    expect(panel.openInterest[0]).toBeGreaterThan(0);
    expect(panel.marketCap[height]).toBeGreaterThan(panel.close[height]!);
    expect(JSON.parse(readFileSync(join(lake.folder, 'funding_metadata.json'), 'utf8')).unit).toBe(
      'fraction_per_8h',
    );
    const liquidated = await lake.rows('fact_liquidations');
    expect(liquidated).toHaveLength(2 * (DAYS - 1));
  });

  it('asks only for new days the next time, and keeps what is stored', async () => {
    await start();
    const funding = { facts: ['funding'] as const, incremental: true };
    await fetchPanel(request({ ...funding, to: FIRST + 9 }));
    const before = await lake.rows('fact_funding');
    const asked = simulator.requests.length;
    const more = await fetchPanel(request(funding));
    const calls = simulator.requests.slice(asked).map((each) => new URLSearchParams(each.asked));
    expect(calls.map((query) => Number(query.get('start_time')))).toEqual([
      START + 10 * 86_400_000,
      START + 10 * 86_400_000,
      START,
    ]);
    expect(more.added.fact_funding).toBe(2 * (DAYS - 11));
    const path = join(lake.folder, 'fact_funding.parquet');
    const stamp = statSync(path).mtimeMs;
    const again = await fetchPanel(request({ ...funding, coins: request().coins.slice(0, 2) }));
    expect(again.coins.map(({ outcome }) => outcome)).toEqual(['up_to_date', 'up_to_date']);
    // the same days anew: the stored rows win, the file is not touched
    const repeated = await fetchPanel(request({ facts: ['funding'] }));
    expect(repeated.added.fact_funding).toBe(0);
    expect(statSync(path).mtimeMs).toBe(stamp);
    const after = await lake.rows('fact_funding');
    for (const row of before) expect(after).toContainEqual(row);
  });

  it('keeps its pace, whatever the plan allows', async () => {
    await start();
    const pausesAt = async (rateLimit: number): Promise<number> => {
      const first = simulator.requests.length;
      await fetchPanel(request({ facts: ['funding', 'oi'], rateLimit }));
      const times = simulator.requests.slice(first).map(({ at }) => at);
      return Math.min(...times.slice(1).map((time, i) => time - times[i]!));
    };
    expect(await pausesAt(600)).toBeGreaterThanOrEqual(2_200);
    expect(await pausesAt(10)).toBeGreaterThanOrEqual(6_200);
  });

  it('ends as without faults, through faults', async () => {
    await start('rate_limited=0.1,server_error=0.1,truncated_json=0.1,reset_mid_body=0.1,duplicate_rows=0.1');
    await fetchPanel(request({ facts: ['funding', 'oi'], coins: request().coins.slice(0, 2) }));
    expect(simulator.injected.length).toBeGreaterThan(0);
    const faulty = [await lake.rows('fact_funding'), await lake.rows('fact_open_interest')];
    await simulator.stop();
    await lake.close();
    lake = ResearchLakeWriter.open(join(folder, 'other', 'data_lake'));
    await start();
    await fetchPanel(request({ facts: ['funding', 'oi'], coins: request().coins.slice(0, 2) }));
    expect(faulty).toEqual([await lake.rows('fact_funding'), await lake.rows('fact_open_interest')]);
  });

  it('keeps what came before an interrupt, and does not begin without room', async () => {
    await start();
    const stop = new AbortController();
    const cut = fetchPanel(
      request({ facts: ['funding'], signal: stop.signal, onProgress: () => stop.abort() }),
    );
    await expect(cut).rejects.toThrow();
    expect(await lake.storedDays('fact_funding')).toEqual(
      new Map([['BTC', { first: FIRST, last: FIRST + DAYS - 2 }]]),
    );
    const asked = simulator.requests.length;
    const tight = request({ free: async () => RESERVED_BYTES + 100 });
    await expect(fetchPanel(tight)).rejects.toMatchObject({ code: 'not_enough_disk' });
    expect(simulator.requests).toHaveLength(asked);
  });
});

describe('ResearchLakeWriter', () => {
  const rates = (assets: number, day: number, rate: number) =>
    Array.from({ length: assets }, (_, at) => ({
      asset_id: `A${at}`,
      instrument_id: null,
      date: day,
      funding_rate: rate,
      exchange: 'Binance',
      source: 'coinglass',
    }));

  it('refuses a table of funding that turned to percent, and leaves the old one', async () => {
    await lake.merge('fact_funding', rates(12, FIRST, 0.0001));
    const path = join(lake.folder, 'fact_funding.parquet');
    const before = readFileSync(path);
    await expect(lake.merge('fact_funding', rates(12, FIRST + 1, 0.01))).rejects.toMatchObject({
      code: 'implausible_value',
      message: expect.stringContaining('1 days from 2024-01-02 to 2024-01-02 looks like percent'),
    });
    expect(readFileSync(path)).toEqual(before);
    // nine assets tell nothing
    expect(await lake.merge('fact_funding', rates(9, FIRST + 1, 0.01))).toEqual({ added: 9, held: 0 });
  });

  it('tells exchanges apart, and lets the stored row of a key win', async () => {
    const [row] = rates(1, FIRST, 0.0001);
    await lake.merge('fact_funding', [row!, { ...row!, funding_rate: 0.5 }]);
    expect(await lake.merge('fact_funding', [{ ...row!, funding_rate: 0.0002 }])).toEqual({
      added: 0,
      held: 1,
    });
    await lake.merge('fact_funding', [{ ...row!, exchange: 'OKX', funding_rate: 0.0003 }]);
    const stored = await lake.rows('fact_funding');
    expect(stored.map(({ exchange, funding_rate }) => [exchange, funding_rate])).toEqual([
      ['Binance', 0.0001],
      ['OKX', 0.0003],
    ]);
  });

  it('clears what a killed writer left, and nothing else', async () => {
    const left = join(lake.folder, '.fact_price.parquet.123.writing');
    const own = join(lake.folder, 'notes.txt');
    for (const path of [left, own]) writeFileSync(path, 'x');
    await ResearchLakeWriter.open(lake.folder).close();
    expect([existsSync(left), existsSync(own)]).toEqual([false, true]);
  });
});

describe('the coins', () => {
  it('come from the first source that knows any, the largest of them through the gate', async () => {
    const listings = async () =>
      ['BTC', 'ETH', 'OLD'].map((base) => ({
        instrumentId: `binanceusdm:-:${base}USDT`,
        symbol: `${base}USDT`,
        base,
        quote: 'USDT',
        active: base !== 'OLD',
        listedAt: null,
      }));
    const choice = { lake, source: 'auto' as const, listings, isGated: false };
    expect(await chosenAssets(choice)).toEqual(['BTC', 'ETH']);
    const price = { date: FIRST, source: 'test' };
    await lake.merge('fact_marketcap', [
      { ...price, asset_id: 'ETH', marketcap: 2 },
      { ...price, asset_id: 'BTC', marketcap: 1 },
    ]);
    expect(await chosenAssets({ ...choice, isGated: true })).toEqual(['ETH', 'BTC']);
    await expect(chosenAssets({ ...choice, source: 'funding' })).rejects.toMatchObject({ code: 'no_data' });
  });

  it('get their ids from the largest coin of the symbol', async () => {
    const coin = (id: string, symbol: string, name: string) => ({
      id,
      symbol,
      name,
      marketCap: 1,
      rank: 1,
      circulatingSupply: 1,
      updatedAt: null,
    });
    const caps = async () => [
      coin('bitcoin', 'btc', 'Bitcoin'),
      coin('batcat', 'btc', 'Batcat'),
      coin('usd-coin', 'usdc', 'USDC'),
    ];
    const { coins, newAssets } = await coinsOf(lake, ['BTC', 'USDC', 'NOPE'], caps);
    expect(coins.map(({ coingeckoId }) => coingeckoId)).toEqual(['bitcoin', 'usd-coin', null]);
    await lake.merge('dim_asset', newAssets);
    expect((await lake.rows('dim_asset')).map(({ asset_id, is_stable }) => [asset_id, is_stable])).toEqual([
      ['BTC', false],
      ['USDC', true],
    ]);
  });
});
