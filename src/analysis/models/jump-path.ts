/**
 * The best path of a jump model: losses of the rows in each state plus λ for each change of state.
 *
 * Method: dynamic programming V_0(k) = ℓ_0(k), V_t(k) = ℓ_t(k) + min_j(V_{t−1}(j) + λ[j ≠ k]) (Bemporad et al. 2018,
 * HMM spec §11.7). With one λ for every pair the inner minimum is min(V_{t−1}(k), min V_{t−1} + λ): O(K) per row, not
 * O(K²). Ties go to the lowest state. A state with loss ∞ is unreachable.
 * Numerics: values are running sums, so they grow with the rows; at 3M rows of loss 5 their last digit is 4e-9.
 */
import type { Observations } from './observations.js';

/**
 * ½‖x − θ_k‖² of each row and state, rows × K; ∞ for a state whose centre is NaN.
 * @param centres K × D
 * @param into reused when it has the right length
 */
export function jumpLosses(
  { data, rows, features }: Observations,
  centres: Float64Array,
  into?: Float64Array,
): Float64Array {
  const states = centres.length / features;
  const losses = into?.length === rows * states ? into : new Float64Array(rows * states);
  for (let row = 0, at = 0, to = 0; row < rows; row += 1, at += features) {
    for (let k = 0, c = 0; k < states; k += 1, to += 1) {
      let sum = 0;
      for (let d = 0; d < features; d += 1, c += 1) {
        const difference = data[at + d]! - centres[c]!;
        sum += difference * difference;
      }
      losses[to] = Number.isNaN(sum) ? Number.POSITIVE_INFINITY : 0.5 * sum;
    }
  }
  return losses;
}

/** V_t(k), rows × K: what is known at t. argmin_k V_t(k) is the causal state. */
export function jumpValues(
  losses: Float64Array,
  states: number,
  penalty: number,
  lengths: readonly number[],
): Float64Array {
  const values = losses.slice();
  let first = 0;
  for (const length of lengths) {
    for (let row = first + 1; row < first + length; row += 1) {
      const before = (row - 1) * states;
      let least = values[before]!;
      for (let k = 1; k < states; k += 1) if (values[before + k]! < least) least = values[before + k]!;
      const jump = least + penalty;
      for (let k = 0; k < states; k += 1) {
        const stay = values[before + k]!;
        values[row * states + k]! += Math.min(stay, jump);
      }
    }
    first += length;
  }
  return values;
}

/** Lowest index of the smallest of K values. */
export function lowestState(values: ArrayLike<number>, states: number, at = 0): number {
  let best = 0;
  for (let k = 1; k < states; k += 1) if (values[at + k]! < values[at + best]!) best = k;
  return best;
}

/** The path that minimises losses plus λ × jumps, and that minimum; sequences do not touch each other. */
export function jumpPath(
  losses: Float64Array,
  states: number,
  penalty: number,
  lengths: readonly number[],
): { path: Uint8Array; objective: number } {
  const path = new Uint8Array(losses.length / states);
  const values = jumpValues(losses, states, penalty, lengths);
  let objective = 0;
  let first = 0;
  for (const length of lengths) {
    if (length === 0) continue;
    const last = first + length - 1;
    let state = lowestState(values, states, last * states);
    objective += values[last * states + state]!;
    path[last] = state;
    for (let row = last - 1; row >= first; row -= 1) {
      const at = row * states;
      const cheapest = lowestState(values, states, at);
      const stay = values[at + state]!;
      const jump = values[at + cheapest]! + penalty;
      // At λ = 0, and on ties, the lowest state wins as it does in a plain argmin over all.
      if (jump < stay || (jump === stay && cheapest < state)) state = cheapest;
      path[row] = state;
    }
    first += length;
  }
  return { path, objective };
}
