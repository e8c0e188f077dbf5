import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectedThreshold, isPartialBar } from '../../market/completeness.js';
import type { BarColumns } from '../../market/series.js';
import { tradesToMinutes } from '../../market/trade-bars.js';
import { pointsToMinutes } from './price-points.js';
import { rollUpRegimeBars } from './regime-roll-up.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The last hour of a leap February, of a month and of a year. */
const EDGES = [Date.UTC(2024, 1, 29), Date.UTC(2025, 0, 31), Date.UTC(2024, 11, 31)];

function minutes(from: number, prices: readonly (number | null)[]): BarColumns {
  const rows = prices.flatMap((price, at) => (price === null ? [] : [{ ts: from + at * MINUTE, price }]));
  const column = (of: (row: (typeof rows)[number]) => number): Float64Array => Float64Array.from(rows, of);
  return {
    time: column(({ ts }) => ts),
    open: column(({ price }) => price),
    high: column(({ price }) => price * 1.01),
    low: column(({ price }) => price * 0.99),
    close: column(({ price }) => price * 1.002),
    volume: column(({ price }) => price / 7),
  };
}

const day = fc.array(fc.option(fc.double({ min: 1, max: 2, noNaN: true }), { freq: 3 }), {
  minLength: 1440,
  maxLength: 1440,
});

describe('rolling regime bars up', () => {
  it('gives the same day from minutes and from hours, with the same coverage', () => {
    fc.assert(
      fc.property(day, fc.constantFrom(...EDGES), (prices, from) => {
        const fine = minutes(from, prices);
        const horizon = from + DAY;
        const direct = rollUpRegimeBars(fine, { from: '1m', to: '1d', horizon });
        const hours = rollUpRegimeBars(fine, { from: '1m', to: '1h', horizon });
        const { bars, coveragePct } = rollUpRegimeBars(hours.bars, {
          from: '1h',
          to: '1d',
          horizon,
          coveragePct: hours.coveragePct,
        });
        for (const name of ['time', 'open', 'high', 'low', 'close'] as const) {
          expect(bars[name]).toEqual(direct.bars[name]);
        }
        expect(bars.volume[0]).toBeCloseTo(direct.bars.volume[0]!, 9);
        expect(coveragePct[0]).toBeCloseTo(direct.coveragePct[0]!, 9);
      }),
      { numRuns: 20 },
    );
  });

  it('closes no bucket before its time', () => {
    const fine = minutes(EDGES[0]!, Array(61).fill(1));
    const rolled = rollUpRegimeBars(fine, { from: '1m', to: '1h', horizon: EDGES[0]! + 61 * MINUTE });
    expect([...rolled.bars.time]).toEqual([EDGES[0]]);
    const early = rollUpRegimeBars(fine, { from: '1m', to: '1h', horizon: EDGES[0]! + HOUR - 1 });
    expect(early.bars.time).toHaveLength(0);
  });

  it('counts a repeated minute once, the last of it', () => {
    const once = minutes(0, [1, 2]);
    const twice: BarColumns = Object.fromEntries(
      Object.entries(once).map(([name, column]) => [name, Float64Array.of(column[1]!, 9, ...column)]),
    ) as unknown as BarColumns;
    twice.time[1] = 0;
    const rolled = rollUpRegimeBars(twice, { from: '1m', to: '1h', horizon: HOUR });
    expect(rolled.barsUsed[0]).toBe(2);
    expect(rolled.bars.open[0]).toBe(1);
  });

  it('calls a bar partial below half of its source, and below less where tokens are many', () => {
    expect([29, 30].map((used) => isPartialBar(used, 60))).toEqual([true, false]);
    expect([0, 1].map((used) => isPartialBar(used, 1, 0.2))).toEqual([true, false]);
    expect([0, 250, 251, 501, 751, 1001, 9999].map(collectedThreshold)).toEqual([
      0.5, 0.5, 0.4, 0.33, 0.25, 0.2, 0.2,
    ]);
  });
});

describe('minutes of points and trades', () => {
  it('open a token at its last close, and take a fifth of five minutes without better', () => {
    const points = [
      { ts: MINUTE + 5, price: 3, volume_5m: 50 },
      { ts: 5, price: 0 },
      { ts: 10, price: 2, volume_1m: null },
    ];
    expect(pointsToMinutes(points, 1)).toEqual([
      { ts: 0, open: 1, high: 2, low: 1, close: 2, volume: 0 },
      { ts: MINUTE, open: 2, high: 3, low: 2, close: 3, volume: 10 },
    ]);
  });

  it('skip minutes without a trade and trades without a price', () => {
    const bars = tradesToMinutes([
      { ts: 2 * MINUTE, price: 5, size: 1 },
      { ts: 1, price: 4, size: 2 },
      { ts: 0, price: Number.NaN, size: 2 },
      { ts: 0, price: 3, size: 1 },
    ]);
    expect(
      bars.map(({ ts, open, close, quoteVolume, trades }) => [ts, open, close, quoteVolume, trades]),
    ).toEqual([
      [0, 3, 4, 11, 2],
      [2 * MINUTE, 5, 5, 5, 1],
    ]);
  });
});
