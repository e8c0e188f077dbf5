import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayRange, panelOf, randomPanel, selectRows } from '../../analysis/neutral/asset-panel.fixture.js';
import { isTraded, REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import type { AssetPanel } from '../../market/asset-panel.js';
import type { MajorsAltsResult } from './majors-alts-result.js';
import { majorsAltsSignal } from './majors-alts-signal.js';
import { DEFAULT_MAJORS_ALTS, type MajorsAltsSettings } from './panel-settings.js';
import { runMajorsAlts } from './run-majors-alts.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 60 : 6;

/** Short windows, loose filters: random walks are wild, and the book should be on often. */
const LIVELY: MajorsAltsSettings = {
  ...DEFAULT_MAJORS_ALTS,
  universe: {
    ...DEFAULT_MAJORS_ALTS.universe,
    altSelection: { ...DEFAULT_MAJORS_ALTS.universe.altSelection, maxVolatility: 5, minCorrelation: 0 },
  },
  regime: {
    ...DEFAULT_MAJORS_ALTS.regime,
    composite: { ...DEFAULT_MAJORS_ALTS.regime.composite, thresholdHigh: 0.1, thresholdLow: -0.1 },
  },
  backtest: { ...DEFAULT_MAJORS_ALTS.backtest, lookbackWindowDays: 70, testWindowDays: 30 },
};

const NOTHING = new Set<string>();
const play = (panel: AssetPanel, settings: MajorsAltsSettings = LIVELY): MajorsAltsResult =>
  runMajorsAlts({ panel, excluded: NOTHING }, settings);

const panels = fc
  .record({
    alts: fc.integer({ min: 1, max: 12 }),
    days: fc.integer({ min: 140, max: 200 }),
    seed: fc.nat(1e6),
  })
  .map(({ alts, days, seed }) => randomPanel(alts, days, seed));

const trials = { numRuns: RUNS, seed: 20_240_107 };

/** Weights of each day as a map. */
function weightsByDay({ weights }: MajorsAltsResult): Map<number, Map<string, number>> {
  const byDay = new Map<number, Map<string, number>>();
  weights.day.forEach((day, row) => {
    const book = byDay.get(day) ?? new Map<string, number>();
    book.set(weights.asset[row]!, weights.values.weight[row]!);
    byDay.set(day, book);
  });
  return byDay;
}

describe('laws of a majors-vs-alts run', () => {
  it('compounds what it books, and holds nothing outside the traded regimes', () => {
    let heldDays = 0;
    fc.assert(
      fc.property(panels, (panel) => {
        const result = play(panel);
        const { numbers, equity, regime, day, exitReason } = result.daily;
        const books = weightsByDay(result);
        let level = 1;
        for (let row = 0; row < day.length; row += 1) {
          const net = numbers.r_ls_gross[row]! - numbers.cost[row]! - numbers.funding[row]!;
          expect(numbers.r_ls_net[row]).toBeCloseTo(net, 15);
          level *= 1 + numbers.r_ls_net[row]!;
          expect(equity[row]).toBeCloseTo(level, 12);
          const isOn = isTraded(REGIME_CODE[regime[row]!]) && exitReason[row] === '';
          if (!isOn) expect(books.has(day[row]!)).toBe(false);
          if (books.has(day[row]!)) heldDays += 1;
          if (row > 0 && !books.has(day[row - 1]!)) {
            expect(numbers.pnl[row]).toBe(0);
            expect(numbers.funding[row]).toBe(0);
          }
          expect(numbers.total_gross[row]).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      trials,
    );
    // otherwise the loop above has shown nothing
    expect(heldDays).toBeGreaterThan(10);
  });

  it('leaves no beta open in beta-neutral mode while no limit binds, and no dollar in dollar-neutral mode', () => {
    fc.assert(
      fc.property(panels, (panel) => {
        const { numbers, day } = play(panel).daily;
        const dollar = play(panel, {
          ...LIVELY,
          universe: { ...LIVELY.universe, neutralityMode: 'dollar_neutral' },
        }).daily.numbers;
        for (let row = 0; row < day.length; row += 1) {
          expect(Math.abs(numbers.beta_err_btc[row]!)).toBeLessThan(1e-12);
          expect(Math.abs(numbers.beta_err_eth[row]!)).toBeLessThan(1e-12);
          expect(Math.abs(dollar.net_exposure[row]!)).toBeLessThan(1e-12);
          expect(dollar.alt_gross[row]).toBeCloseTo(dollar.major_gross[row]!, 12);
        }
      }),
      trials,
    );
  });

  it('never earns more by paying more', () => {
    fc.assert(
      fc.property(panels, fc.double({ min: 0, max: 50, noNaN: true }), (panel, more) => {
        // exits look at returns, so costs could change them: off
        const risk = {
          ...LIVELY.backtest.risk,
          stopLoss: { ...LIVELY.backtest.risk.stopLoss, enabled: false },
          takeProfit: { ...LIVELY.backtest.risk.takeProfit, enabled: false },
        };
        const settings = { ...LIVELY, backtest: { ...LIVELY.backtest, risk } };
        const cheap = play(panel, settings);
        const dear = play(panel, {
          ...settings,
          costs: { ...settings.costs, slippageBps: settings.costs.slippageBps + more },
        });
        expect(dear.daily.equity.at(-1) ?? 1).toBeLessThanOrEqual(cheap.daily.equity.at(-1) ?? 1);
        expect(dear.weights).toEqual(cheap.weights);
      }),
      trials,
    );
  });

  it('says of a day what it said when that day was the last', () => {
    fc.assert(
      fc.property(panels, fc.double({ min: 0.3, max: 1, noNaN: true, maxExcluded: true }), (panel, share) => {
        const settings: MajorsAltsSettings = {
          ...LIVELY,
          regime: {
            ...LIVELY.regime,
            composite: {
              ...LIVELY.regime.composite,
              gridSearch: { ...LIVELY.regime.composite.gridSearch, apply: true, samples: 12 },
            },
          },
        };
        const last = panel.days[Math.floor(share * panel.days.length)]!;
        const known = selectRows(panel, (matrix, day) =>
          matrix === 'fundingRate' || matrix === 'openInterest' ? day < last : day <= last,
        );
        const whole = play(panel, settings);
        const cut = play(known, settings);
        expect(headOf(whole, cut.timeline.day.length)).toEqual(headOf(cut, cut.timeline.day.length));
        // the cut panel books complete windows only
        const rows = cut.daily.day.length;
        expect(Array.from(whole.daily.numbers.r_ls_net.subarray(0, rows))).toEqual(
          Array.from(cut.daily.numbers.r_ls_net),
        );
        expect(Array.from(whole.daily.equity.subarray(0, rows))).toEqual(Array.from(cut.daily.equity));
      }),
      trials,
    );
  });

  it.each(['uptrend', 'hmm'] as const)(
    'says so with the gate %s and the dominance of both majors',
    (kind) => {
      const panel = randomPanel(8, 200, 7);
      const settings: MajorsAltsSettings = {
        ...LIVELY,
        features: { ...LIVELY.features, dominanceOf: 'majors' },
        regime: {
          ...LIVELY.regime,
          gate: { ...LIVELY.regime.gate, kind },
          unsupervised: {
            ...LIVELY.regime.unsupervised,
            features: ['alt_breadth', 'btc_dominance', 'momentum'],
          },
        },
      };
      const whole = play(panel, settings);
      const isHeld = (name: string): boolean => isTraded(REGIME_CODE[name as keyof typeof REGIME_CODE]);
      const held = whole.timeline.regime.filter(isHeld).length;
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThan(play(panel).timeline.regime.filter(isHeld).length);
      for (const last of [120, 150, 181]) {
        const known = selectRows(panel, (matrix, day) =>
          matrix === 'fundingRate' || matrix === 'openInterest'
            ? day < panel.days[last]!
            : day <= panel.days[last]!,
        );
        const cut = play(known, settings);
        expect(headOf(whole, cut.timeline.day.length)).toEqual(headOf(cut, cut.timeline.day.length));
      }
    },
  );

  it('gives the signal that the backtest acts on', () => {
    const panel = randomPanel(10, 190, 5);
    const result = play(panel);
    let seen = 0;
    for (const [day, book] of weightsByDay(result)) {
      const row = result.daily.day.indexOf(day);
      const entersFlat =
        result.daily.rebalanced[row] && (row === 0 || result.daily.numbers.total_gross[row - 1] === 0);
      if (!entersFlat) continue;
      const signal = majorsAltsSignal({ panel, excluded: NOTHING }, LIVELY, day);
      const weights = { ...signal.legWeights.majors, ...signal.legWeights.alts };
      for (const [asset, weight] of book) expect(weights[asset]).toBe(weight);
      seen += 1;
    }
    expect(seen).toBeGreaterThan(0);
  });
});

/** Features, scores and regimes of the first rows. */
function headOf({ features, timeline }: MajorsAltsResult, rows: number): unknown {
  const cut = (columns: Readonly<Record<string, Float64Array>>): unknown =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, rows)]));
  return {
    day: timeline.day.slice(0, rows),
    raw: cut(features.raw),
    z: cut(features.z),
    hasFunding: features.hasFunding.slice(0, rows),
    score: timeline.score.slice(0, rows),
    regime: timeline.regime.slice(0, rows),
  };
}

