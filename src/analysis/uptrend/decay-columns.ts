/** What is kept of each bar for the decay index. */
import { LONGEST_WINDOW } from './decay-windows.js';

export const DECAY_COLUMNS = [
  'close',
  'high',
  'low',
  'inverse',
  'inverses',
  'shares',
  'range',
  'plus',
  'minus',
  'atr',
  'adx',
  'rsi',
  'ema144',
  'ema250',
  'ema333',
  'value',
  'volume',
] as const;
/** `inverse` is 1 / close; `inverses` and `shares` are the running sums of it and of ATR / close. */
export type DecayColumn = (typeof DECAY_COLUMNS)[number];
/** Rows kept: the longest window, its start bar, one before. */
export const DECAY_ROWS = LONGEST_WINDOW + 16;
