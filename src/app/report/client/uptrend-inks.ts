/** Which colour token each line and mark of the uptrend wears, in the report and in the dashboard. No DOM. */
import type { SignalKind } from './signal-runs.js';

export const UPTREND_EMA_INKS: readonly [column: string, token: string, width: number][] = [
  ['ema20', 'ema-20', 1],
  ['ema30', 'ema-20', 1],
  ['ema60', 'ema-60', 1.25],
  ['ema144', 'ema-144', 1.25],
  ['ema250', 'ema-250', 1.25],
  ['ema333', 'ema-333', 2],
];

export const UPTREND_SCORE_INKS: readonly [
  column: string,
  token: string,
  width: number,
  dash: readonly number[],
][] = [
  ['ts', 'add-appetite', 1, []],
  ['ox', 'warn', 1.5, []],
  ['dx', 'accent', 1.5, []],
  ['edx', 'decay', 1.5, [4, 3]],
];

export const UPTREND_SIGNAL_INKS: Readonly<Record<SignalKind, string>> = {
  buy: 'signal-buy',
  dip: 'signal-buy',
  trim: 'signal-trim',
  emergency: 'signal-emergency',
  reclaim: 'signal-buy',
  exit: 's0',
};

/** Edge of a buy by the state it was raised in. */
export const UPTREND_BUY_EDGES = ['s4', 's1', 's2', 'ema-333', 's4'];
