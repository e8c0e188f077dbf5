/** What a live feed does when something breaks: streams, the machine's sleep, the disk, the venue's pages. */
import { afterEach, describe, expect, it } from 'vitest';
import { TidewatchError } from '../../errors.js';
import { parseInstrument } from '../../market/instrument.js';
import { type LiveMarket, type LiveMarketOptions, liveMarket } from './live-market.fixture.js';

const MINUTE = 60_000;
const BTC = 'binanceusdm:-:BTCUSDT';
let market: LiveMarket | undefined;
const open = async (options: LiveMarketOptions = {}): Promise<LiveMarket> => {
  market = await liveMarket(options);
  await market.until(() => allLive(market!), MINUTE);
  return market;
};
afterEach(async () => {
  await market?.close();
  market = undefined;
});
const allLive = ({ feed }: LiveMarket): boolean =>
  feed.status().series.every(({ state }) => state === 'live');
const told = ({ events }: LiveMarket, id = BTC): string[] =>
  events.flatMap((event) => {
    if (event.kind === 'state' && event.instrumentId === id) return [event.state];
    if (event.kind === 'closed' && event.bar.instrumentId === id)
      return [`${event.bar.ts} ${event.bar.source}`];
    return [];
  });

describe('a broken stream', () => {
  it('over the close of a minute: the pages give it before anything of the new stream is told', async () => {
    const start = Date.UTC(2025, 4, 4, 18);
    const rule = { kind: 'half_open' as const, from: start + 2 * MINUTE + 40_000, until: start + 3 * MINUTE };
    const live = await open({ faults: [rule] });
    await live.run(8 * MINUTE);
    const story = told(live).slice(told(live).indexOf('down'));
    const minute = (at: number): number => live.start + at * MINUTE;
    expect(live.start).toBe(start);
    expect(story.slice(0, 4)).toEqual(['down', 'filling', 'live', `${minute(2)} rest`]);
    // one after the other, none left out
    const times = story.filter((each) => /^\d/.test(each)).map((each) => Number(each.split(' ')[0]));
    expect(times).toEqual(Array.from({ length: times.length }, (_, at) => minute(2 + at)));
    expect(await live.differences('BTC', minute(7))).toEqual([]);
  });

  it('whose pages cannot be had flows on, with the gap said, and is filled when they can', async () => {
    const start = Date.UTC(2025, 4, 4, 18);
    const span = { from: start + 2 * MINUTE, until: start + 7 * MINUTE };
    const live = await open({
      faults: [
        { kind: 'stream_disconnect', times: 1, from: start + 3 * MINUTE },
        { kind: 'server_error', endpoint: 'bars', ...span },
      ],
    });
    await live.until(() => live.feed.status().series.some(({ state }) => state === 'gap'), 6 * MINUTE);
    const before = live.events.length;
    await live.run(MINUTE);
    expect(live.events.slice(before).some(({ kind }) => kind === 'closed')).toBe(true);
    await live.until(() => allLive(live), 6 * MINUTE);
    await live.run(7 * MINUTE);
    expect(await live.differences('BTC', live.simulator.now() - 2 * MINUTE)).toEqual([]);
  });

  it('after the machine slept is connected anew, and the hours are filled', async () => {
    const live = await open({ after: 600 });
    // no tick comes meanwhile, as in sleep
    await live.simulator.advance(7 * 60 * MINUTE);
    await live.until(() => told(live).includes('down'), MINUTE);
    await live.until(() => allLive(live), 2 * MINUTE);
    expect(live.feed.status().streams[0]!.lastProblem).toBe('the machine slept');
    await live.run(7 * MINUTE);
    for (const base of ['BTC', 'ETH'])
      expect(await live.differences(base, live.simulator.now() - MINUTE)).toEqual([]);
  });
});

