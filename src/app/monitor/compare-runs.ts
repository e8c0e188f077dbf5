/** Runs side by side: what they have in common and how likely their best is the luck of having tried them all. */
import { overfittingProbability } from '../../backtest/believability/overfitting-probability.js';
import type { MonitorBook } from './monitor-book.js';

const LEAST_DAYS = 64;

export interface Overfitting {
  readonly probability: number;
  readonly variants: number;
  readonly days: number;
  readonly choices: number;
}

/** Over the days that all runs traded; null for fewer than two runs that differ or too few days. */
export function overfittingOf(books: readonly MonitorBook[]): Overfitting | null {
  const [first, ...others] = books;
  if (first === undefined || others.length === 0) return null;
  const common = others.reduce((days, { daily }) => {
    const known = new Set(daily.ts);
    return days.filter((ts) => known.has(ts));
  }, first.daily.ts);
  if (common.length < LEAST_DAYS) return null;
  const variants = books.map(({ daily }) => {
    const at = new Map(daily.ts.map((ts, row) => [ts, row]));
    return Float64Array.from(common, (ts) => daily.numbers.r_ls_net?.[at.get(ts)!] ?? 0);
  });
  const { probability, choices } = overfittingProbability(variants);
  return { probability, variants: variants.length, days: common.length, choices };
}
