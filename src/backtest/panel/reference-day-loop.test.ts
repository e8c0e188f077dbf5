import { describe, expect, it } from 'vitest';
import { viewPanel } from '../../analysis/neutral/alt-universe.js';
import { dayRange, panelOf } from '../../analysis/neutral/asset-panel.fixture.js';
import { REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import { tradingRows } from '../../analysis/neutral/trading-rows.js';
import { DEFAULT_MAJORS_ALTS, type RiskSettings } from './panel-settings.js';
import { runReferenceBook } from './reference-day-loop.js';

const ON = REGIME_CODE.RISK_ON_MAJORS;
const OFF = REGIME_CODE.BALANCED;
const { risk: RISK, positionScaling } = DEFAULT_MAJORS_ALTS.backtest;
const STILL: RiskSettings = {
  ...RISK,
  stopLoss: { ...RISK.stopLoss, enabled: false },
  takeProfit: { ...RISK.takeProfit, enabled: false },
  volatilityTargeting: { ...RISK.volatilityTargeting, enabled: false },
};

/** One alt with betas of one half; scores jump every day, so that a book is asked for every day the regime is on. */
function play(
  moves: readonly number[],
  regime: readonly number[],
  changes: Partial<RiskSettings> = {},
  { test = regime.length, jump = 1 }: { test?: number; jump?: number } = {},
) {
  const panel = panelOf(['ALT', 'BTC', 'ETH'], dayRange(regime.length), {
    close: (id, t) =>
      id === 'ALT' ? moves.slice(0, t).reduce((level, move) => level * (1 + move), 100) : 100,
    marketCap: () => 1e9,
    volume: () => 1e8,
  });
  const { universe, costs } = DEFAULT_MAJORS_ALTS;
  const settings = {
    ...DEFAULT_MAJORS_ALTS,
    profile: 'reference' as const,
    universe: { ...universe, altSelection: { ...universe.altSelection, enabled: false } },
    costs: { ...costs, takerFeeBps: 0, slippageBps: 0 },
    backtest: {
      ...DEFAULT_MAJORS_ALTS.backtest,
      positionScaling: { ...positionScaling, enabled: false },
      risk: { ...STILL, ...changes },
    },
  };
  const view = viewPanel(panel, {
    profile: 'reference',
    majors: ['BTC', 'ETH'],
    excluded: new Set(),
    lag: 0,
  });
  const trading = tradingRows(view);
  const windows = Array.from({ length: Math.floor(trading.length / test) }, (_, k) => ({
    from: k * test,
    to: (k + 1) * test,
  }));
  return runReferenceBook({
    view,
    settings,
    trading,
    windows,
    score: Float64Array.from(regime, (_, row) => 1 + jump * (row % 2)),
    regime: Uint8Array.from(regime),
    trackerBetas: new Map([['ALT', { BTC: 0.5, ETH: 0.5 }]]),
  });
}

const gross = (book: ReturnType<typeof play>): number[] => [...book.daily.numbers.total_gross];
const on = (count: number): number[] => Array(count).fill(ON);

describe('the day loop of the original', () => {
  it('drops a position the next day unless regime or score moves', () => {
    expect(gross(play([], [OFF, ON, ON, ON, OFF, ON], {}, { jump: 0.1 }))).toEqual([1, 0, 0, 0, 1]);
  });

  it('starts each window flat, enters its first day for nothing and writes no row for it', () => {
    const book = play(Array(9).fill(0.01), on(10), {}, { test: 5 });
    expect(book.daily.day).toHaveLength(8);
    expect(new Set(book.basket.day).size).toBe(10);
    expect(book.weights.day.includes(book.basket.day[0]!)).toBe(false);
    expect(book.daily.numbers.pnl[0]).toBeCloseTo(-0.005, 12);
  });

  it('stops a day late, and leaves without a price', () => {
    const stop = { stopLoss: { ...RISK.stopLoss, volatilityAdjusted: false } };
    const book = play([0, 0.12, 0.1, 0, 0, 0], on(7), stop);
    // the loss of row 2 stops row 3, whose own loss is not booked; the kept loss goes on stopping
    const pnl = [0, -0.06, 0, 0, 0, 0];
    book.daily.numbers.pnl.forEach((value, row) => {
      expect(value).toBeCloseTo(pnl[row]!, 12);
    });
    expect(gross(book)).toEqual([1, 1, 0, 0, 0, 1]);
  });

  it('takes profit by yesterday and leaves after thirty days', () => {
    const take = { takeProfit: { ...RISK.takeProfit, enabled: true } };
    expect(gross(play([0, -0.1, -0.12, 0, 0], on(6), take))).toEqual([1, 1, 1, 0, 1]);
    expect(gross(play([], on(40), take)).indexOf(0)).toBe(30);
  });

  it('leaves at a drawdown where that is asked for', () => {
    const trail = { trailingStop: { ...RISK.trailingStop, enabled: true, drawdownThreshold: -0.1 } };
    expect(gross(play([0, 0.1, 0.15, 0, 0], on(6), trail))).toEqual([1, 1, 1, 0, 0]);
  });

  it('scales by the volatility of twenty past rows, population deviation over 252 days', () => {
    const moves = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 0.06 : -0.06 / 1.06));
    const book = play(moves, on(30), { volatilityTargeting: RISK.volatilityTargeting });
    const sizes = gross(book);
    // rows before today: twenty are there on the 21st
    expect(sizes.slice(0, 20).every((size) => size === 1)).toBe(true);
    const past = book.daily.numbers.r_ls_net.slice(0, 20);
    const mean = past.reduce((sum, value) => sum + value, 0) / 20;
    const deviation = Math.sqrt(past.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20);
    expect(sizes[20]).toBeCloseTo(0.2 / (deviation * Math.sqrt(252)), 12);
  });
});
