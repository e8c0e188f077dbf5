/** The real ccxt client talks to the simulator: markets, bars, funding, open interest, stream. */
import type { Exchange } from 'ccxt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { CCXT_SYMBOLS, CCXT_VENUES, type CcxtVenue, ccxtAgainst } from './ccxt-against.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let simulator: VenueSimulator;
const clients = new Map<CcxtVenue, Exchange>();

beforeAll(async () => {
  simulator = await startVenueSimulator({
    bars: [
      walkBars('BTC', 3000),
      walkBars('ETH', 3000, { price: 200 }),
      walkBars('BTC', 3000, { kind: 'spot', price: 990 }),
    ],
    clock: { start: START + 2500 * MINUTE + 20_000 },
    rateLimits: false,
  });
  for (const venue of CCXT_VENUES) clients.set(venue, await ccxtAgainst(venue, simulator));
});
afterAll(async () => {
  for (const client of clients.values()) await client.close();
  await simulator.stop();
});

describe.each(CCXT_VENUES)('ccxt %s', (venue) => {
  const { ccxt: symbol, venue: id } = CCXT_SYMBOLS[venue];

  it('loads the markets and reads bars that equal the truth', async () => {
    const client = clients.get(venue)!;
    const markets = await client.loadMarkets();
    expect(markets[symbol]?.id === id || markets[symbol]?.baseId === '0').toBe(true);
    const from = START + 2400 * MINUTE;
    const rows = await client.fetchOHLCV(symbol, '1m', from, 100);
    const truth = simulator.truth.bars(venue, id, '1m', from, from + 100 * MINUTE);
    expect(truth.length).toBe(100);
    expect(rows.slice(0, 100)).toEqual(
      Array.from({ length: 100 }, (_, i) => [
        truth.time[i],
        truth.open[i],
        truth.high[i],
        truth.low[i],
        truth.close[i],
        truth.volume[i],
      ]),
    );
  });

  it('follows the stream', async () => {
    const client = clients.get(venue)!;
    const next = client.watchOHLCV(symbol, '1m');
    // the first frame comes with the first step after the subscription has arrived
    const arrived = next.then(() => true);
    for (let isDone = false; !isDone; ) {
      await simulator.advance(15_000);
      isDone = await Promise.race([arrived, new Promise<false>((resolve) => setImmediate(resolve, false))]);
    }
    const rows = await next;
    const [time, , , , close] = rows.at(-1)!;
    const open = Math.floor(simulator.now() / MINUTE) * MINUTE;
    expect([open, open - MINUTE]).toContain(time);
    expect(close).toBeGreaterThan(0);
  });
});

describe('derivatives through ccxt', () => {
  it.each(['binanceusdm', 'bybit', 'okx', 'hyperliquid'] as const)('%s: funding', async (venue) => {
    const client = clients.get(venue)!;
    const from = START;
    const rows = await client.fetchFundingRateHistory(CCXT_SYMBOLS[venue].ccxt, from, 100, {
      until: simulator.now(),
    });
    const truth = simulator.truth.funding(venue, CCXT_SYMBOLS[venue].venue, from, simulator.now());
    expect(rows.map(({ timestamp }) => Math.round(timestamp! / 1000) * 1000)).toEqual(
      truth.map(({ time }) => time),
    );
    for (const [i, { fundingRate }] of rows.entries()) expect(fundingRate).toBeCloseTo(truth[i]!.rate, 8);
  });

  it.each(['binanceusdm', 'bybit'] as const)('%s: open interest', async (venue) => {
    const client = clients.get(venue)!;
    const until = Math.floor(simulator.now() / HOUR) * HOUR;
    const rows = await client.fetchOpenInterestHistory(
      CCXT_SYMBOLS[venue].ccxt,
      '1h',
      until - 10 * HOUR,
      10,
      {
        until,
      },
    );
    expect(rows.length).toBeGreaterThanOrEqual(8);
    const { venue: id } = CCXT_SYMBOLS[venue];
    for (const { timestamp, openInterestAmount } of rows) {
      const [truth] = simulator.truth.openInterest(venue, id, timestamp!, timestamp! + 1);
      expect(openInterestAmount).toBeCloseTo(truth!.amount, 1);
    }
  });
});
