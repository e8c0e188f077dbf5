import { describe, expect, it } from 'vitest';
import { dayRange, panelOf, randomPanel } from '../../analysis/neutral/asset-panel.fixture.js';
import { DEFAULT_FIXED_REBALANCE, runFixedRebalance } from './fixed-rebalance.js';
import { DEFAULT_MAJORS_ALTS } from './panel-settings.js';

const free = {
  ...DEFAULT_MAJORS_ALTS,
  costs: { ...DEFAULT_MAJORS_ALTS.costs, takerFeeBps: 0, slippageBps: 0 },
};
const CAPS: Readonly<Record<string, number>> = {
  BTC: 9e11,
  ETH: 4e11,
  BIG: 3e9,
  MID: 1e9,
  TINY: 1e6,
  IDLE: 9e9,
};
const panel = panelOf(Object.keys(CAPS), dayRange(20), {
  close: (id, t) => 100 * (id === 'BIG' ? 0.99 : id === 'BTC' ? 1.01 : 1) ** t,
  marketCap: (id) => CAPS[id],
  volume: (id) => (id === 'IDLE' ? 500 : 5_000),
  fundingRate: () => 0,
});
const play = (variant: Partial<typeof DEFAULT_FIXED_REBALANCE>) =>
  runFixedRebalance({ panel, excluded: new Set() }, free, { ...DEFAULT_FIXED_REBALANCE, ...variant });

describe('the book with a fixed rebalance', () => {
  it('holds the largest traded alts against half of equity in majors', () => {
    const { weights, daily } = play({ topN: 2 });
    expect(weights.asset.slice(0, 3)).toEqual(['BIG', 'BTC', 'MID']);
    expect([...weights.values.weight.slice(0, 3)]).toEqual([-0.25, 0.5, -0.25]);
    expect(daily.numbers.pnl[1]).toBeCloseTo(0.25 * 0.01 + 0.5 * 0.01, 12);
    expect([...daily.numbers.total_gross].every((gross) => gross === 1)).toBe(true);
  });

  it('is made anew every so many days and not in between', () => {
    const { daily } = play({ rebalanceDays: 7 });
    const made = daily.rebalanced.flatMap((flag, row) => (flag ? [row] : []));
    expect(made).toEqual([0, 7, 14]);
    // weights do not drift, so an equal book costs nothing to renew
    expect([...daily.numbers.alt_turnover].slice(1).every((value) => value === 0)).toBe(true);
  });

  it('weighs by market cap where asked, and splits majors as told', () => {
    const { basket, weights } = play({ topN: 2, weighting: 'cap', majorWeights: { BTC: 3, ETH: 1 } });
    expect([...basket.values.basket_weight.slice(0, 2)]).toEqual([0.75, 0.25]);
    expect(weights.asset.slice(0, 4)).toEqual(['BIG', 'BTC', 'ETH', 'MID']);
    expect([...weights.values.weight.slice(1, 3)]).toEqual([0.375, 0.125]);
  });

  it('measures the basket against the first major', () => {
    const { target } = play({ topN: 1 });
    expect(target[0]).toBe(0);
    expect(target[5]).toBeCloseTo(-0.02, 12);
  });

  it('counts its costs', () => {
    const whole = randomPanel(8, 120, 2);
    const input = { panel: whole, excluded: new Set<string>() };
    const costly = runFixedRebalance(input, DEFAULT_MAJORS_ALTS);
    const cheap = runFixedRebalance(input, free);
    expect(costly.weights).toEqual(cheap.weights);
    expect(costly.kpis.total_cost).toBeGreaterThan(0);
    expect(costly.daily.equity.at(-1)!).toBeLessThan(cheap.daily.equity.at(-1)!);
  });

  it('refuses what cannot be a book', () => {
    expect(() => play({ topN: 0 })).toThrow(/cannot be made/);
    expect(() => play({ majorWeights: {} })).toThrow(/cannot be made/);
  });
});
