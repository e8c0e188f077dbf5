import { expect, it } from 'vitest';
import { intentDeltaA, intentDeltaE, intentMetrics, metricOfTag, usedIntent } from './intent.js';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;

it('reads a tag by its first match, whatever its case', () => {
  const tags = [
    'BUY_HIGH_conviction',
    'medium buy',
    'take Profit',
    'sell signal',
    'sell',
    'Joke',
    'laughing',
  ];
  expect(tags.map(metricOfTag)).toEqual(['hi_buy', 'med_buy', 'profit', 'sell', undefined, 'mock', 'mock']);
});

it('halves a mention in 72 hours and forgets one below a hundredth', () => {
  const one = (hours: number): number =>
    intentMetrics([{ ts: NOW - hours * HOUR, tag: 'mock', curatorWeight: 1 }], NOW).mock;
  expect(one(0)).toBeCloseTo(0.5, 12);
  expect(one(72)).toBeCloseTo(0.25, 12);
  expect(one(-5)).toBeCloseTo(0.5, 12);
  expect(one(72 * 7)).toBe(0);
});

it('adds mentions up slower than linearly, to 1 at most', () => {
  const many = (count: number, curatorWeight?: number): number =>
    intentMetrics(
      Array.from({ length: count }, () => ({
        ts: NOW,
        tag: 'profit',
        ...(curatorWeight === undefined ? {} : { curatorWeight }),
      })),
      NOW,
    ).profit;
  expect(many(0)).toBe(0);
  expect(many(1)).toBeCloseTo(0.25, 12);
  expect(many(3)).toBeCloseTo((0.5 * (1 + Math.log(3))) / 2, 12);
  expect(many(50, 1)).toBe(1);
});

it('caps both sums and takes what is no number for nothing', () => {
  const loud = usedIntent({ mock: 1, sell: 1, profit: Number.NaN, hi_buy: null });
  expect([intentDeltaA(loud), intentDeltaE(loud)]).toEqual([-0.4, 0.4]);
  expect(loud.profit).toBe(0);
});
