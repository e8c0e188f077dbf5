/**
 * Key figures of a majors-vs-alts run (spec majors-alts-monitor §11). The reference annualises over 252 days, leaves the
 * first day out of the growth rate and the starting 1 out of the drawdown; the corrected figures count every day.
 * Zero denominators give 0.
 */

import type { NeutralProfile } from '../../analysis/neutral/neutral-settings.js';
import { percentileOfSorted } from '../../analysis/neutral/ridge-betas.js';
import type { DailyBook } from './majors-alts-result.js';

const over = (part: number, whole: number): number => (whole === 0 || Number.isNaN(whole) ? 0 : part / whole);
const meanOf = (values: ArrayLike<number>): number => over(sumOf(values), values.length);

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum;
}

function populationDeviation(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(over(squares, values.length));
}

/** Lowest equity relative to the highest before it, less 1; `start` counts as the first equity when given. */
function maxDrawdown(equity: Float64Array, start?: number): number {
  let peak = start ?? Number.NEGATIVE_INFINITY;
  let worst = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    worst = Math.min(worst, value / peak - 1);
  }
  return worst;
}

/** The keys and order of `kpis.json`; empty without rows. */
export function panelKpis(book: DailyBook, profile: NeutralProfile): Record<string, number> {
  if (book.day.length === 0) return {};
  return profile === 'reference' ? referenceKpis(book) : correctedKpis(book);
}

function referenceKpis({ numbers, equity }: DailyBook): Record<string, number> {
  const returns = numbers.r_ls_net;
  const year = Math.sqrt(252);
  const cagr = (equity.at(-1)! / equity[0]!) ** (252 / returns.length) - 1;
  const drawdown = maxDrawdown(equity);
  return {
    cagr,
    sharpe: over(meanOf(returns), populationDeviation(returns)) * year,
    sortino: over(meanOf(returns), populationDeviation(returns.filter((value) => value < 0))) * year,
    max_drawdown: drawdown,
    calmar: over(cagr, Math.abs(drawdown)),
    hit_rate: over(returns.filter((value) => value > 0).length, returns.length),
    avg_turnover: meanOf(numbers.alt_turnover),
    avg_funding_daily: meanOf(numbers.funding),
  };
}

/** Loops, not array methods: a bootstrap asks for these figures some hundred times. Sums go in the order of the days. */
function correctedKpis({ numbers, equity }: DailyBook): Record<string, number> {
  const { r_ls_net: returns, pnl, total_gross: gross, net_exposure: exposure } = numbers;
  const { alt_turnover: altTurnover, major_turnover: majorTurnover } = numbers;
  const n = returns.length;
  const year = Math.sqrt(365);
  const final = equity.at(-1)!;
  const cagr = final ** (365 / n) - 1;
  const drawdown = maxDrawdown(equity, 1);
  const deviation = populationDeviation(returns);
  let downside = 0;
  let won = 0;
  let active = 0;
  let wonActive = 0;
  let turnover = 0;
  let held = 0;
  let netExposure = 0;
  for (let row = 0; row < n; row += 1) {
    const value = returns[row]!;
    downside += Math.min(value, 0) ** 2;
    won += Number(value > 0);
    if (pnl[row] !== 0) {
      active += 1;
      wonActive += Number(value > 0);
    }
    turnover += altTurnover[row]! + majorTurnover[row]!;
    if (gross[row]! > 0) {
      held += 1;
      netExposure += exposure[row]!;
    }
  }
  const errors = (name: 'btc' | 'eth'): [string, number][] => {
    const all = numbers[`beta_err_${name}`];
    const sizes = new Float64Array(held);
    for (let row = 0, at = 0; row < n; row += 1) {
      if (gross[row]! > 0) sizes[at++] = Math.abs(all[row]!);
    }
    sizes.sort();
    const none = held === 0;
    return [
      [`beta_err_${name}_mean_abs`, meanOf(sizes)],
      [`beta_err_${name}_p95_abs`, none ? 0 : percentileOfSorted(sizes, 0.95)],
      [`beta_err_${name}_max_abs`, none ? 0 : sizes[held - 1]!],
    ];
  };
  return {
    cagr,
    sharpe: over(meanOf(returns), deviation) * year,
    sortino: over(meanOf(returns), Math.sqrt(over(downside, n))) * year,
    max_drawdown: drawdown,
    calmar: over(cagr, Math.abs(drawdown)),
    hit_rate: over(won, n),
    avg_turnover: over(turnover, n),
    avg_funding_daily: meanOf(numbers.funding),
    n_days: n,
    annual_vol: deviation * year,
    total_return: final - 1,
    active_days: active,
    hit_rate_active: over(wonActive, active),
    total_cost: sumOf(numbers.cost),
    total_funding: sumOf(numbers.funding),
    ...Object.fromEntries([...errors('btc'), ...errors('eth')]),
    net_exposure_mean: over(netExposure, held),
  };
}
