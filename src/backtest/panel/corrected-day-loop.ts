/**
 * The book from day to day (spec majors-alts-monitor §10.2): one pass over all test days, state carried across windows.
 *
 * Weights decided with the closes of day t are held over t → t+1. A day is priced with the weights it began with, exits
 * are tested on its result, then the book is closed, kept or made anew at its close. Entering and leaving cost turnover.
 */
import { isTraded } from '../../analysis/neutral/regime-state.js';
import { type BookInputs, heldReturn } from './book-inputs.js';
import { BookRecord, grossOf, type RecordedBook } from './book-record.js';
import type { ExitReason } from './majors-alts-result.js';
import type { RiskSettings } from './panel-settings.js';
import { exAnteVolatility, regimeScale, volatilityScale } from './position-scale.js';
import { buildTarget } from './target-book.js';
import { accrueFunding, tradeCost } from './trading-costs.js';

/** Change of the score since the last rebalance that asks for a new one. */
const SCORE_STEP = 0.3;
/** Steps that measure the volatility of a volatility-adjusted stop, and the volatility at which it is neutral. */
const STOP_STEPS = 20;
const STOP_VOLATILITY = 0.2;
const LONG_STOP_DAYS = 3;
const LONG_STOP_FACTOR = 1.5;

/** A position since its entry. */
interface Position {
  readonly entryDay: number;
  /** Equity after the costs of the entry day. */
  readonly entryEquity: number;
  /** Net returns of the days after the entry day. */
  readonly returns: number[];
  /** Weights have been halved at the profit threshold. */
  isHalved: boolean;
}

interface Errors {
  betaFirst: number;
  betaSecond: number;
  net: number;
}

const FLAT: Errors = { betaFirst: 0, betaSecond: 0, net: 0 };

/** The book of the corrected profile over all test windows, day by day (spec majors-alts-monitor §10.2). */
export function runCorrectedBook(inputs: BookInputs): RecordedBook {
  const { view, settings, trading, windows, score, regime } = inputs;
  const { risk } = settings.backtest;
  const { days } = view.panel;
  const record = new BookRecord(view);
  const equities: number[] = [];
  const flat = new Float64Array(view.panel.assets.length);
  let held = flat;
  let position: Position | undefined;
  let errors = FLAT;
  let rebalanceScore = 0;
  let cooldown = 0;
  const first = windows[0]?.from ?? 0;
  const last = windows.at(-1)?.to ?? 0;
  for (let row = first; row < last; row += 1) {
    const t = trading[row]!;
    const isFirst = row === first;
    let pnl = 0;
    let funding = 0;
    let unfundedGross = 0;
    if (!isFirst) {
      const prev = trading[row - 1]!;
      pnl = heldReturn(view, held, prev, t);
      const accrual = accrueFunding(view, held, prev, t, settings);
      record.accrual(accrual);
      ({ funding, unfundedGross } = accrual);
    }
    const pre = pnl - funding;
    let next = held;
    let rebalanced = false;
    let exitReason: ExitReason | '' = '';
    const close = (): void => {
      next = flat;
      errors = FLAT;
      rebalanced = true;
    };
    const hit = position
      ? testExits(inputs, position, held, pre, record.equity, equities, t, trading[row - 1]!)
      : '';
    if (hit === 'halve' && isTraded(regime[row]!)) {
      next = held.map((weight) => weight / 2);
      errors = { betaFirst: errors.betaFirst / 2, betaSecond: errors.betaSecond / 2, net: errors.net / 2 };
      position!.isHalved = true;
      rebalanced = true;
    } else if (hit !== '' && hit !== 'halve') {
      exitReason = hit;
      close();
      // today's date is counted off below
      cooldown = risk.cooldownDays + 1;
    } else if (!isTraded(regime[row]!)) {
      if (position) close();
    } else if (cooldown === 0) {
      const isDue =
        !position || regime[row] !== regime[row - 1] || Math.abs(score[row]! - rebalanceScore) > SCORE_STEP;
      if (isDue) {
        const made = rebalance(inputs, t, row, record);
        rebalanced = made !== undefined || position !== undefined;
        next = made?.weights ?? flat;
        errors = made?.errors ?? FLAT;
        rebalanceScore = score[row]!;
      }
    }
    if (cooldown > 0) cooldown -= 1;
    const trade = tradeCost(view, held, next, t, settings);
    const gross = grossOf(view, next);
    const total = gross.alt + gross.major;
    const net = record.row(
      {
        t,
        regime: regime[row]!,
        heldRegime: isFirst ? -1 : regime[row - 1]!,
        exitReason,
        rebalanced,
        unfundedGross,
        numbers: {
          score: score[row]!,
          pnl,
          cost: trade.cost,
          funding,
          alt_turnover: trade.altTurnover,
          major_turnover: trade.majorTurnover,
          alt_gross: gross.alt,
          major_gross: gross.major,
          total_gross: total,
          beta_err_btc: errors.betaFirst,
          beta_err_eth: errors.betaSecond,
          net_exposure: errors.net,
        },
      },
      next,
    );
    equities.push(record.equity);
    held = next;
    if (total === 0) position = undefined;
    else if (position) position.returns.push(net);
    else position = { entryDay: days[t]!, entryEquity: record.equity, returns: [], isHalved: false };
  }
  return record.finish();
}

