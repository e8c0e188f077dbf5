/**
 * Chooses λ of a jump model by what its causal states would have earned out of sample (HMM spec §11.7; the idea of
 * Shu, Yu, Mulvey 2024).
 *
 * Method: the training rows are cut into an opening part and equal folds. For each λ of a log grid 1 … 500 and each
 * fold, a model is fitted on the rows before the fold, standardised by those rows alone; its filter runs on through the
 * fold; the rule holds the market during the bar after one whose state had a mean training return above zero and is
 * flat otherwise, paying a cost per change. The Sharpe ratio of these returns over all folds together is the economic
 * value. The largest wins; among values equal to rounding the larger λ, which trades less.
 * Causality: only rows given here are used, each fold only rows before it. Limits: few folds, one simple rule: the choice is
 * noisy, and a value chosen as the best of many is not a forecast of profit.
 */
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { fitJump } from './jump-fit.js';
import { jumpLosses, jumpValues, lowestState } from './jump-path.js';
import type { Observations } from './observations.js';

/** What one λ would have earned out of sample. */
export interface PenaltyCandidate {
  readonly jumpPenalty: number;
  /** Mean over standard deviation of the rule's log return per bar, costs paid; 0 when it never trades. */
  readonly sharpePerBar: number;
  /** Changes of state over all folds. */
  readonly jumps: number;
}

interface SelectionOptions {
  readonly states: number;
  readonly seed: number;
  /** λ to try; ten from 1 to 500, evenly spaced in logarithm, unless said. */
  readonly grid?: readonly number[];
  readonly folds?: number;
  /** Fraction of the position per change; 0.0005 unless said. */
  readonly tradingCost?: number;
  readonly starts?: number;
}

/** Ten values from 1 to 500, evenly spaced in logarithm. */
const JUMP_PENALTIES: readonly number[] = Array.from({ length: 10 }, (_, i) => 500 ** (i / 9));

/** Fewest rows per state of a fold's training part. */
const ROWS_PER_STATE = 20;

interface Fold {
  readonly train: Observations;
  /** Training rows and those of the fold, scaled by the training rows. */
  readonly through: Observations;
  readonly from: number;
}

/** Rows [0, to) scaled by the mean and deviation of rows [0, from). */
function makeFold({ data, features, lengths }: Observations, from: number, to: number): Fold {
  const scaled = data.slice(0, to * features);
  for (let d = 0; d < features; d += 1) {
    let mean = 0;
    for (let row = 0; row < from; row += 1) mean += data[row * features + d]! / from;
    let variance = 0;
    for (let row = 0; row < from; row += 1) variance += (data[row * features + d]! - mean) ** 2 / from;
    const deviation = Math.sqrt(variance) + 1e-8;
    for (let at = d; at < scaled.length; at += features) scaled[at] = (scaled[at]! - mean) / deviation;
  }
  const cut = (rows: number): number[] => {
    let left = rows;
    return lengths.flatMap((length) => {
      const taken = Math.min(left, length);
      left -= taken;
      return taken > 0 ? [taken] : [];
    });
  };
  return {
    train: { data: scaled.subarray(0, from * features), rows: from, features, lengths: cut(from) },
    through: { data: scaled, rows: to, features, lengths: cut(to) },
    from,
  };
}

/** Appends the rule's net return of each bar of the fold; gives the changes of state. */
function trade(
  { train, through, from }: Fold,
  logReturn: Float64Array,
  penalty: number,
  { states, seed, starts = 3, tradingCost = 0.0005 }: SelectionOptions,
  earned: number[],
): number {
  const fit = fitJump(train, states, penalty, new Random(seed), starts);
  const sum = new Float64Array(states);
  fit.path.forEach((state, row) => {
    sum[state]! += logReturn[row]!;
  });
  const values = jumpValues(jumpLosses(through, fit.centres), states, penalty, through.lengths);
  const stateAt = (row: number): number => lowestState(values, states, row * states);
  let jumps = 0;
  let held = 0;
  for (let row = from; row < through.rows; row += 1) {
    const position = sum[stateAt(row - 1)]! > 0 ? 1 : 0;
    earned.push(position * logReturn[row]! - Math.abs(position - held) * tradingCost);
    held = position;
    if (stateAt(row) !== stateAt(row - 1)) jumps += 1;
  }
  return jumps;
}

function sharpe(returns: readonly number[]): number {
  const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
  const variance = returns.reduce((a, b) => a + (b - mean) ** 2, 0) / (returns.length - 1);
  return variance > 0 ? mean / Math.sqrt(variance) : 0;
}

/**
 * @param logReturn log return of each row, raw units
 * @throws TidewatchError `too_few_rows` when the folds would be too short to fit
 */
export function selectJumpPenalty(
  observations: Observations,
  logReturn: Float64Array,
  options: SelectionOptions,
): { penalty: number; candidates: readonly PenaltyCandidate[] } {
  const { folds: count = 3, grid = JUMP_PENALTIES } = options;
  const { rows } = observations;
  const bounds = Array.from({ length: count + 1 }, (_, i) => Math.floor((rows * (i + 1)) / (count + 1)));
  if (bounds[0]! < ROWS_PER_STATE * options.states) {
    throw new TidewatchError('too_few_rows', `${rows} rows are too few to choose a jump penalty on`, {
      hint: 'give a longer window, or a number as the jump penalty',
      details: { rows, needed: ROWS_PER_STATE * options.states * (count + 1) },
    });
  }
  const folds = bounds.slice(1).map((to, i) => makeFold(observations, bounds[i]!, to));
  const candidates = grid.map((jumpPenalty) => {
    const earned: number[] = [];
    let jumps = 0;
    for (const fold of folds) jumps += trade(fold, logReturn, jumpPenalty, options, earned);
    return { jumpPenalty, sharpePerBar: sharpe(earned), jumps };
  });
  const best = candidates.reduce((a, b) => (b.sharpePerBar >= a.sharpePerBar - 1e-12 ? b : a));
  return { penalty: best.jumpPenalty, candidates };
}

/** The options of a jump model that decide λ. */
export interface PenaltyChoice {
  readonly states: number;
  /**
   * λ, the cost of one change of state, or `walk_forward`: the λ of a log grid 1 … 500 whose causal states would have
   * earned most (needs `logReturn`). 50 unless said.
   */
  readonly jumpPenalty?: number | 'walk_forward';
  readonly seed?: number;
  /** Log return of each row in raw units: orders the states, and chooses λ. Without it the first feature orders them. */
  readonly logReturn?: Float64Array;
  /** Cost per change of position when λ is chosen, fraction of the position; 0.0005 unless said. */
  readonly tradingCost?: number;
}

/**
 * λ as the options ask for it. A continuous model takes the λ of the discrete one: a move between two certain states costs
 * the same in both.
 * @throws TidewatchError `bad_parameter` when λ is to be chosen and there are no returns, `too_few_rows`
 */
export function choosePenalty(
  observations: Observations,
  { states, jumpPenalty = 50, seed = 42, logReturn, tradingCost }: PenaltyChoice,
): { penalty: number; candidates: readonly PenaltyCandidate[] } {
  if (jumpPenalty !== 'walk_forward') return { penalty: jumpPenalty, candidates: [] };
  if (logReturn === undefined) {
    throw new TidewatchError('bad_parameter', 'a jump penalty is chosen by returns, and none were given', {
      hint: 'give the log return of each row, or a number as the jump penalty',
    });
  }
  const costs = tradingCost === undefined ? {} : { tradingCost };
  return selectJumpPenalty(observations, logReturn, { states, seed, ...costs });
}