describe('a majors-vs-alts run on poor data', () => {
  const empty = (result: MajorsAltsResult): void => {
    expect(result.daily.numbers.total_gross.every((value) => value === 0)).toBe(true);
    expect(result.weights.asset).toEqual([]);
  };

  it('has no rows and no figures on a panel without prices', () => {
    const result = play(panelOf(['ADA', 'BTC'], dayRange(10), {}));
    expect(result.timeline.regime).toEqual([]);
    expect(result.kpis).toEqual({});
    expect(result.regimeMetrics).toEqual([]);
    expect(result.warnings.join(' ')).toMatch(/universe is empty/);
  });

  it('stays flat with a single asset', () => {
    const result = play(panelOf(['BTC'], dayRange(150), { close: (_, t) => 100 + t, marketCap: () => 1e9 }));
    empty(result);
    expect(result.daily.day).toHaveLength(60);
    expect(result.kpis.total_return).toBe(0);
    expect(Object.values(result.kpis).every(Number.isFinite)).toBe(true);
  });

  it('stays flat while a major has no price to hedge with', () => {
    const full = randomPanel(5, 150, 1);
    empty(play(selectRows(full, (matrix, _, asset) => asset !== 'ETH' || matrix !== 'close')));
  });

  it('stays flat when nothing is traded', () => {
    const panel = randomPanel(5, 150, 1);
    panel.volume.fill(0);
    const result = play(panel);
    empty(result);
    expect(result.features.z.liquidity_7d_median.every(Number.isNaN)).toBe(true);
  });

  it('drops an asset that vanishes three days after its last row, the reference never', () => {
    const full = randomPanel(6, 150, 2);
    const gone = full.days[100]!;
    const panel = selectRows(full, (_, day, asset) => asset !== 'ALT001' || day <= gone);
    const eager = {
      ...LIVELY,
      universe: { ...LIVELY.universe, altSelection: { ...LIVELY.universe.altSelection, enabled: false } },
    };
    const basketOn = (profile: 'corrected' | 'reference', day: number): boolean => {
      const signal = majorsAltsSignal({ panel, excluded: NOTHING }, { ...eager, profile }, day);
      return 'ALT001' in (signal.book?.basket ?? signal.legWeights.alts);
    };
    expect([3, 4].map((later) => basketOn('corrected', gone + later))).toEqual([true, false]);
    expect(basketOn('reference', gone + 4)).toBe(true);
  });

  it('uses the day before for an asof without rows, and refuses one before all data', () => {
    const panel = randomPanel(5, 150, 3);
    const last = panel.days.at(-1)!;
    const input = { panel, excluded: NOTHING };
    const signal = majorsAltsSignal(input, LIVELY, last + 400);
    expect(signal.dataDay).toBe(last);
    expect({ ...signal, asofDay: last, dataDay: null }).toEqual(majorsAltsSignal(input, LIVELY, last));
    expect(() => majorsAltsSignal(input, LIVELY, panel.days[0]! - 1)).toThrow(/no major or alt has a price/);
  });

  it('goes on without funding and open interest, and says so', () => {
    const panel = randomPanel(8, 170, 4);
    panel.fundingRate.fill(Number.NaN);
    panel.openInterest.fill(Number.NaN);
    const result = play(panel);
    expect(result.warnings.join(' ')).toMatch(/no funding rates.*no open interest/);
    expect(result.fundingCoverage.missingShare).toBe(result.fundingCoverage.due === 0 ? 0 : 1);
    expect(result.features.raw.funding_skew.every(Number.isNaN)).toBe(true);
  });

  it('refuses a long leg that is not two majors', () => {
    const settings = { ...LIVELY, universe: { ...LIVELY.universe, majors: ['BTC'] } };
    expect(() => play(randomPanel(3, 100, 1), settings)).toThrow(/two majors/);
  });

  it('takes an unknown weight key for the first column that contains it', () => {
    const { composite } = LIVELY.regime;
    const weights = { momentum_alt_7d: 0.5, nonsense: 0.5 };
    const result = play(randomPanel(4, 150, 9), {
      ...LIVELY,
      regime: { ...LIVELY.regime, composite: { ...composite, weights } },
    });
    const z = result.features.z.momentum_alt_7d;
    const row = z.findLastIndex((value) => !Number.isNaN(value));
    expect(Math.abs(result.timeline.score[row]!)).toBeCloseTo(Math.min(Math.abs(0.5 * z[row]!), 9), 6);
    expect(result.warnings.join(' ')).toMatch(/named like nonsense/);
  });
});