/** The scaled book of a day; undefined when nothing qualifies. */
function rebalance(inputs: BookInputs, t: number, row: number, record: BookRecord) {
  const { view, settings, score, regime, trackerBetas } = inputs;
  const target = buildTarget(view, t, settings, trackerBetas);
  if (!target) return undefined;
  record.target(t, target);
  const scale = bookScale(inputs, target.weights, t, regime[row]!, score[row]!);
  const { betaFirst, betaSecond, net } = target.error;
  return {
    weights: target.weights.map((weight) => weight * scale),
    errors: { betaFirst: betaFirst * scale, betaSecond: betaSecond * scale, net: net * scale },
  };
}

/** Regime scale times the volatility scale of the book so scaled, at most 1. */
export function bookScale(
  { view, settings }: Pick<BookInputs, 'view' | 'settings'>,
  weights: Float64Array,
  t: number,
  regime: number,
  score: number,
): number {
  const { positionScaling, risk } = settings.backtest;
  const byRegime = regimeScale(regime, score, positionScaling);
  const scaled = weights.map((weight) => weight * byRegime);
  const volatility = exAnteVolatility(view, scaled, t, risk.volatilityTargeting.lookbackDays);
  return Math.min(1, byRegime * volatilityScale(volatility, risk.volatilityTargeting));
}

/** The first exit that the day's result before trading costs sets off. */
function testExits(
  { view, settings }: BookInputs,
  position: Position,
  held: Float64Array,
  pre: number,
  equity: number,
  equities: readonly number[],
  t: number,
  prev: number,
): ExitReason | 'halve' | '' {
  const { stopLoss, takeProfit, trailingStop }: RiskSettings = settings.backtest.risk;
  if (stopLoss.enabled) {
    let threshold = stopLoss.dailyLossThreshold;
    if (stopLoss.volatilityAdjusted) {
      const volatility = exAnteVolatility(view, held, prev, STOP_STEPS);
      if (!Number.isNaN(volatility)) threshold *= Math.min(Math.max(volatility / STOP_VOLATILITY, 0.5), 1.5);
    }
    const returns = [...position.returns, pre];
    const sumOfLast = (count: number): number => returns.slice(-count).reduce((sum, value) => sum + value, 0);
    if (
      pre < threshold ||
      sumOfLast(stopLoss.lookbackDays) < threshold ||
      sumOfLast(LONG_STOP_DAYS) < LONG_STOP_FACTOR * threshold
    ) {
      return 'stop_loss';
    }
  }
  if (takeProfit.enabled) {
    const gain = (equity * (1 + pre)) / position.entryEquity - 1;
    if (gain >= takeProfit.profitThreshold) {
      if (!takeProfit.partialProfitTaking) return 'take_profit';
      if (!position.isHalved) return 'halve';
    }
    if (view.panel.days[t]! - position.entryDay >= takeProfit.timeBasedExitDays) return 'time_exit';
  }
  if (trailingStop.enabled) {
    const peak = Math.max(...equities.slice(-trailingStop.lookbackDays));
    if (equity * (1 + pre) < (1 + trailingStop.drawdownThreshold) * peak) return 'trailing_stop';
  }
  return '';
}
