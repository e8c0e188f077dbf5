/**
 * In which order the states of a model are numbered, by what their bars earned in training (HMM spec §11.7).
 * States without rows come last; equal states keep their order.
 */
import { TidewatchError } from '../../errors.js';
import type { Observations } from './observations.js';

/**
 * Largest sum of returns first; smallest standard deviation of returns first; most rows first; largest mean return first.
 */
export type StateOrder = 'cumulative_return' | 'volatility' | 'frequency' | 'return';

/**
 * Returns to order states by: those given, else the first feature as it is.
 * @throws TidewatchError `column_length_mismatch`
 */
export function orderingReturns(
  { data, rows, features }: Observations,
  logReturn: Float64Array | undefined,
): Float64Array {
  if (logReturn === undefined) return Float64Array.from({ length: rows }, (_, row) => data[row * features]!);
  if (logReturn.length === rows) return logReturn;
  throw new TidewatchError('column_length_mismatch', `${logReturn.length} returns for ${rows} rows`, {
    hint: 'give one log return per row',
  });
}

/**
 * The states in their new order: entry i is the old index of the state that becomes i.
 * @param weight rows × K: how much each row belongs to each state
 */
export function orderStates(
  weight: Float64Array,
  states: number,
  returns: Float64Array,
  order: StateOrder,
): number[] {
  const mass = new Float64Array(states);
  const sum = new Float64Array(states);
  const squares = new Float64Array(states);
  for (let i = 0; i < weight.length; i += 1) {
    const k = i % states;
    mass[k]! += weight[i]!;
    sum[k]! += weight[i]! * returns[Math.floor(i / states)]!;
  }
  for (let i = 0; i < weight.length; i += 1) {
    const k = i % states;
    squares[k]! += weight[i]! * (returns[Math.floor(i / states)]! - sum[k]! / mass[k]!) ** 2;
  }
  const rank = (k: number): number => {
    if (!(mass[k]! > 0)) return Number.POSITIVE_INFINITY;
    if (order === 'volatility') return squares[k]! / mass[k]!;
    if (order === 'frequency') return -mass[k]!;
    return order === 'return' ? -sum[k]! / mass[k]! : -sum[k]!;
  };
  const ranks = Array.from({ length: states }, (_, k) => rank(k));
  const compare = (a: number, b: number): number =>
    ranks[a] === ranks[b] ? a - b : ranks[a]! < ranks[b]! ? -1 : 1;
  return Array.from({ length: states }, (_, k) => k).sort(compare);
}
