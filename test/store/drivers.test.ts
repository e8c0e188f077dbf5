/** The repositories of the regime drivers on both engines: what is written comes back, twice is once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../src/platform/store/store.js';
import { type Engines, openEngines } from './engines.js';

let engines: Engines;
beforeAll(async () => {
  engines = await openEngines();
});
afterAll(() => engines.stop());

const BOOK = 'onchain_crypto';
const DRIVERS = ['BTC', 'ALT', 'nano', 'small', 'mid', 'big', 'BTC.d', 'USDT.d'];
const BAR = Date.UTC(2026, 0, 1);

describe.each(['pglite', 'postgres'] as const)('on %s', (engine) => {
  let store: Store;
  beforeAll(async () => {
    store = await Store.open(await engines.place(engine));
  });
  afterAll(() => store.close());

  it('has 24 records of the usual book, neutral, and makes those of another once', async () => {
    const seeded = await store.driverRecords.list(BOOK);
    expect(seeded).toHaveLength(24);
    expect(new Set(seeded.map(({ driver }) => driver))).toEqual(new Set(DRIVERS));
    expect(
      seeded.every(({ state, barTs, trend }) => state === 'S4' && barTs === null && trend === null),
    ).toBe(true);
    expect(await store.driverRecords.create(BOOK, DRIVERS)).toBe(0);
    expect(await store.driverRecords.create('stock_perps', DRIVERS)).toBe(24);
    expect(await store.driverRecords.create('stock_perps', DRIVERS)).toBe(0);
    expect(await store.driverRecords.list('stock_perps')).toHaveLength(24);
  });

  it('saves evaluations whole and reads them back as they were', async () => {
    const trend = { state: 'S3', prev_state: 'S2', price: 0.1 + 0.2, ts: BAR, buy_flag: true };
    const geometry = { levels: [{ price: 1 / 3, strength: 2 }] };
    await store.driverRecords.save(BOOK, [
      {
        driver: 'BTC.d',
        timeframe: '1h',
        state: 'S3',
        barsCount: 400,
        barTs: BAR,
        features: { trend, geometry, ta: { adx: null, ema20: 57.1234567890123 } },
      },
      { driver: 'ALT', timeframe: '1m', state: 'S0', barsCount: 333, barTs: BAR + 60_000, features: {} },
    ]);
    const find = async (driver: string, timeframe: string) =>
      (await store.driverRecords.list(BOOK)).find(
        (each) => each.driver === driver && each.timeframe === timeframe,
      )!;
    expect(await find('BTC.d', '1h')).toMatchObject({ state: 'S3', barsCount: 400, barTs: BAR });
    expect((await find('BTC.d', '1h')).trend).toEqual(trend);
    expect((await find('BTC.d', '1h')).ta).toEqual({ adx: null, ema20: 57.1234567890123 });
    expect(await find('ALT', '1m')).toMatchObject({ state: 'S0', barsCount: 333, trend: null });
    await store.driverRecords.save(BOOK, [
      {
        driver: 'BTC.d',
        timeframe: '1h',
        state: 'S0',
        barsCount: 401,
        barTs: BAR + 3_600_000,
        features: { trend: { ...trend, state: 'S0' } },
      },
    ]);
    const later = await find('BTC.d', '1h');
    expect(later).toMatchObject({ state: 'S0', barTs: BAR + 3_600_000, geometry });
    expect((await find('BTC.d', '1d')).trend, 'another timeframe').toBeNull();
    const other = (await store.driverRecords.list('stock_perps')).find(({ driver }) => driver === 'BTC.d');
    expect(other!.trend, 'another book').toBeNull();
  });

  it('saves nothing of evaluations when one of them is refused', async () => {
    const wrong = { driver: 'BTC', timeframe: '1m', state: 'S9' as 'S0', barsCount: 1, barTs: BAR } as const;
    const right = { ...wrong, driver: 'ALT', state: 'S1' } as const;
    await expect(
      store.driverRecords.save(BOOK, [
        { ...right, features: { trend: { state: 'S1' } } },
        { ...wrong, features: {} },
      ]),
    ).rejects.toThrow();
    const alt = (await store.driverRecords.list(BOOK)).find(
      ({ driver, timeframe }) => driver === 'ALT' && timeframe === '1m',
    );
    expect(alt).toMatchObject({ state: 'S0', trend: null });
  });

  it('continues a composite where it stood', async () => {
    const state = {
      driver: 'ALT',
      timeframe: '1h',
      lastTs: BAR,
      lastClose: 104.00000000000001,
      components: { ETH: { ts: BAR, close: 3000.1 }, SOL: { ts: BAR - 3_600_000, close: 150 } },
    } as const;
    expect(await store.compositeStates.read(BOOK, '1h')).toEqual([]);
    await store.compositeStates.write(BOOK, [state]);
    await store.compositeStates.write(BOOK, [state, { ...state, timeframe: '1d' }]);
    expect(await store.compositeStates.read(BOOK, '1h')).toEqual([state]);
    expect(await store.compositeStates.read('perps', '1h')).toEqual([]);
  });

  it('replaces the tags of tokens and forgets old ones when asked', async () => {
    const tag = (contract: string, market_cap_usd: number) => ({
      instrument_id: `dex:solana:${contract}`,
      token_chain: 'solana',
      token_contract: contract,
      bucket: 'nano' as const,
      mcap_tier: 'micro' as const,
      market_cap_usd,
      circulating_supply: null,
    });
    await store.tokenCaps.replace([tag('aaa', 200_000), tag('bbb', 300_000)], BAR);
    await store.tokenCaps.replace([tag('bbb', 900_000), tag('ccc', 900_000)], BAR + 3_600_000);
    expect((await store.tokenCaps.list()).map(({ token_contract }) => token_contract)).toEqual([
      'bbb',
      'ccc',
      'aaa',
    ]);
    expect(await store.tokenCaps.list(BAR + 1)).toHaveLength(2);
    expect(await store.tokenCaps.find('dex:solana:bbb')).toMatchObject({
      market_cap_usd: 900_000,
      updated_at: BAR + 3_600_000,
    });
    expect(await store.tokenCaps.find('dex:solana:zzz')).toBeUndefined();
  });

  it('keeps the newest strength of each bucket', async () => {
    const strength = (bucket: 'nano' | 'big', ts: number, score: number) => ({
      bucket,
      ts,
      phase: 'Good',
      score,
      slope: 0.1,
      curvature: 0,
      delta_res: -0.2,
      confidence: 0.5,
      population_count: 9,
    });
    await store.bucketSnapshots.write([strength('nano', BAR, 0.4), strength('big', BAR, 0.1)]);
    await store.bucketSnapshots.write([strength('nano', BAR + 3_600_000, 0.7)]);
    await store.bucketSnapshots.write([strength('nano', BAR + 3_600_000, 0.8)]);
    const found = await store.bucketSnapshots.newest(BAR);
    expect(found.map(({ bucket, score }) => [bucket, score])).toEqual([
      ['big', 0.1],
      ['nano', 0.8],
    ]);
    expect(await store.bucketSnapshots.newest(BAR + 1)).toHaveLength(1);
  });
});
