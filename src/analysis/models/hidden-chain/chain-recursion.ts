/**
 * Filter, smoother and transition counts of a hidden Markov chain with any emissions.
 *
 * Method: Hamilton's filter (1989) with densities scaled by the row maximum (HMM spec §5.3), and Kim's smoother (1994),
 * which runs backwards over filtered probabilities alone: γ_t(i) = α_t(i) Σ_j A_ij γ_{t+1}(j) / p_{t+1}(j), p the
 * predicted probability. No densities are kept, so that a row costs 8·K bytes.
 * Numerics: a row that scaled arithmetic cannot explain (the only states that can be reached are those that explain it
 * worse than 1e-100 of the best) is done in log space; smoothed rows are normalised, because ratios of rounding would
 * drift over a million rows. Emissions come in blocks of 512 rows from column-major data.
 */
import { BLOCK_ROWS } from '../gaussian-hmm/block-emission.js';
import { type BlockDensities, impossibleRow, type MarkovChainParameters } from './markov-chain-parameters.js';

/** Below this the states still alive cannot explain the row in scaled arithmetic. */
const LOST = 1e-100;

interface Sequence {
  readonly from: number;
  readonly to: number;
}

/** Receives the posteriors of rows [from, from + rows) as K columns of BLOCK_ROWS; `first` when a sequence starts there. */
export type VisitPosterior = (posterior: Float64Array, from: number, rows: number, first: boolean) => void;

export class ChainRecursion {
  readonly sequences: readonly Sequence[];
  /** α̂, rows × K row-major: the filtered probabilities after `forward`. */
  readonly alpha: Float64Array;
  private readonly block: Float64Array;
  private readonly predicted: Float64Array;

  constructor(
    private readonly states: number,
    rows: number,
    lengths: readonly number[],
  ) {
    let from = 0;
    this.sequences = lengths.map((length) => {
      const sequence = { from, to: from + length };
      from += length;
      return sequence;
    });
    this.alpha = new Float64Array(rows * states);
    this.block = new Float64Array(states * BLOCK_ROWS);
    this.predicted = new Float64Array(states);
  }

  /**
   * Fills `alpha` and returns the log-likelihood of all sequences.
   * @param firstStart start distribution of the first sequence; that of the chain unless said
   * @throws TidewatchError `degenerate_data` when a row is impossible under every state
   */
  forward(
    chain: MarkovChainParameters,
    emission: BlockDensities,
    firstStart: Float64Array = chain.startProbability,
  ): number {
    let total = 0;
    for (const [index, sequence] of this.sequences.entries()) {
      const start = index === 0 ? firstStart : chain.startProbability;
      total += this.forwardSequence(chain, emission, start, sequence);
    }
    return total;
  }

