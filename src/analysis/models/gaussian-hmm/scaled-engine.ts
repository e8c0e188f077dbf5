/**
 * The recursions of a Gaussian HMM, scaled by the row maximum, in blocks: the fast readable engine and the fallback
 * where WebAssembly is not available.
 *
 * Method: HMM spec §5.3. m_t = max_k ln b_k(t), e = exp(ln b − m), α̂ and β̂ normalised by c_t; the log-likelihood is
 * Σ(ln c_t + m_t). Emission and moment sums run on column-major blocks of 512 rows (block-kernels.ts), so one E step
 * reads the data twice. Nothing is allocated inside a loop over rows.
 * Numerics: where scaling loses a state for good (a far outlier behind a forbidden transition leaves c_t ≈ 0, or the
 * posteriors of a row stop summing to 1) the sequence is repeated in log space by the reference engine.
 * Limits: holds α̂ and e for all rows (16·K bytes per row) beside a copy of the data.
 */

import type { Observations } from '../observations.js';
import { BLOCK_ROWS, BlockEmission, type Columns, makeColumns } from './block-emission.js';
import { BlockMoments, completeSymmetry } from './block-moments.js';
import type { ExpectationEngine, GaussianHmmParameters, SufficientStatistics } from './expectation.js';
import { ReferenceEngine } from './reference-engine.js';
import { addStatistics, emptyStatistics } from './sufficient-statistics.js';
import { viterbiPath } from './viterbi.js';

/** A normaliser below this means that the states still alive cannot explain the row in scaled arithmetic. */
const LOST = 1e-100;
/** Posteriors of a row sum to 1 in exact arithmetic; a larger deviation means precision was lost. */
const POSTERIOR_TOLERANCE = 1e-6;

interface Sequence {
  readonly from: number;
  readonly to: number;
}

export class ScaledEngine implements ExpectationEngine {
  private columns: Columns;
  private readonly sequences: readonly Sequence[];
  /** α̂, rows × K; the filtered probabilities. */
  private alpha = new Float64Array(0);
  /** exp(ln b − m), rows × K. */
  private scaled = new Float64Array(0);
  /** c_t. */
  private normaliser: Float64Array;
  private block = new Float64Array(0);
  private readonly moments: BlockMoments;

  constructor(private readonly observations: Observations) {
    this.columns = makeColumns(observations);
    this.moments = new BlockMoments(this.columns);
    this.normaliser = new Float64Array(observations.rows);
    let from = 0;
    this.sequences = observations.lengths.map((length) => {
      const sequence = { from, to: from + length };
      from += length;
      return sequence;
    });
  }

  private reserve(states: number): void {
    const size = this.observations.rows * states;
    if (this.alpha.length === size) return;
    this.alpha = new Float64Array(size);
    this.scaled = new Float64Array(size);
    this.block = new Float64Array(states * BLOCK_ROWS);
  }

  /** Fills `scaled` for one block and returns Σ m_t. */
  private emit(emission: BlockEmission, states: number, from: number, rows: number): number {
    const { block, scaled } = this;
    emission.densities(from, rows, block);
    let sum = 0;
    for (let r = 0; r < rows; r += 1) {
      let largest = block[r]!;
      for (let k = 1; k < states; k += 1) {
        const value = block[k * BLOCK_ROWS + r]!;
        if (value > largest) largest = value;
      }
      sum += largest;
      const at = (from + r) * states;
      for (let k = 0; k < states; k += 1) scaled[at + k] = Math.exp(block[k * BLOCK_ROWS + r]! - largest);
    }
    return sum;
  }

