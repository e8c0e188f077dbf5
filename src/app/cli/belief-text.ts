/** Intervals and the verdict on a backtest, as lines of a terminal. */
import type { BootstrapInterval } from '../../backtest/believability/block-bootstrap.js';
import type { ReturnBelief } from '../../backtest/believability/return-belief.js';
import { percent, signedPercent } from './output.js';

/** Figures that are told, in this order, where they have an interval. */
const TOLD: readonly (readonly [key: string, name: string, write: (value: number) => string])[] = [
  ['total_return', 'return', (value) => signedPercent(value, 1)],
  ['cagr', 'a year', (value) => signedPercent(value, 1)],
  ['sharpe', 'Sharpe', ratio],
  ['sortino', 'Sortino', ratio],
  ['max_drawdown', 'max drawdown', (value) => signedPercent(value, 1)],
  ['annual_vol', 'volatility', (value) => percent(value, 1)],
  ['hit_rate_active', 'days won', (value) => percent(value, 0)],
  ['sharpe_beyond_holding', 'Sharpe beyond holding', ratio],
];

function ratio(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

/** `low to high` of a figure; undefined without an interval. */
function rangeText(
  interval: { readonly low: number | null; readonly high: number | null } | undefined,
  write: (value: number) => string,
): string | undefined {
  return interval === undefined || interval.low === null || interval.high === null
    ? undefined
    : `${write(interval.low)} to ${write(interval.high)}`;
}

type Intervals = Readonly<
  Record<string, Pick<BootstrapInterval, 'low' | 'high'> | { low: number | null; high: number | null }>
>;

/** One line of intervals; none where there are none. */
export function intervalLines(intervals: Intervals): string[] {
  const told = TOLD.flatMap(([key, name, write]) => {
    const range = rangeText(intervals[key], write);
    return range === undefined ? [] : [`${name} ${range}`];
  });
  return told.length === 0 ? [] : [`95 % intervals  ${told.join(', ')}`];
}

export function beliefLines({ intervals, verdict }: ReturnBelief): string[] {
  return [...intervalLines(intervals), `Verdict: ${verdict.verdict}. ${verdict.sentence}`];
}