  private forwardSequence(
    { transitionMatrix }: MarkovChainParameters,
    emission: BlockDensities,
    start: Float64Array,
    { from, to }: Sequence,
  ): number {
    const { alpha, states, block, predicted } = this;
    let total = 0;
    let running = 1;
    for (let first = from; first < to; first += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, to - first);
      emission.densities(first, rows, block);
      for (let r = 0; r < rows; r += 1) {
        const at = (first + r) * states;
        if (at === from * states) predicted.set(start);
        else predict(predicted, alpha, at - states, transitionMatrix, states);
        let largest = block[r]!;
        for (let k = 1; k < states; k += 1) {
          const value = block[k * BLOCK_ROWS + r]!;
          if (value > largest) largest = value;
        }
        let sum = 0;
        for (let k = 0; k < states; k += 1) {
          sum += alpha[at + k] = predicted[k]! * Math.exp(block[k * BLOCK_ROWS + r]! - largest);
        }
        if (sum > LOST) {
          const inverse = 1 / sum;
          for (let k = 0; k < states; k += 1) alpha[at + k]! *= inverse;
          total += largest;
          running *= sum;
          if (running < 1e-150) {
            total += Math.log(running);
            running = 1;
          }
        } else total += this.updateInLogSpace(at, r);
      }
    }
    return total + Math.log(running);
  }

  /** α̂ of a row from `predicted` and its densities; returns ln c. */
  private updateInLogSpace(at: number, r: number): number {
    const { alpha, states, block, predicted } = this;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < states; k += 1) {
      const value = Math.log(predicted[k]!) + block[k * BLOCK_ROWS + r]!;
      alpha[at + k] = value;
      if (value > largest) largest = value;
    }
    if (!(largest > Number.NEGATIVE_INFINITY && largest < Number.POSITIVE_INFINITY))
      impossibleRow(at / states);
    let sum = 0;
    for (let k = 0; k < states; k += 1) sum += alpha[at + k] = Math.exp(alpha[at + k]! - largest);
    for (let k = 0; k < states; k += 1) alpha[at + k]! /= sum;
    return largest + Math.log(sum);
  }

  /**
   * Smoothed probabilities after `forward`, block by block from the end.
   * @param transition when given, receives Σ ξ, the expected transition counts, K × K
   */
  backward(
    { transitionMatrix }: MarkovChainParameters,
    visit: VisitPosterior,
    transition?: Float64Array,
  ): void {
    const { alpha, states, block, predicted } = this;
    const ratio = new Float64Array(states);
    const later = new Float64Array(states);
    for (const { from, to } of this.sequences) {
      const counts = new Float64Array(states * states);
      for (let b = Math.ceil((to - from) / BLOCK_ROWS) - 1; b >= 0; b -= 1) {
        const first = from + b * BLOCK_ROWS;
        const rows = Math.min(BLOCK_ROWS, to - first);
        for (let r = rows - 1; r >= 0; r -= 1) {
          const at = (first + r) * states;
          if (first + r + 1 === to) {
            for (let k = 0; k < states; k += 1) later[k] = alpha[at + k]!;
          } else {
            predict(predicted, alpha, at, transitionMatrix, states);
            for (let k = 0; k < states; k += 1) ratio[k] = predicted[k]! > 0 ? later[k]! / predicted[k]! : 0;
            let sum = 0;
            for (let i = 0; i < states; i += 1) {
              const filtered = alpha[at + i]!;
              let weight = 0;
              for (let j = 0; j < states; j += 1) {
                weight += transitionMatrix[i * states + j]! * ratio[j]!;
                counts[i * states + j]! += filtered * ratio[j]!;
              }
              sum += later[i] = filtered * weight;
            }
            const inverse = 1 / sum;
            for (let i = 0; i < states; i += 1) later[i]! *= inverse;
          }
          for (let k = 0; k < states; k += 1) block[k * BLOCK_ROWS + r] = later[k]!;
        }
        visit(block, first, rows, b === 0);
      }
      if (transition) {
        for (let i = 0; i < counts.length; i += 1) transition[i]! += counts[i]! * transitionMatrix[i]!;
      }
    }
  }

  /** Smoothed probabilities of all rows, rows × K, after `forward`. */
  smoothed(chain: MarkovChainParameters): Float64Array {
    const { states } = this;
    const all = new Float64Array(this.alpha.length);
    this.backward(chain, (posterior, from, rows) => {
      for (let r = 0; r < rows; r += 1) {
        for (let k = 0; k < states; k += 1) all[(from + r) * states + k] = posterior[k * BLOCK_ROWS + r]!;
      }
    });
    return all;
  }
}

/** out = α̂_t A. */
function predict(
  out: Float64Array,
  alpha: Float64Array,
  at: number,
  transitionMatrix: Float64Array,
  states: number,
): void {
  for (let j = 0; j < states; j += 1) {
    let sum = 0;
    for (let i = 0; i < states; i += 1) sum += alpha[at + i]! * transitionMatrix[i * states + j]!;
    out[j] = sum;
  }
}
