/** How much each regime timeframe counts for decisions executed on a timeframe (regime spec §11.2). */
import type { RegimeTimeframe } from './driver.js';

type Multipliers = Readonly<Record<RegimeTimeframe, number>>;

const ROWS = {
  '1m': { '1d': 0.05, '1h': 0.35, '1m': 0.6 },
  '5m': { '1d': 0.1, '1h': 0.5, '1m': 0.4 },
  '15m': { '1d': 0.15, '1h': 0.55, '1m': 0.3 },
  '1h': { '1d': 0.3, '1h': 0.55, '1m': 0.15 },
  '4h': { '1d': 0.55, '1h': 0.4, '1m': 0.05 },
  '1d': { '1d': 0.8, '1h': 0.18, '1m': 0.02 },
} as const satisfies Readonly<Record<string, Multipliers>>;

export type ExecutionTimeframe = keyof typeof ROWS;
export const EXECUTION_TIMEFRAMES = Object.keys(ROWS) as readonly ExecutionTimeframe[];

const DEFAULT_ROW: ExecutionTimeframe = '1h';

/** The row of an execution timeframe; any that has none gets that of 1h. */
export function executionRow(timeframe: string): {
  readonly execution: ExecutionTimeframe;
  readonly multipliers: Multipliers;
} {
  const execution = Object.hasOwn(ROWS, timeframe) ? (timeframe as ExecutionTimeframe) : DEFAULT_ROW;
  return { execution, multipliers: ROWS[execution] };
}
