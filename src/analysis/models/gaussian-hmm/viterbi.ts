/**
 * Most likely state path of one sequence from blocks of log densities (Viterbi 1967; HMM spec §5.6).
 * Ties go to the lowest index, at every step and at the end. One back-pointer byte per row and state.
 */
import {
  type BlockDensities,
  impossibleRow,
  type MarkovChainParameters,
} from '../hidden-chain/markov-chain-parameters.js';
import { BLOCK_ROWS } from './block-emission.js';

/**
 * Writes the path of rows [from, to) into `path` and returns its log-probability.
 * @param block scratch of K × BLOCK_ROWS
 */
export function viterbiPath(
  parameters: MarkovChainParameters,
  emission: BlockDensities,
  block: Float64Array,
  from: number,
  to: number,
  path: Uint8Array,
): number {
  const { states } = parameters;
  const logTransition = parameters.transitionMatrix.map(Math.log);
  let best = parameters.startProbability.map(Math.log);
  let next = new Float64Array(states);
  const cameFrom = new Uint8Array((to - from) * states);
  for (let start = from; start < to; start += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, to - start);
    emission.densities(start, rows, block);
    for (let r = 0; r < rows; r += 1) {
      if (start + r === from) {
        for (let k = 0; k < states; k += 1) best[k]! += block[k * BLOCK_ROWS + r]!;
        continue;
      }
      const at = (start + r - from) * states;
      for (let j = 0; j < states; j += 1) {
        let value = best[0]! + logTransition[j]!;
        let origin = 0;
        for (let i = 1; i < states; i += 1) {
          const candidate = best[i]! + logTransition[i * states + j]!;
          if (candidate > value) {
            value = candidate;
            origin = i;
          }
        }
        cameFrom[at + j] = origin;
        next[j] = value + block[j * BLOCK_ROWS + r]!;
      }
      [best, next] = [next, best];
    }
  }
  let state = 0;
  for (let k = 1; k < states; k += 1) if (best[k]! > best[state]!) state = k;
  const logProbability = best[state]!;
  if (!(logProbability > Number.NEGATIVE_INFINITY)) impossibleRow(to - 1);
  for (let t = to - 1; t >= from; t -= 1) {
    path[t] = state;
    state = cameFrom[(t - from) * states + state]!;
  }
  return logProbability;
}
