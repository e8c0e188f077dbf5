import { describe, expect, it } from 'vitest';
import { viewPanel } from '../../analysis/neutral/alt-universe.js';
import { dayRange, panelOf } from '../../analysis/neutral/asset-panel.fixture.js';
import { REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import { tradingRows } from '../../analysis/neutral/trading-rows.js';
import type { BookInputs } from './book-inputs.js';
import { runCorrectedBook } from './corrected-day-loop.js';
import {
  DEFAULT_MAJORS_ALTS,
  type MajorsAltsSettings,
  type PanelCostSettings,
  type RiskSettings,
} from './panel-settings.js';

const ON = REGIME_CODE.RISK_ON_MAJORS;
const OFF = REGIME_CODE.BALANCED;

type Moves = Readonly<Record<string, readonly number[]>>;
type Partially<T> = { readonly [K in keyof T]?: T[K] extends object ? Partially<T[K]> : T[K] };

interface Scene {
  /** Simple returns of days 1, 2 …; the first close is 100. */
  readonly moves: Moves;
  readonly regime: readonly number[];
  readonly score?: readonly number[];
  readonly days?: Int32Array;
  readonly funding?: (asset: string, index: number) => number | undefined;
  readonly volume?: (asset: string, index: number) => number | undefined;
  readonly risk?: Partially<RiskSettings>;
  readonly costs?: Partial<PanelCostSettings>;
}

/** One alt against BTC and ETH with betas of one half: weights −0.5, 0.25, 0.25; free of costs unless said. */
function play(scene: Scene) {
  const { moves, regime, score = regime.map(() => 1), risk = {}, costs = {} } = scene;
  const days = scene.days ?? dayRange(regime.length);
  const price = (asset: string, index: number): number =>
    (moves[asset] ?? []).slice(0, index).reduce((level, move) => level * (1 + move), 100);
  const panel = panelOf(['ALT', 'BTC', 'ETH'], days, {
    close: price,
    marketCap: () => 1e9,
    volume: scene.volume ?? (() => 1e8),
    fundingRate: scene.funding ?? (() => 0),
  });
  const base = DEFAULT_MAJORS_ALTS;
  const { stopLoss, takeProfit, volatilityTargeting, trailingStop } = base.backtest.risk;
  const settings: MajorsAltsSettings = {
    ...base,
    universe: { ...base.universe, altSelection: { ...base.universe.altSelection, enabled: false } },
    costs: { ...base.costs, takerFeeBps: 0, slippageBps: 0, ...costs },
    backtest: {
      ...base.backtest,
      positionScaling: { ...base.backtest.positionScaling, enabled: false },
      risk: {
        stopLoss: { ...stopLoss, enabled: false, volatilityAdjusted: false, ...risk.stopLoss },
        takeProfit: { ...takeProfit, enabled: false, ...risk.takeProfit },
        volatilityTargeting: { ...volatilityTargeting, enabled: false, ...risk.volatilityTargeting },
        trailingStop: { ...trailingStop, ...risk.trailingStop },
        cooldownDays: risk.cooldownDays ?? 3,
      },
    },
  };
  const view = viewPanel(panel, {
    profile: 'corrected',
    majors: ['BTC', 'ETH'],
    excluded: new Set(),
    lag: 1,
  });
  const trading = tradingRows(view);
  const inputs: BookInputs = {
    view,
    settings,
    trading,
    windows: [{ from: 0, to: trading.length }],
    score: Float64Array.from(score),
    regime: Uint8Array.from(regime),
    trackerBetas: new Map([['ALT', { BTC: 0.5, ETH: 0.5 }]]),
  };
  return runCorrectedBook(inputs);
}

const gross = ({ daily }: ReturnType<typeof play>): number[] => [...daily.numbers.total_gross];

describe('the corrected book from day to day', () => {
  it('holds its weights until regime or score asks for new ones', () => {
    const { daily, weights } = play({
      moves: { ALT: [0, -0.1, 0.1] },
      regime: [ON, ON, ON, ON, OFF, OFF],
      score: [1, 1.29, 1.31, 1.31, 0, 0],
    });
    expect(daily.rebalanced).toEqual([true, false, true, false, true, false]);
    expect([...daily.numbers.total_gross]).toEqual([1, 1, 1, 1, 0, 0]);
    expect(daily.numbers.pnl[2]).toBeCloseTo(0.05, 12);
    expect(daily.numbers.pnl[3]).toBeCloseTo(-0.05, 12);
    expect(daily.heldRegime[0]).toBe('');
    expect(weights.asset.filter((_, row) => weights.day[row] === daily.day[1])).toEqual([
      'ALT',
      'BTC',
      'ETH',
    ]);
  });

  it('charges the entry, each change and the exit', () => {
    const { daily } = play({
      moves: {},
      regime: [ON, ON, OFF],
      costs: { takerFeeBps: 5, slippageBps: 5 },
    });
    expect([...daily.numbers.cost]).toEqual([0.001, 0, 0.001]);
    expect(daily.equity[2]).toBeCloseTo(0.999 ** 2, 12);
  });

  it('leaves at a loss of one day, waits three dates, and may enter on the fourth', () => {
    const book = play({
      moves: { ALT: [0.11] },
      regime: Array(7).fill(ON),
      risk: { stopLoss: { enabled: true } },
    });
    expect(book.daily.exitReason.slice(0, 3)).toEqual(['', 'stop_loss', '']);
    expect(gross(book)).toEqual([1, 0, 0, 0, 0, 1, 1]);
  });

  it('adds up losses since the entry, and not those of an earlier position', () => {
    const slow = { ALT: [0.04, 0.04, 0.04, 0.04] };
    const book = play({ moves: slow, regime: Array(5).fill(ON), risk: { stopLoss: { enabled: true } } });
    expect(book.daily.exitReason).toEqual(['', '', '', 'stop_loss', '']);
    const interrupted = play({
      moves: slow,
      regime: [ON, ON, OFF, ON, ON],
      risk: { stopLoss: { enabled: true } },
    });
    expect(interrupted.daily.exitReason).toEqual(['', '', '', '', '']);
  });

  it('tightens the stop for a calm book', () => {
    const moves = {
      ALT: [...Array(25).fill(0.001), 0.06],
      BTC: Array(26).fill(0.001),
      ETH: Array(26).fill(0.001),
    };
    const regime = Array(27).fill(ON);
    const plain = play({ moves, regime, risk: { stopLoss: { enabled: true } } });
    const adjusted = play({ moves, regime, risk: { stopLoss: { enabled: true, volatilityAdjusted: true } } });
    expect(plain.daily.exitReason.at(-1)).toBe('');
    expect(adjusted.daily.exitReason.at(-1)).toBe('stop_loss');
  });

  it('takes profit at ten percent since the entry', () => {
    const { daily } = play({
      moves: { ALT: [-0.1, -0.1, 0] },
      regime: Array(4).fill(ON),
      risk: { takeProfit: { enabled: true } },
    });
    expect(daily.exitReason).toEqual(['', '', 'take_profit', '']);
  });

  it('halves once instead, where profits are taken in part', () => {
    const book = play({
      moves: { ALT: [-0.21, 0, 0], BTC: [0, 0.01], ETH: [0, 0.01] },
      regime: Array(4).fill(ON),
      risk: { takeProfit: { enabled: true, partialProfitTaking: true } },
    });
    expect(gross(book)).toEqual([1, 0.5, 0.5, 0.5]);
    expect(book.daily.exitReason).toEqual(['', '', '', '']);
    expect(book.daily.rebalanced).toEqual([true, true, false, false]);
  });

  it('leaves wholly, not by half, on a day that is no longer traded', () => {
    const book = play({
      moves: { ALT: [-0.21, 0, 0] },
      regime: [ON, OFF, OFF, ON],
      risk: { takeProfit: { enabled: true, partialProfitTaking: true } },
    });
    expect(gross(book)).toEqual([1, 0, 0, 1]);
    expect(book.daily.exitReason).toEqual(['', '', '', '']);
  });

  it('leaves after thirty days', () => {
    const { daily } = play({
      moves: {},
      regime: Array(33).fill(ON),
      risk: { takeProfit: { enabled: true } },
    });
    expect(daily.exitReason.findIndex((reason) => reason !== '')).toBe(30);
    expect(daily.exitReason[30]).toBe('time_exit');
  });

  it('leaves when equity falls from its recent peak', () => {
    const { daily } = play({
      moves: { ALT: [-0.1, 0.1, 0.1, 0.1, 0.1] },
      regime: Array(6).fill(ON),
      risk: { trailingStop: { enabled: true, drawdownThreshold: -0.12 } },
    });
    expect(daily.exitReason).toEqual(['', '', '', '', 'trailing_stop', '']);
  });

  it('pays funding of what it holds, by the row of the day before', () => {
    const funding = (asset: string, index: number): number => (asset === 'ALT' ? 1e-3 * (index + 1) : 0);
    const { daily } = play({ moves: {}, regime: [OFF, ON, ON, OFF, OFF], funding });
    // short alts receive: −0.5 × rate × 3 settlements
    const expected = [0, 0, -0.5 * 2e-3 * 3, -0.5 * 3e-3 * 3, 0];
    daily.numbers.funding.forEach((value, row) => {
      expect(value).toBeCloseTo(expected[row]!, 12);
    });
  });

  it('reports names without a rate instead of calling them free', () => {
    const book = play({
      moves: {},
      regime: [ON, ON, ON],
      funding: (asset) => (asset === 'ALT' ? undefined : 1e-4),
    });
    expect(book.fundingCoverage).toEqual({ due: 6, missing: 2, missingShare: 1 / 3, missingGrossShare: 0.5 });
    expect([...book.daily.unfundedGross]).toEqual([0, 0.5, 0.5]);
  });

  it('pays every calendar day that trading skips', () => {
    const days = Int32Array.from([100, 101, 104]);
    const { daily, fundingCoverage } = play({
      moves: {},
      regime: [ON, ON, ON],
      days,
      funding: () => 1e-4,
    });
    // long and short cancel in this book; two of the three days have no rows
    expect(fundingCoverage).toMatchObject({ due: 12, missing: 6 });
    expect(daily.unfundedGross[2]).toBeCloseTo(2, 12);
  });

  it('pays more slippage the larger it is against the volume, up to 200 basis points', () => {
    const costs = { takerFeeBps: 0, slippageBps: 5 };
    const cost = (capitalUsd: number | null, volume = 1e8): number =>
      play({ moves: {}, regime: [ON], volume: () => volume, costs: { ...costs, capitalUsd } }).daily.numbers
        .cost[0]!;
    expect(cost(null)).toBeCloseTo(5e-4, 12);
    // ALT 0.5 of 10 M = 5 % of volume → 50 bps; majors 2.5 % → 25 bps each
    expect(cost(1e7)).toBeCloseTo(5e-4 + 0.5 * 0.005 + 0.5 * 0.0025, 12);
    expect(cost(1e9)).toBeCloseTo(0.02, 12);
    expect(cost(1e7, 2e6)).toBeCloseTo(0.02, 12);
  });

  it('blends maker and taker fees', () => {
    const blended = play({
      moves: {},
      regime: [ON],
      costs: { takerFeeBps: 5, makerFeeBps: 2, makerShare: 0.5 },
    });
    expect(blended.daily.numbers.cost[0]).toBeCloseTo(3.5e-4, 12);
  });

  it('scales down to the volatility target', () => {
    const wild = { ALT: Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 0.08 : -0.08)) };
    const regime = [...Array(24).fill(OFF), ON];
    const { daily } = play({ moves: wild, regime, risk: { volatilityTargeting: { enabled: true } } });
    const volatility = 0.5 * 0.08 * Math.sqrt(20 / 19) * Math.sqrt(365);
    expect(daily.numbers.total_gross[24]).toBeCloseTo(0.2 / volatility, 6);
  });

  it('tries again the next day while no alt qualifies', () => {
    const book = play({
      moves: {},
      regime: [ON, ON, ON],
      volume: (_, index) => (index < 2 ? 0 : 1e9),
    });
    expect(gross(book)).toEqual([0, 0, 0]);
    expect(book.daily.rebalanced).toEqual([false, false, false]);
  });
});
