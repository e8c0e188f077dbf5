/** What a fixed rule on regime labels would have earned: at other costs, later, and beside holding. */
import {
  exposure,
  nextReturns,
  performance,
  type RuleName,
} from '../../analysis/models/walk-forward/economic-value.js';
import {
  type PeriodReturns,
  periodReturns,
  sensitivityRow,
} from '../../backtest/believability/bar-returns.js';
import type { SensitivityRow } from '../../backtest/believability/sensitivity-row.js';
import { COST_FACTORS, DELAYS } from '../../backtest/believability/sensitivity-row.js';
import type { Series } from '../../market/series.js';

/** Labels as they were shown, by the open of their bars, UTC ms. */
export interface ShownLabels {
  readonly time: Float64Array;
  readonly label: readonly string[];
}

export interface PlayedRule {
  readonly earned: PeriodReturns;
  readonly holding: PeriodReturns;
  readonly costs: SensitivityRow[];
  readonly delays: SensitivityRow[];
}

/**
 * Plays a rule again on the labels as they were shown, from stored closes alone: a second way to the same
 * wealth.
 */
export function playRule(
  series: Series,
  { time, label }: ShownLabels,
  { rule, costBps }: { readonly rule: RuleName; readonly costBps: number },
): PlayedRule {
  const place = new Map(Array.from(series.time, (ts, at) => [ts, at]));
  const close = Array.from(time, (ts) => series.close[place.get(ts)!]!);
  const logs = Float64Array.from(close, (value, row) =>
    row === 0 ? Number.NaN : Math.log(value / close[row - 1]!),
  );
  const next = nextReturns(logs);
  const wanted = label.map((each) => exposure(each, rule));
  const earned = (position: readonly number[], bps: number): PeriodReturns => {
    const equity = new Float64Array(next.length);
    let log = 0;
    performance(position, next, { costBps: bps, barsPerYear: 1 }, (net, bar) => {
      log += net;
      equity[bar] = Math.exp(log);
    });
    return periodReturns(equity, time.subarray(1), series.timeframe);
  };
  const play = (bps: number, late: number): PeriodReturns =>
    earned([...new Array<number>(late).fill(0), ...wanted], bps);
  return {
    earned: play(costBps, 0),
    holding: earned(
      wanted.map(() => 1),
      costBps,
    ),
    costs: COST_FACTORS.map((times) => sensitivityRow(times, play(times * costBps, 0))),
    delays: DELAYS.map((late) => sensitivityRow(late, play(costBps, late))),
  };
}
