/** How far the returns of a backtest can be believed by themselves: an interval for each figure, and a verdict. */
import { figureIntervals, type PeriodReturns } from './bar-returns.js';
import type { BootstrapInterval } from './block-bootstrap.js';
import { type Verdict, verdictOf } from './verdict.js';

export interface ReturnBelief {
  /** By figure of `returnFigures`, and `sharpe_beyond_holding`; none for fewer than thirty periods. */
  readonly intervals: Readonly<Record<string, BootstrapInterval>>;
  readonly verdict: Verdict;
}

const DRAWS = { draws: 500, seed: 42 } as const;
const YEAR_MS = 365 * 86_400_000;

export function returnBelief(earned: PeriodReturns, holding: PeriodReturns): ReturnBelief {
  const intervals = figureIntervals(earned, holding, DRAWS);
  const verdict = verdictOf({
    sharpe: intervals.sharpe,
    faults: 0,
    overfitting: undefined,
    deflated: undefined,
  });
  return { intervals, verdict };
}

export interface Wealth {
  /** Evenly spaced but for the last, UTC ms. */
  readonly ts: readonly number[];
  /** Wealth of the strategy and of holding at those moments, in any unit: only ratios count. */
  readonly strategy: readonly number[];
  readonly buy_and_hold: readonly number[];
}

/** The same of wealth at some moments: returns are those from one to the next, a shorter last stretch is left out. */
export function wealthBelief({ ts, strategy, buy_and_hold: holding }: Wealth): ReturnBelief {
  const step = ts.length < 2 ? 1 : ts[1]! - ts[0]!;
  const isWhole = ts.length > 2 && ts.at(-1)! - ts.at(-2)! >= step;
  const stretches = Math.max(0, ts.length - (isWhole ? 1 : 2));
  const returnsOf = (wealth: readonly number[]): PeriodReturns => ({
    period: Float64Array.from({ length: stretches }, (_, at) => ts[at]!),
    returns: Float64Array.from({ length: stretches }, (_, at) => wealth[at + 1]! / wealth[at]! - 1),
    perYear: YEAR_MS / step,
  });
  return returnBelief(returnsOf(strategy), returnsOf(holding));
}
