/** Runs side by side: how likely their best is the luck of having tried them all. */
import {
  type Overfitting,
  overfittingOfTrials,
  type Trial,
} from '../../backtest/believability/trial-belief.js';
import type { MonitorBook } from './monitor-book.js';

export const trialOf = (name: string, { daily }: MonitorBook): Trial => ({
  name,
  period: daily.ts,
  returns: Float64Array.from(daily.numbers.r_ls_net ?? [], (value) => value ?? 0),
});

/** Over the days that all runs traded; null for fewer than two runs or too few days. */
export function overfittingOf(books: readonly MonitorBook[]): Overfitting | null {
  return overfittingOfTrials(books.map((book) => trialOf('', book)));
}
