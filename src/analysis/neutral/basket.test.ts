import { describe, expect, it } from 'vitest';
import { viewPanel } from './alt-universe.js';
import { dayRange, panelOf } from './asset-panel.fixture.js';
import { buildBasket } from './basket.js';
import { DEFAULT_UNIVERSE, type NeutralProfile, type UniverseSettings } from './neutral-settings.js';
import { neutralityError, solveNeutral } from './neutrality.js';
import type { DualBeta } from './ridge-betas.js';

const DAYS = 80;
const wave = (t: number): number => (t % 2 === 0 ? 0.02 : -0.015);

/** Coins that follow the market, each with its own changes. */
function basketOf(
  coins: Readonly<Record<string, (t: number) => number>>,
  changes: Partial<UniverseSettings> = {},
  profile: NeutralProfile = 'corrected',
  volume: (id: string) => number = () => 1e7,
) {
  const level = (move: (t: number) => number, upTo: number): number => {
    let price = 100;
    for (let t = 1; t <= upTo; t += 1) price *= 1 + move(t);
    return price;
  };
  const all: Readonly<Record<string, (t: number) => number>> = { BTC: wave, ETH: wave, ...coins };
  const panel = panelOf(Object.keys(all), dayRange(DAYS), {
    close: (id, t) => level(all[id]!, t),
    marketCap: () => 1e9,
    volume,
  });
  const view = viewPanel(panel, { profile, majors: ['BTC', 'ETH'], excluded: new Set(), lag: 1 });
  const { asset, weight } = buildBasket(view, DAYS - 1, { ...DEFAULT_UNIVERSE, ...changes });
  return Object.fromEntries(Array.from(asset, (a, i) => [panel.assets[a]!, weight[i]!]));
}

describe('the basket', () => {
  it('leaves out the wild, the unrelated, the running and the falling', () => {
    const basket = basketOf({
      GOOD: wave,
      WILD: (t) => 5 * wave(t),
      ALONE: (t) => (t % 4 < 2 ? 0.01 : -0.01),
      RUNNING: (t) => wave(t) + (t > DAYS - 8 ? 0.08 : 0),
      FALLING: (t) => wave(t) - (t > DAYS - 8 ? 0.12 : 0),
    });
    expect(Object.keys(basket)).toEqual(['GOOD']);
  });

  it('takes the most traded of those that pass, ties by name', () => {
    const volume = (id: string): number => ({ AAA: 1e7, BBB: 3e7, CCC: 1e7, DDD: 9e5 })[id] ?? 1e8;
    const coins = { AAA: wave, BBB: wave, CCC: wave, DDD: wave };
    const at = (basketSize: number): string[] =>
      Object.keys(basketOf(coins, { basketSize }, 'corrected', volume));
    expect(at(1)).toEqual(['BBB']);
    expect(at(2)).toEqual(['AAA', 'BBB']);
    expect(at(9)).toEqual(['AAA', 'BBB', 'CCC']);
  });

  const twelve = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`C${i + 10}`, (t: number) => (i < 2 ? 0.1 : 1) * wave(t)]),
  );

  it('pours what is above the cap into the others', () => {
    const weights = Object.values(basketOf(twelve));
    expect(Math.max(...weights)).toBeCloseTo(0.1, 12);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    // the two calm ones are capped, the other ten share the rest
    expect(weights.filter((weight) => Math.abs(weight - 0.08) < 1e-9)).toHaveLength(10);
  });

  it('lets the reference exceed its cap', () => {
    const weights = Object.values(basketOf(twelve, {}, 'reference'));
    expect(Math.max(...weights)).toBeGreaterThan(0.1);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('weighs equally when the cap cannot be met, and without filters', () => {
    expect(Object.values(basketOf({ A: wave, B: (t) => wave(t) / 2 }))).toEqual([0.5, 0.5]);
    const { altSelection } = DEFAULT_UNIVERSE;
    const free = basketOf(
      { ...twelve, WILD: (t) => 5 * wave(t) },
      { altSelection: { ...altSelection, enabled: false } },
    );
    expect(Object.keys(free)).toContain('WILD');
    expect(new Set(Object.values(free)).size).toBe(1);
  });
});

describe('the neutral book', () => {
  const basket = { asset: Int32Array.from([0, 1]), weight: Float64Array.from([0.5, 0.5]) };
  const betas = (first: number, second: number): DualBeta[] => [
    [first, second],
    [first, second],
  ];
  const sizes = { ...DEFAULT_UNIVERSE };

  it('sets each major against the basket, and shows what is open', () => {
    const book = solveNeutral(basket, betas(0.4, 0.3), sizes, 'corrected');
    expect(book.majors).toEqual([0.2, 0.15]);
    expect(neutralityError(book, betas(0.4, 0.3))).toEqual({
      betaFirst: 0,
      betaSecond: 0,
      net: expect.closeTo(-0.15, 12),
    });
  });

  it('scales to the gross cap: always when corrected, beyond a fifth more in the reference', () => {
    const gross = (profile: NeutralProfile, beta: number): number => {
      const { alts, majors } = solveNeutral(basket, betas(beta, beta), sizes, profile);
      return alts.reduce((sum, weight) => sum - weight, majors[0] + majors[1]);
    };
    // 0.5 short, and beta × 0.5 twice
    expect(gross('corrected', 0.6)).toBeCloseTo(1, 12);
    expect(gross('reference', 0.6)).toBeCloseTo(1.1, 12);
    expect(gross('reference', 0.8)).toBeCloseTo(1, 12);
  });

  it('splits half of equity between the majors where dollars must cancel', () => {
    const dollar = { ...sizes, neutralityMode: 'dollar_neutral' as const };
    expect(solveNeutral(basket, betas(1, 0), dollar, 'corrected').majors).toEqual([0.5, 0]);
    expect(solveNeutral(basket, betas(0.7, 0.5), dollar, 'corrected').majors[0]).toBeCloseTo(0.3, 12);
  });
});
