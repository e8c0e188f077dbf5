/**
 * What the bars of each state looked like (HMM spec §7.2).
 *
 * The return of a bar is itself an input of the model, so a state's own mean return flatters it; `nextBarReturn`, the
 * mean return of the bar after, given the filtered state, is what a trader could have had, and stands beside it.
 */
import { neweyWestT } from './newey-west.js';

/** The bars of one state in figures: returns are log returns per bar unless annualised (HMM spec §7.2). */
export interface StateStatistics {
  /** Bars assigned to the state. */
  readonly count: number;
  /** Part of all bars, 0 to 1. */
  readonly share: number;
  /** Mean log return per bar; null without bars. */
  readonly averageReturn: number | null;
  /** Sample deviation of the log return per bar; null below two bars. */
  readonly volatility: number | null;
  /** Mean of each other feature, unscaled. */
  readonly averages: Readonly<Record<string, number | null>>;
  /** Newey–West t of the mean return. */
  readonly tStatistic: number | null;
  /** Part of the bars with a positive return. */
  readonly hitRate: number | null;
  /** Uninterrupted stays. */
  readonly runs: number;
  /** Bars per stay; null without bars. */
  readonly meanRunLength: number | null;
  /** Mean log return × bars per year. */
  readonly annualisedReturn: number | null;
  /** Volatility × √(bars per year). */
  readonly annualisedVolatility: number | null;
  /** Deepest fall of a curve that earns only this state's bars, as a fraction of its peak, 0 to 1. */
  readonly maxDrawdown: number | null;
  /** Mean log return of the bar after, given the filtered state; null without such bars. */
  readonly nextBarReturn: number | null;
  readonly nextBarTStatistic: number | null;
}

export interface StateStatisticsInput {
  readonly states: number;
  /** State of each row by the chosen path. */
  readonly path: ArrayLike<number>;
  /** Filtered state of each row, for the next-bar return; the chosen path when it is the filtered one. */
  readonly filteredPath: ArrayLike<number>;
  /** Unscaled log return of each row's bar. */
  readonly logReturn: ArrayLike<number>;
  /** Other unscaled features by name. */
  readonly others: Readonly<Record<string, ArrayLike<number>>>;
  /** Rows of each gap-free sequence. */
  readonly lengths: readonly number[];
  readonly barsPerYear: number;
}

/** One entry per state. */
export function stateStatistics(input: StateStatisticsInput): StateStatistics[] {
  const sequences = firstRows(input.lengths);
  return Array.from({ length: input.states }, (_, state) => statisticsOf(state, input, sequences));
}

function firstRows(lengths: readonly number[]): Set<number> {
  const rows = new Set<number>();
  let row = 0;
  for (const length of lengths) {
    rows.add(row);
    row += length;
  }
  return rows;
}

function statisticsOf(state: number, input: StateStatisticsInput, firsts: Set<number>): StateStatistics {
  const { path, filteredPath, logReturn, others, barsPerYear } = input;
  const rows: number[] = [];
  const next: number[] = [];
  let runs = 0;
  for (let row = 0; row < path.length; row += 1) {
    if (path[row] === state) {
      if (firsts.has(row) || path[row - 1] !== state) runs += 1;
      rows.push(row);
    }
    if (filteredPath[row] === state && row + 1 < path.length && !firsts.has(row + 1)) {
      next.push(logReturn[row + 1]!);
    }
  }
  const returns = rows.map((row) => logReturn[row]!);
  const averageReturn = mean(returns);
  const volatility = sampleDeviation(returns);
  return {
    count: rows.length,
    share: path.length > 0 ? rows.length / path.length : 0,
    averageReturn,
    volatility,
    averages: Object.fromEntries(
      Object.entries(others).map(([name, column]) => [name, mean(rows.map((row) => column[row]!))]),
    ),
    tStatistic: neweyWestT(returns),
    hitRate: mean(returns.map((value) => (value > 0 ? 1 : 0))),
    runs,
    meanRunLength: runs > 0 ? rows.length / runs : null,
    annualisedReturn: averageReturn === null ? null : averageReturn * barsPerYear,
    annualisedVolatility: volatility === null ? null : volatility * Math.sqrt(barsPerYear),
    maxDrawdown: returns.length > 0 ? maxDrawdown(returns) : null,
    nextBarReturn: mean(next),
    nextBarTStatistic: neweyWestT(next),
  };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function sampleDeviation(values: readonly number[]): number | null {
  const centre = mean(values);
  if (centre === null || values.length < 2) return null;
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/** Deepest fall from a running peak of Σ log returns, starting at 0, as a fraction. */
function maxDrawdown(logReturns: readonly number[]): number {
  let wealth = 0;
  let peak = 0;
  let deepest = 0;
  for (const value of logReturns) {
    wealth += value;
    if (wealth > peak) peak = wealth;
    if (peak - wealth > deepest) deepest = peak - wealth;
  }
  return 1 - Math.exp(-deepest);
}

/** Index of the largest of each row's K probabilities (ties: lowest): the path of a filter. */
export function mostProbablePath(probability: ArrayLike<number>, states: number): Uint8Array {
  const path = new Uint8Array(probability.length / states);
  for (let row = 0; row < path.length; row += 1) {
    let best = 0;
    for (let k = 1; k < states; k += 1) {
      if (probability[row * states + k]! > probability[row * states + best]!) best = k;
    }
    path[row] = best;
  }
  return path;
}
