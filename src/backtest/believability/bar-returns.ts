/** Equity by bar as returns by day: what intervals are made of, whatever the timeframe. */

import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type BootstrapInterval, bootstrapIntervals } from './block-bootstrap.js';
import { returnFigures } from './return-figures.js';
import type { SensitivityRow } from './sensitivity-row.js';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const LEAST_PERIODS = 30;
/** Mean length of a block, in periods. */
const BLOCK = 10;

/** One entry per period, simple returns as fractions. */
export interface PeriodReturns {
  /** Number of each period since 1970. */
  readonly period: Float64Array;
  readonly returns: Float64Array;
  /** Periods of a year, for annualised figures. */
  readonly perYear: number;
}

/**
 * Returns from the last bar of a UTC day to the last of the next; of each bar for a timeframe of a day or more.
 * @param equity at the close of each bar, 1 at the start
 * @param time open of each bar, UTC ms
 */
export function periodReturns(equity: Float64Array, time: Float64Array, timeframe: Timeframe): PeriodReturns {
  const length = Math.max(DAY_MS, TIMEFRAME_MS[timeframe]);
  const closes: number[] = [];
  const period: number[] = [];
  for (let bar = 0; bar < equity.length; bar += 1) {
    const isLast =
      bar + 1 === equity.length || Math.floor(time[bar + 1]! / length) !== Math.floor(time[bar]! / length);
    if (!isLast) continue;
    closes.push(equity[bar]!);
    period.push(Math.floor(time[bar]! / length));
  }
  return {
    period: Float64Array.from(period),
    returns: Float64Array.from(closes, (value, at) => value / (at === 0 ? 1 : closes[at - 1]!) - 1),
    perYear: YEAR_MS / length,
  };
}

/** Figures of one setting: Sharpe ratio a year, total return and deepest fall as fractions. */
export function sensitivityRow(setting: number, { returns, perYear }: PeriodReturns): SensitivityRow {
  const { sharpe, total_return, max_drawdown } = returnFigures(returns, undefined, perYear);
  return { setting, sharpe, total_return, max_drawdown };
}

/** Intervals of every figure, and of the Sharpe ratio of what is earned beyond holding; none for few periods. */
export function figureIntervals(
  { returns, perYear }: PeriodReturns,
  holding: PeriodReturns,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): Readonly<Record<string, BootstrapInterval>> {
  if (returns.length < LEAST_PERIODS) return {};
  const beyond = returns.map((value, at) => value - (holding.returns[at] ?? 0));
  return bootstrapIntervals(
    returns.length,
    (positions) => ({
      ...returnFigures(returns, positions, perYear),
      sharpe_beyond_holding: returnFigures(beyond, positions, perYear).sharpe,
    }),
    { method: 'stationary', blockLength: BLOCK, draws, seed, level: 0.95 },
  );
}