describe('beginning again', () => {
  it('fills what passed meanwhile, and a hole that was left before', async () => {
    const live = await open();
    await live.run(10 * MINUTE);
    await live.feed.stop();
    await live.simulator.advance(30 * MINUTE);
    await live.restart();
    await live.until(() => allLive(live), 2 * MINUTE);
    await live.run(MINUTE);
    expect(await live.differences('BTC', live.start + 40 * MINUTE)).toEqual([]);
    const writer = await live.lake.writer();
    const hole = `ts BETWEEN ${live.start + 15 * MINUTE} AND ${live.start + 18 * MINUTE}`;
    await live.feed.stop();
    expect(await writer.deleteRows('bars', {}, hole)).toBe(8);
    await live.simulator.advance(100 * MINUTE);
    await live.restart();
    await live.until(() => allLive(live), 2 * MINUTE);
    await live.run(MINUTE);
    expect(await live.differences('BTC', live.start + 140 * MINUTE)).toEqual([]);
  });
});

describe('instruments', () => {
  it('come and go on the open connection', async () => {
    const live = await open({ bases: ['BTC', 'ETH', 'SOL'] });
    live.feed.setInstruments([parseInstrument(BTC)]);
    await live.run(2 * MINUTE);
    const status = live.feed.status();
    expect(status.series.map(({ instrumentId }) => instrumentId)).toEqual([BTC]);
    expect(status.streams).toMatchObject([{ topics: 3, reconnects: 0 }]);
    live.feed.setInstruments(['BTC', 'SOL'].map((base) => parseInstrument(`binanceusdm:-:${base}USDT`)));
    await live.until(() => allLive(live), MINUTE);
    await live.run(2 * MINUTE);
    expect(live.feed.status().streams).toMatchObject([{ topics: 6, reconnects: 0 }]);
    expect(live.feed.bars('binanceusdm:-:SOLUSDT').length).toBeGreaterThan(60);
    expect(live.feed.bars('binanceusdm:-:ETHUSDT')).toEqual([]);
  });

  it('of a venue without streams are refused by name', async () => {
    const live = await open();
    expect(() => live.feed.setInstruments([parseInstrument('file:equity:SPY')])).toThrow(TidewatchError);
  });
});

describe('the disk', () => {
  it('that refuses for a while gets everything afterwards', async () => {
    const live = await open();
    live.refuseWrites(new TidewatchError('disk_full', 'no room', { hint: 'make room' }));
    await live.run(3 * MINUTE);
    const { writeProblem, waitingRows } = live.feed.status();
    expect(writeProblem).toBe('no room');
    expect(waitingRows).toBeGreaterThanOrEqual(6);
    live.refuseWrites(undefined);
    await live.run(MINUTE);
    expect(live.feed.status()).toMatchObject({ writeProblem: null });
    expect(await live.differences('BTC', live.start + 3 * MINUTE)).toEqual([]);
  });

  it('that refuses for longer than memory lasts gets back from the pages what was let go', async () => {
    const live = await open({ bases: ['BTC'], settings: { mostRows: 100 } });
    await live.run(2 * MINUTE);
    live.refuseWrites(new TidewatchError('disk_full', 'no room', { hint: 'make room' }));
    await live.run(60 * MINUTE);
    expect(live.feed.status().waitingRows).toBeLessThanOrEqual(100);
    expect(live.troubles).toEqual([
      'bars wait in memory · no room',
      expect.stringMatching(/^too many bars wait in memory/),
    ]);
    live.refuseWrites(undefined);
    await live.run(MINUTE);
    expect(await live.differences('BTC', live.start + 62 * MINUTE)).toEqual([]);
    await live.run(7 * MINUTE);
    expect(await live.differences('BTC', live.start + 69 * MINUTE)).toEqual([]);
    expect(live.feed.status()).toMatchObject({ writeProblem: null });
  });
});

describe("the venue's clock", () => {
  it('is measured, and a minute closes by it', async () => {
    const live = await open({ faults: [{ kind: 'clock_skew', ms: 4_000 }] });
    await live.run(3 * MINUTE);
    // right to half a round trip, which takes a step of this clock
    const skew = Math.abs(live.feed.status().clocks[0]!.skewMs!);
    expect(skew).toBeGreaterThanOrEqual(4_000 - 1_250);
    expect(skew).toBeLessThanOrEqual(4_000 + 1_250);
    expect(told(live).filter((each) => each.endsWith('ws'))).toHaveLength(3);
  });
});
