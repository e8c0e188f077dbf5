/** The live feed against a simulated venue without faults: what it tells, what it stores, how it begins and ends. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { LiveSeries } from './live/live-series.js';
import { type LiveMarket, type LiveMarketOptions, liveMarket } from './live-market.fixture.js';

const MINUTE = 60_000;
const BTC = 'binanceusdm:-:BTCUSDT';
let market: LiveMarket | undefined;
const open = async (options: LiveMarketOptions = {}): Promise<LiveMarket> => {
  market = await liveMarket(options);
  return market;
};
afterEach(async () => {
  vi.restoreAllMocks();
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

describe('beside candles', () => {
  it.each(['binanceusdm', 'okx', 'hyperliquid', 'kraken'] as const)(
    '%s: minutes are made of trades',
    async (venue) => {
      const live = await open({ venue, settings: { barsFrom: 'trades', confirmEveryMs: 3_600_000 } });
      await live.until(() => allLive(live), MINUTE);
      await live.run(8 * MINUTE);
      const told = live.events.flatMap((event) => (event.kind === 'closed' ? [event.bar] : []));
      const made = told.filter(({ source, instrumentId }) => source === 'ws' && instrumentId.includes('BTC'));
      // the first minute was under way when the trades began, the pages gave it
      expect(made[0]!.ts).toBe(live.start + MINUTE);
      expect(told.some(({ source, ts }) => source === 'rest' && ts === live.start)).toBe(true);
      // the last ones may still get late trades
      expect(made.length).toBeGreaterThanOrEqual(4);
      expect(live.events.some(({ kind }) => kind === 'corrected')).toBe(false);
      await live.run(15_000);
      expect(await live.differences('BTC', live.start + 6 * MINUTE)).toEqual([]);
    },
  );

  it('marks, funding and liquidations are told, liquidations and open interest stored', async () => {
    const live = await open();
    await live.until(() => allLive(live), MINUTE);
    await live.run(20 * MINUTE);
    const mark = live.feed.mark(BTC)!;
    expect(mark.mark).toBeGreaterThan(0);
    expect(Math.abs(mark.fundingRate)).toBeLessThan(0.01);
    expect(mark.nextFundingAt).toBeGreaterThan(live.simulator.now());
    await live.run(15_000);
    const { ts, columns } = await live.lake.columns('liquidations', {
      subject: BTC,
      columns: ['price', 'quantity'],
    });
    const truth = live.simulator.truth.liquidations(
      'binanceusdm',
      'BTCUSDT',
      live.start + MINUTE,
      live.start + 20 * MINUTE,
    );
    expect(truth.length).toBeGreaterThan(3);
    const rows = Array.from(ts, (time, row) => [time, columns.price![row], columns.quantity![row]]);
    const inside = rows.filter(([time]) => time! >= live.start + MINUTE && time! < live.start + 20 * MINUTE);
    expect(inside).toEqual(truth.map(({ time, price, size }) => [time, price, size]));
    const interest = await live.lake.columns('open_interest', {
      subject: BTC,
      timeframe: '5m',
      columns: ['open_interest'],
    });
    const periods = live.simulator.truth.openInterest(
      'binanceusdm',
      'BTCUSDT',
      live.start,
      live.start + 15 * MINUTE,
    );
    const known = Array.from(interest.ts, (time, row) => [time, interest.columns.open_interest![row]]);
    expect(known.filter(([time]) => time! >= live.start && time! < live.start + 15 * MINUTE)).toEqual(
      periods.map(({ time, amount }) => [time, amount]),
    );
  });

  it('okx counts in contracts, and what is told and stored is in base units', async () => {
    const live = await open({ venue: 'okx' });
    await live.until(() => allLive(live), MINUTE);
    await live.run(12 * MINUTE);
    const span = { from: live.start + MINUTE, to: live.start + 11 * MINUTE };
    for (const base of ['BTC', 'ETH']) {
      const { ts, columns } = await live.lake.columns('liquidations', {
        subject: `okx:perp:${base}USDT`,
        ...span,
        columns: ['price', 'quantity', 'notional'],
      });
      const truth = live.simulator.truth.liquidations('okx', `${base}-USDT-SWAP`, span.from, span.to);
      expect(truth.length).toBeGreaterThan(1);
      expect(Array.from(ts, (time, row) => [time, columns.price![row], columns.quantity![row]])).toEqual(
        truth.map(({ time, price, size }) => [time, price, size]),
      );
    }
    // one subscription for all: whoever leaves does not end it for the others
    live.feed.setInstruments([parseInstrument('okx:perp:ETHUSDT')]);
    const before = live.events.length;
    await live.run(6 * MINUTE);
    const told = live.events
      .slice(before)
      .flatMap((event) => (event.kind === 'liquidation' ? [event.liquidation.instrumentId] : []));
    expect(new Set(told)).toEqual(new Set(['okx:perp:ETHUSDT']));
  });

  it('hyperliquid keeps no open interest, so that of the stream is stored each minute', async () => {
    const live = await open({ venue: 'hyperliquid' });
    await live.run(10 * MINUTE);
    const { ts } = await live.lake.columns('open_interest', {
      subject: 'hyperliquid:main:BTC',
      timeframe: '1m',
      columns: ['open_interest'],
    });
    expect(Array.from(ts)).toEqual(Array.from({ length: ts.length }, (_, at) => live.start + at * MINUTE));
    expect(ts.length).toBeGreaterThanOrEqual(9);
  });
});

describe('what nobody foresaw', () => {
  const closedOf = ({ events }: LiveMarket, id: string, from: number): number[] =>
    events
      .slice(from)
      .flatMap((event) => (event.kind === 'closed' && event.bar.instrumentId === id ? [event.bar.ts] : []));

  it.each(['isLate', 'accept'] as const)(
    'a fault in %s of one market is told and stays there',
    async (name) => {
      const live = await open();
      await live.until(() => allLive(live), MINUTE);
      const { events, feed } = live;
      const before = events.length;
      const original = LiveSeries.prototype[name] as (...given: unknown[]) => unknown;
      const broken = vi.spyOn(LiveSeries.prototype, name).mockImplementation(function (
        this: LiveSeries,
        ...given: unknown[]
      ): never {
        if (this.instrumentId === BTC) throw new TypeError('nobody thought of this');
        return original.apply(this, given) as never;
      });
      await live.run(5 * MINUTE);
      const eth = [1, 2, 3, 4].map((minute) => live.start + minute * MINUTE);
      expect(closedOf(live, 'binanceusdm:-:ETHUSDT', before)).toEqual(expect.arrayContaining(eth));
      expect(live.troubles).toEqual([
        `the live series of ${BTC} failed unexpectedly, the rest goes on · TypeError: nobody thought of this`,
      ]);
      expect(feed.status().streams.map(({ badFrames }) => badFrames)).toEqual([0]);
      broken.mockRestore();
      await live.run(10 * MINUTE);
      for (const base of ['BTC', 'ETH'])
        expect(await live.differences(base, live.start + 13 * MINUTE)).toEqual([]);
    },
  );

  it('a clock that is set back an hour stops neither the telling, nor the writing, nor the confirming', async () => {
    const live = await open();
    await live.until(() => allLive(live), MINUTE);
    await live.run(4 * MINUTE);
    const before = live.events.length;
    live.setClockBack(60 * MINUTE);
    await live.run(16 * MINUTE);
    expect(closedOf(live, BTC, before)).toEqual(
      Array.from({ length: 16 }, (_, at) => live.start + (at + 4) * MINUTE),
    );
    const { series, clocks, waitingMs } = live.feed.status();
    expect(series[0]!.settledTo).toBeGreaterThan(live.start + 8 * MINUTE);
    expect(waitingMs).toBeLessThan(MINUTE);
    await live.run(15_000);
    expect(await live.differences('BTC', live.start + 20 * MINUTE)).toEqual([]);
    // who looks is told that the clock is wrong
    expect(Math.round(clocks[0]!.skewMs! / MINUTE)).toBe(60);
  });
});
