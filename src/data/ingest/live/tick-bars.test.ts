import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE } from './live-series.js';
import { TickBars } from './tick-bars.js';

const START = 1_700_000_040_000;
const trade = (id: number, ts: number, price: number, size = 1) => ({
  symbol: 'BTCUSDT',
  id: String(id),
  ts: START + ts,
  price,
  size,
});

describe('minutes from trades', () => {
  it('wait 75 s after their end for late trades, and not longer', () => {
    const bars = new TickBars(START);
    bars.add(trade(1, 1_000, 10));
    bars.add(trade(2, 61_000, 12));
    expect(bars.due(START + MINUTE + 74_999)).toEqual([]);
    // late, but in time: it was the first
    bars.add(trade(3, 500, 9, 2));
    const [bar] = bars.due(START + MINUTE + 75_000);
    expect(bar).toMatchObject({
      ts: START,
      open: 9,
      high: 10,
      low: 9,
      close: 10,
      volume: 3,
      quoteVolume: 28,
      trades: 2,
    });
    expect(bars.add(trade(4, 59_000, 99))).toBeUndefined();
    expect(bars.tooLate).toBe(1);
  });

  it('leave out the minute in which the trades began to come, which is not whole', () => {
    const bars = new TickBars(START + 20_000);
    bars.add(trade(1, 30_000, 10));
    bars.add(trade(2, 70_000, 10));
    expect(bars.due(START + 10 * MINUTE).map(({ ts }) => ts)).toEqual([START + MINUTE]);
  });

  it('are the same in whatever order and however often trades of different moments come', () => {
    const trades = fc.uniqueArray(
      fc.record({
        at: fc.integer({ min: 0, max: 3 * MINUTE - 1 }),
        price: fc.integer({ min: 1, max: 1000 }),
        size: fc.integer({ min: 1, max: 1000 }),
      }),
      { selector: ({ at }) => at, maxLength: 40 },
    );
    fc.assert(
      fc.property(trades, fc.infiniteStream(fc.nat()), (list, draws) => {
        const all = list.map(({ at, price, size }, id) => trade(id, at, price / 10, size / 1000));
        const made = (order: typeof all) => {
          const bars = new TickBars(START);
          for (const each of order) bars.add(each);
          return bars.due(START + 10 * MINUTE).map(({ ts, open, high, low, close, volume, trades: n }) => ({
            ...{ ts, open, high, low, close, n },
            volume,
          }));
        };
        const shuffled = [...all, ...all.filter((_, at) => at % 3 === 0)]
          .map((each) => ({ each, key: draws.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(made(shuffled)).toEqual(made(all));
      }),
    );
  });
});
