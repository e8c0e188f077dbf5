/**
 * The day loop of the original, faults included (spec majors-alts-monitor §10.1): every window starts flat, its first day
 * enters for nothing and is not written, a position lives one day unless the regime or the score asks for a new one, stops
 * act on yesterday's returns and leave without a price.
 */
import { isTraded } from '../../analysis/neutral/regime-state.js';
import { type BookInputs, heldReturn } from './book-inputs.js';
import { BookRecord, grossOf, type RecordedBook } from './book-record.js';
import type { MajorsAltsSettings } from './panel-settings.js';
import { regimeScale, volatilityScale } from './position-scale.js';
import { buildTarget } from './target-book.js';
import { accrueFunding, tradeCost } from './trading-costs.js';

const SCORE_STEP = 0.3;
const YEAR = 252;
const OPEN_GROSS = 0.01;
/** Kept returns from which the volatility-adjusted stop counts; its clamp then always gives half the threshold. */
const ADJUSTED_RETURNS = 5;

/** State of one window. */
interface WindowState {
  held: Float64Array;
  /** Net returns of the rows so far. */
  readonly returns: number[];
  readonly equities: number[];
  entry: { readonly day: number; readonly equity: number } | undefined;
}

/** The book of the reference profile, its faults included, each test window by itself. */
export function runReferenceBook(inputs: BookInputs): RecordedBook {
  const record = new BookRecord(inputs.view);
  for (const { from, to } of inputs.windows) runWindow(inputs, record, from, to);
  return record.finish();
}

function runWindow(inputs: BookInputs, record: BookRecord, from: number, to: number): void {
  const { view, settings, trading, score, regime } = inputs;
  const { days, assets } = view.panel;
  const flat = new Float64Array(assets.length);
  const state: WindowState = { held: flat, returns: [], equities: [], entry: undefined };
  for (let row = from; row < to; row += 1) {
    const t = trading[row]!;
    const isFirst = row === from;
    const isStopped = !isFirst && stopLossHit(state.returns, settings);
    const isOut =
      isStopped ||
      (!isFirst && (takeProfitHit(state, days[t]!, settings) || trailingStopHit(state, settings)));
    const isDue =
      isFirst || regime[row] !== regime[row - 1] || Math.abs(score[row]! - score[row - 1]!) > SCORE_STEP;
    const wantsBook = !isOut && isDue && isTraded(regime[row]!);
    const next = wantsBook ? makeBook(inputs, record, row, state) : flat;
    if (isFirst) {
      state.held = next;
      continue;
    }
    const prev = trading[row - 1]!;
    const held = isStopped ? flat : state.held;
    const accrual = accrueFunding(view, held, prev, t, settings);
    record.accrual(accrual);
    const trade = tradeCost(view, held, next, t, settings);
    const gross = grossOf(view, next);
    const total = gross.alt + gross.major;
    const net = record.row(
      {
        t,
        regime: regime[row]!,
        heldRegime: regime[row - 1]!,
        exitReason: '',
        rebalanced: wantsBook,
        unfundedGross: accrual.unfundedGross,
        numbers: {
          score: score[row]!,
          pnl: heldReturn(view, held, prev, t),
          cost: trade.cost,
          funding: accrual.funding,
          alt_turnover: trade.altTurnover,
          major_turnover: trade.majorTurnover,
          alt_gross: gross.alt,
          major_gross: gross.major,
          total_gross: total,
          beta_err_btc: 0,
          beta_err_eth: 0,
          net_exposure: 0,
        },
      },
      next,
    );
    state.returns.push(net);
    const equity = (state.equities.at(-1) ?? 1) * (1 + net);
    state.equities.push(equity);
    if (total <= OPEN_GROSS) state.entry = undefined;
    else state.entry ??= { day: days[t]!, equity };
    state.held = next;
  }
}

/** The scaled book of a row; flat when nothing qualifies. */
function makeBook(
  inputs: BookInputs,
  record: BookRecord,
  row: number,
  { returns }: WindowState,
): Float64Array {
  const { view, settings, trading, score, regime, trackerBetas } = inputs;
  const { positionScaling, risk } = settings.backtest;
  const target = buildTarget(view, trading[row]!, settings, trackerBetas);
  if (!target) return new Float64Array(view.panel.assets.length);
  record.target(trading[row]!, target);
  const { lookbackDays } = risk.volatilityTargeting;
  const volatility =
    returns.length < lookbackDays ? 0 : populationDeviation(returns.slice(-lookbackDays)) * Math.sqrt(YEAR);
  const scale =
    regimeScale(regime[row]!, score[row]!, positionScaling) *
    volatilityScale(volatility, risk.volatilityTargeting);
  return target.weights.map((weight) => weight * Math.min(1, scale));
}

function populationDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function stopLossHit(returns: readonly number[], { backtest }: MajorsAltsSettings): boolean {
  const { enabled, lookbackDays, dailyLossThreshold, volatilityAdjusted } = backtest.risk.stopLoss;
  const kept = returns.slice(-lookbackDays);
  if (!enabled || kept.length === 0) return false;
  const threshold =
    volatilityAdjusted && kept.length >= ADJUSTED_RETURNS ? dailyLossThreshold / 2 : dailyLossThreshold;
  const sumOfLast = (count: number): number => kept.slice(-count).reduce((sum, value) => sum + value, 0);
  return (
    kept.at(-1)! < threshold ||
    sumOfLast(lookbackDays) < threshold ||
    (kept.length >= 3 && sumOfLast(3) < 1.5 * threshold)
  );
}

/** Gain since the entry by yesterday's equity, or too many days held. */
function takeProfitHit(
  { entry, equities }: WindowState,
  day: number,
  { backtest }: MajorsAltsSettings,
): boolean {
  const { enabled, profitThreshold, timeBasedExitDays } = backtest.risk.takeProfit;
  if (!enabled || !entry) return false;
  return equities.at(-1)! / entry.equity - 1 >= profitThreshold || day - entry.day >= timeBasedExitDays;
}

function trailingStopHit({ equities }: WindowState, { backtest }: MajorsAltsSettings): boolean {
  const { enabled, drawdownThreshold, lookbackDays } = backtest.risk.trailingStop;
  if (!enabled || equities.length === 0) return false;
  const peak = Math.max(...equities.slice(-lookbackDays));
  return equities.at(-1)! / peak - 1 < drawdownThreshold;
}
