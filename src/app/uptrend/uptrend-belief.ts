/** How far the simulated trades of an uptrend backtest can be believed: intervals of their figures and a verdict. */
import { type PeriodReturns, periodReturns } from '../../backtest/believability/bar-returns.js';
import { type ReturnBelief, returnBelief } from '../../backtest/believability/return-belief.js';
import type { UptrendTrace } from '../../backtest/uptrend-trace.js';
import type { Series } from '../../market/series.js';
import type { UptrendRun } from './uptrend-service.js';

/** Null when nothing was simulated. */
export function uptrendBelief({ series, trace, simulated }: UptrendRun): ReturnBelief | null {
  if (simulated === null) return null;
  return returnBelief(periodsOf(series, trace, simulated.equity), holdingOf(series, trace));
}

/** @param equity at each bar of the trace */
export function periodsOf(
  { time, timeframe }: Series,
  { row, length }: UptrendTrace,
  equity: Float64Array,
): PeriodReturns {
  const times = Float64Array.from(row.subarray(0, length), (at) => time[at]!);
  return periodReturns(equity, times, timeframe);
}

/** What the bars of a trace earned by themselves. */
export function holdingOf(series: Series, trace: UptrendTrace): PeriodReturns {
  const { close } = series;
  const held = Float64Array.from(
    trace.row.subarray(0, trace.length),
    (row) => close[row]! / close[trace.row[0]!]!,
  );
  return periodsOf(series, trace, held);
}