  /** Forward pass over one sequence; its log-likelihood, or NaN when scaled arithmetic lost the way. */
  private forward(parameters: GaussianHmmParameters, emission: BlockEmission, sequence: Sequence): number {
    const { states, startProbability, transitionMatrix } = parameters;
    const { alpha, scaled, normaliser } = this;
    let total = 0;
    let running = 1;
    for (let from = sequence.from; from < sequence.to; from += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, sequence.to - from);
      total += this.emit(emission, states, from, rows);
      for (let t = from; t < from + rows; t += 1) {
        const at = t * states;
        let sum = 0;
        if (t === sequence.from) {
          for (let j = 0; j < states; j += 1) {
            sum += alpha[at + j] = startProbability[j]! * scaled[at + j]!;
          }
        } else {
          const before = at - states;
          for (let j = 0; j < states; j += 1) {
            let prior = 0;
            for (let i = 0; i < states; i += 1)
              prior += alpha[before + i]! * transitionMatrix[i * states + j]!;
            sum += alpha[at + j] = prior * scaled[at + j]!;
          }
        }
        if (!(sum > LOST)) return Number.NaN;
        const inverse = 1 / sum;
        for (let j = 0; j < states; j += 1) alpha[at + j]! *= inverse;
        normaliser[t] = sum;
        running *= sum;
        if (running < 1e-150) {
          total += Math.log(running);
          running = 1;
        }
      }
    }
    return total + Math.log(running);
  }

  /**
   * Backward pass over one sequence, block by block from its end. `visit` receives each block of posteriors as
   * K columns of BLOCK_ROWS; `transition`, when given, receives Σ α̂_t(i) · w_{t+1}(j).
   * @returns false when precision was lost
   */
  private backward(
    parameters: GaussianHmmParameters,
    sequence: Sequence,
    transition: Float64Array | undefined,
    visit: (from: number, rows: number) => void,
  ): boolean {
    const { states, transitionMatrix } = parameters;
    const { alpha, scaled, normaliser, block } = this;
    const beta = new Float64Array(states).fill(1);
    const weight = new Float64Array(states);
    const blocks = Math.ceil((sequence.to - sequence.from) / BLOCK_ROWS);
    for (let b = blocks - 1; b >= 0; b -= 1) {
      const from = sequence.from + b * BLOCK_ROWS;
      const rows = Math.min(BLOCK_ROWS, sequence.to - from);
      for (let r = rows - 1; r >= 0; r -= 1) {
        const t = from + r;
        const at = t * states;
        if (t + 1 < sequence.to) {
          const inverse = 1 / normaliser[t + 1]!;
          for (let j = 0; j < states; j += 1) weight[j] = scaled[at + states + j]! * beta[j]! * inverse;
          for (let i = 0; i < states; i += 1) {
            const filtered = alpha[at + i]!;
            let sum = 0;
            for (let j = 0; j < states; j += 1) sum += transitionMatrix[i * states + j]! * weight[j]!;
            beta[i] = sum;
            if (transition) {
              for (let j = 0; j < states; j += 1) transition[i * states + j]! += filtered * weight[j]!;
            }
          }
        }
        let sum = 0;
        for (let k = 0; k < states; k += 1) sum += block[k * BLOCK_ROWS + r] = alpha[at + k]! * beta[k]!;
        if (!(Math.abs(sum - 1) < POSTERIOR_TOLERANCE)) return false;
        const inverse = 1 / sum;
        for (let k = 0; k < states; k += 1) block[k * BLOCK_ROWS + r]! *= inverse;
      }
      visit(from, rows);
    }
    return true;
  }

  expectation(parameters: GaussianHmmParameters): SufficientStatistics {
    const { states, features, transitionMatrix } = parameters;
    this.reserve(states);
    const emission = new BlockEmission(parameters, this.columns);
    const total = emptyStatistics(states, features);
    for (const sequence of this.sequences) {
      const part = emptyStatistics(states, features);
      part.logLikelihood = this.forward(parameters, emission, sequence);
      const kept =
        Number.isFinite(part.logLikelihood) &&
        this.backward(parameters, sequence, part.transition, (from, rows) =>
          this.accumulate(parameters, part, from, rows, from === sequence.from),
        );
      if (!kept) {
        addStatistics(total, this.inLogSpace(sequence).expectation(parameters));
        continue;
      }
      for (let i = 0; i < states * states; i += 1) part.transition[i]! *= transitionMatrix[i]!;
      completeSymmetry(part, parameters);
      addStatistics(total, part);
    }
    return total;
  }

  /** Adds a block's Σγ, Σγx, Σγxxᵀ (lower triangle) to the statistics. */
  private accumulate(
    parameters: GaussianHmmParameters,
    into: SufficientStatistics,
    from: number,
    rows: number,
    first: boolean,
  ): void {
    const { states } = parameters;
    const { block } = this;
    for (let k = 0; k < states; k += 1) {
      const at = k * BLOCK_ROWS;
      if (first) into.start[k]! += block[at]!;
      this.moments.add(into, parameters, k, block, at, from, rows);
    }
  }

  private inLogSpace({ from, to }: Sequence): ReferenceEngine {
    const { data, features } = this.observations;
    return new ReferenceEngine({
      data: data.subarray(from * features, to * features),
      rows: to - from,
      features,
      lengths: [to - from],
    });
  }

  filter(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const { states } = parameters;
    this.reserve(states);
    const emission = new BlockEmission(parameters, this.columns);
    let logLikelihood = 0;
    for (const sequence of this.sequences) {
      const part = this.forward(parameters, emission, sequence);
      if (Number.isFinite(part)) {
        logLikelihood += part;
      } else {
        const rescued = this.inLogSpace(sequence).filter(parameters);
        this.alpha.set(rescued.probabilities, sequence.from * states);
        logLikelihood += rescued.logLikelihood;
      }
    }
    return { probabilities: this.alpha.slice(), logLikelihood };
  }

  smooth(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const { states } = parameters;
    this.reserve(states);
    const emission = new BlockEmission(parameters, this.columns);
    const probabilities = new Float64Array(this.observations.rows * states);
    let logLikelihood = 0;
    for (const sequence of this.sequences) {
      const part = this.forward(parameters, emission, sequence);
      const kept =
        Number.isFinite(part) &&
        this.backward(parameters, sequence, undefined, (from, rows) => {
          for (let k = 0; k < states; k += 1) {
            for (let r = 0; r < rows; r += 1) {
              probabilities[(from + r) * states + k] = this.block[k * BLOCK_ROWS + r]!;
            }
          }
        });
      if (kept) {
        logLikelihood += part;
      } else {
        const rescued = this.inLogSpace(sequence).smooth(parameters);
        probabilities.set(rescued.probabilities, sequence.from * states);
        logLikelihood += rescued.logLikelihood;
      }
    }
    return { probabilities, logLikelihood };
  }

  viterbi(parameters: GaussianHmmParameters): { path: Uint8Array; logProbability: number } {
    this.reserve(parameters.states);
    const emission = new BlockEmission(parameters, this.columns);
    const path = new Uint8Array(this.observations.rows);
    let logProbability = 0;
    for (const { from, to } of this.sequences) {
      logProbability += viterbiPath(parameters, emission, this.block, from, to, path);
    }
    return { path, logProbability };
  }

  dispose(): void {
    this.alpha = new Float64Array(0);
    this.scaled = new Float64Array(0);
    this.block = new Float64Array(0);
  }
}

/** The default engine. Observations must be free of NaN; for missing values take the reference engine. */
export function createScaledEngine(observations: Observations): ExpectationEngine {
  return new ScaledEngine(observations);
}
