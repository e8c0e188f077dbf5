/** The live feed against a simulated venue without faults: what it tells, what it stores, how it begins and ends. */
import { afterEach, describe, expect, it } from 'vitest';
import { type LiveMarket, type LiveMarketOptions, liveMarket } from './live-market.fixture.js';

const MINUTE = 60_000;
const BTC = 'binanceusdm:-:BTCUSDT';
let market: LiveMarket | undefined;
const open = async (options: LiveMarketOptions = {}): Promise<LiveMarket> => {
  market = await liveMarket(options);
  return market;
};
afterEach(async () => {
  await market?.close();
  market = undefined;
});
const allLive = ({ feed }: LiveMarket): boolean =>
  feed.status().series.every(({ state }) => state === 'live');

describe('live feed', () => {
  it('tells and stores every closed minute, once, as the venue has it', async () => {
    const live = await open();
    await live.until(() => allLive(live), MINUTE);
    await live.run(20 * MINUTE);
    const closed = live.events.flatMap((event) =>
      event.kind === 'closed' && event.bar.instrumentId === BTC ? [event.bar.ts] : [],
    );
    expect(closed).toEqual(Array.from({ length: 20 }, (_, at) => live.start + at * MINUTE));
    expect(live.events.some(({ kind }) => kind === 'corrected')).toBe(false);
    // a minute is on disk seconds after its close
    await live.run(15_000);
    expect(live.feed.forming(BTC)?.ts).toBe(live.start + 20 * MINUTE);
    expect(await live.differences('BTC', live.start + 20 * MINUTE)).toEqual([]);
    expect(await live.differences('ETH', live.start + 20 * MINUTE)).toEqual([]);
    const [series] = live.feed.status().series;
    expect(series!.settledTo).toBeGreaterThan(live.start + 8 * MINUTE);
  });
});

describe.each(['binanceusdm', 'binance', 'bybit', 'okx', 'hyperliquid', 'kraken'] as const)('%s', (venue) => {
  it('is followed live, minute by minute', async () => {
    const live = await open({ venue });
    await live.until(() => allLive(live), MINUTE);
    await live.run(12 * MINUTE);
    const [series] = live.feed.status().series;
    expect(live.feed.status().streams.map(({ badFrames, reconnects }) => [badFrames, reconnects])).toEqual(
      live.feed.status().streams.map(() => [0, 0]),
    );
    expect(series).toMatchObject({ state: 'live', corrections: 0 });
    for (const base of ['BTC', 'ETH'])
      expect(await live.differences(base, live.start + 11 * MINUTE)).toEqual([]);
  });
});
