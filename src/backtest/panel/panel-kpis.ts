/**
 * Key figures of a majors-vs-alts run (spec majors-alts-monitor §11). The reference annualises over 252 days, leaves the
 * first day out of the growth rate and the starting 1 out of the drawdown; the corrected figures count every day.
 * Zero denominators give 0.
 */

import type { NeutralProfile } from '../../analysis/neutral/neutral-settings.js';
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

/** Lowest equity relative to the highest before it, less 1. */
function maxDrawdown(equity: Float64Array): number {
  let peak = Number.NEGATIVE_INFINITY;
  let worst = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    worst = Math.min(worst, value / peak - 1);
  }
  return worst;
}

/** The keys and order of `kpis.json`; empty without rows. */
export function panelKpis(book: DailyBook, profile: NeutralProfile): Record<string, number> {
  const rows = book.day.length;
  if (rows === 0) return {};
  return kpisOfDrawnDays(book, profile)(Int32Array.from({ length: rows }, (_, row) => row));
}

/**
 * The same figures of the days at some positions, in that order, as if they had followed one another. Made for a
 * bootstrap, which asks some hundred times: what the days have in common is done once.
 */
export function kpisOfDrawnDays(
  book: DailyBook,
  profile: NeutralProfile,
): (positions: Int32Array) => Record<string, number> {
  return profile === 'reference' ? referenceKpis(book) : correctedKpis(book);
}

function referenceKpis({ numbers }: DailyBook): (positions: Int32Array) => Record<string, number> {
  return (positions) => {
    const drawn = (column: Float64Array): Float64Array => Float64Array.from(positions, (at) => column[at]!);
    return referenceFigures(drawn(numbers.r_ls_net), drawn(numbers.alt_turnover), drawn(numbers.funding));
  };
}

function referenceFigures(
  returns: Float64Array,
  altTurnover: Float64Array,
  funding: Float64Array,
): Record<string, number> {
  const equity = new Float64Array(returns.length);
  let wealth = 1;
  for (let row = 0; row < returns.length; row += 1) {
    wealth *= 1 + returns[row]!;
    equity[row] = wealth;
  }
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
    avg_turnover: meanOf(altTurnover),
    avg_funding_daily: meanOf(funding),
  };
}

/** Sums go in the order of the days, those of sizes from the smallest up. */
function correctedKpis({ numbers }: DailyBook): (positions: Int32Array) => Record<string, number> {
  const { r_ls_net: returns, pnl, total_gross: gross, net_exposure: exposure } = numbers;
  const { alt_turnover: altTurnover, major_turnover: majorTurnover, cost, funding } = numbers;
  const year = Math.sqrt(365);
  const errorsBtc = errorSizes('btc', numbers);
  const errorsEth = errorSizes('eth', numbers);
  return (positions) => {
    const n = positions.length;
    let wealth = 1;
    let peak = 1;
    let drawdown = 0;
    let sum = 0;
    let downside = 0;
    let won = 0;
    let active = 0;
    let wonActive = 0;
    let turnover = 0;
    let held = 0;
    let netExposure = 0;
    let totalCost = 0;
    let totalFunding = 0;
    for (let i = 0; i < n; i += 1) {
      const row = positions[i]!;
      const value = returns[row]!;
      wealth *= 1 + value;
      peak = Math.max(peak, wealth);
      drawdown = Math.min(drawdown, wealth / peak - 1);
      sum += value;
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
      totalCost += cost[row]!;
      totalFunding += funding[row]!;
    }
    const mean = over(sum, n);
    let squares = 0;
    for (let i = 0; i < n; i += 1) squares += (returns[positions[i]!]! - mean) ** 2;
    const deviation = Math.sqrt(over(squares, n));
    const cagr = wealth ** (365 / n) - 1;
    const btc = errorsBtc(positions, held);
    const eth = errorsEth(positions, held);
    return {
      cagr,
      sharpe: over(mean, deviation) * year,
      sortino: over(mean, Math.sqrt(over(downside, n))) * year,
      max_drawdown: drawdown,
      calmar: over(cagr, Math.abs(drawdown)),
      hit_rate: over(won, n),
      avg_turnover: over(turnover, n),
      avg_funding_daily: over(totalFunding, n),
      n_days: n,
      annual_vol: deviation * year,
      total_return: wealth - 1,
      active_days: active,
      hit_rate_active: over(wonActive, active),
      total_cost: totalCost,
      total_funding: totalFunding,
      beta_err_btc_mean_abs: btc.mean,
      beta_err_btc_p95_abs: btc.p95,
      beta_err_btc_max_abs: btc.max,
      beta_err_eth_mean_abs: eth.mean,
      beta_err_eth_p95_abs: eth.p95,
      beta_err_eth_max_abs: eth.max,
      net_exposure_mean: over(netExposure, held),
    };
  };
}

interface ErrorSizes {
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
}

/** Sizes of the beta errors of drawn days with a book; sorted once, for a draw takes every day some number of times. */
function errorSizes(
  name: 'btc' | 'eth',
  numbers: DailyBook['numbers'],
): (positions: Int32Array, held: number) => ErrorSizes {
  const { total_gross: gross, [`beta_err_${name}` as const]: errors } = numbers;
  const rows = Int32Array.from(gross.keys()).filter((row) => gross[row]! > 0);
  rows.sort((a, b) => Math.abs(errors[a]!) - Math.abs(errors[b]!));
  const sizes = Float64Array.from(rows, (row) => Math.abs(errors[row]!));
  const rankOf = new Int32Array(gross.length).fill(-1);
  rows.forEach((row, rank) => {
    rankOf[row] = rank;
  });
  const times = new Int32Array(rows.length);
  return (positions, held) => {
    if (held === 0) return { mean: 0, p95: 0, max: 0 };
    times.fill(0);
    for (let i = 0; i < positions.length; i += 1) {
      const rank = rankOf[positions[i]!]!;
      if (rank >= 0) times[rank]! += 1;
    }
    // linear between ranks, as `percentileOfSorted`
    const place = (held - 1) * 0.95;
    const below = Math.floor(place);
    const above = Math.min(below + 1, held - 1);
    let [sum, seen, low, high, max] = [0, 0, 0, 0, 0];
    for (let rank = 0; rank < times.length; rank += 1) {
      const count = times[rank]!;
      if (count === 0) continue;
      const size = sizes[rank]!;
      for (let i = 0; i < count; i += 1) sum += size;
      if (seen <= below && below < seen + count) low = size;
      if (seen <= above && above < seen + count) high = size;
      seen += count;
      max = size;
    }
    return { mean: sum / held, p95: low + (high - low) * (place - below), max };
  };
}
