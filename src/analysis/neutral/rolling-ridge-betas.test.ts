import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { viewPanel } from './alt-universe.js';
import { dayRange, panelOf } from './asset-panel.fixture.js';
import { DEFAULT_BETA } from './neutral-settings.js';
import { ridgeBetasAt } from './ridge-betas.js';
import { rollingRidgeBetas } from './rolling-ridge-betas.js';

/** Closes of BTC, ETH and two coins without gaps. */
function walk(days: number, seed: number) {
  const random = new Random(seed);
  const closes = new Map<string, Float64Array>();
  const market = Float64Array.from({ length: days }, () => 0.03 * random.normal());
  for (const id of ['ADA', 'BTC', 'ETH', 'SOL']) {
    let level = 100;
    closes.set(
      id,
      market.map((move) => {
        level *= Math.exp(move + 0.02 * random.normal());
        return level;
      }),
    );
  }
  return closes;
}

const logReturns = (closes: Float64Array): Float64Array =>
  Float64Array.from({ length: closes.length - 1 }, (_, i) => Math.log(closes[i + 1]! / closes[i]!));

describe('rolling ridge betas', () => {
  it.each([0.05, 0, 0.2])('are those of each window by itself, cut at %s', (winsorizePct) => {
    fc.assert(
      fc.property(fc.integer({ min: 62, max: 110 }), fc.nat(1e6), (days, seed) => {
        const closes = walk(days, seed);
        const panel = panelOf([...closes.keys()], dayRange(days), { close: (id, t) => closes.get(id)![t] });
        const view = viewPanel(panel, {
          profile: 'corrected',
          majors: ['BTC', 'ETH'],
          excluded: new Set(),
          lag: 1,
        });
        const settings = { ...DEFAULT_BETA, winsorizePct };
        const [ada, btc, eth, sol] = [...closes.values()].map(logReturns) as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        const { windows, first, second } = rollingRidgeBetas(
          { regressors: [btc, eth], assets: Float64Array.from([...ada, ...sol]) },
          { ...settings, window: 59 },
        );
        expect(windows).toBe(days - 59);
        for (let w = 0; w < windows; w += 1) {
          for (const [place, asset] of [0, 3].entries()) {
            const [onBtc, onEth] = ridgeBetasAt(view, w + 59, settings)(asset);
            expect(first[place * windows + w]).toBeCloseTo(onBtc, 9);
            expect(second[place * windows + w]).toBeCloseTo(onEth, 9);
          }
        }
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('do not depend on what follows a window', () => {
    const [a, b, c] = [...walk(100, 7).values()].map(logReturns) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const settings = { ...DEFAULT_BETA, window: 30 };
    const whole = rollingRidgeBetas({ regressors: [a, b], assets: c }, settings);
    const cut = (values: Float64Array): Float64Array => values.slice(0, 50);
    const head = rollingRidgeBetas({ regressors: [cut(a), cut(b)], assets: cut(c) }, settings);
    expect(whole.first.slice(0, head.windows)).toEqual(head.first);
    expect(whole.second.slice(0, head.windows)).toEqual(head.second);
  });

  it('refuses gaps, uneven columns and windows of one row', () => {
    const ok = Float64Array.from([0.1, 0.2, 0.3]);
    const settings = { ...DEFAULT_BETA, window: 2 };
    const gap = Float64Array.from([0.1, Number.NaN, 0.3]);
    expect(() => rollingRidgeBetas({ regressors: [ok, ok], assets: gap }, settings)).toThrow(
      /missing or infinite/,
    );
    expect(() => rollingRidgeBetas({ regressors: [ok, ok.slice(1)], assets: ok }, settings)).toThrow(
      /differ/,
    );
    expect(() => rollingRidgeBetas({ regressors: [ok, ok], assets: ok }, { ...settings, window: 1 })).toThrow(
      /window/,
    );
  });

  it('has no windows in a short history', () => {
    const two = Float64Array.from([0.1, 0.2]);
    const { windows, first } = rollingRidgeBetas(
      { regressors: [two, two], assets: two },
      { ...DEFAULT_BETA, window: 59 },
    );
    expect([windows, first.length]).toEqual([0, 0]);
  });
});
