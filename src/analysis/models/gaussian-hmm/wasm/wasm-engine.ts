/**
 * The E step in WebAssembly with 128-bit vectors: the default engine for up to 8 states and 8 features.
 *
 * Method: HMM spec §5.3 in blocks of 512 rows (workspace.ts), recursions scaled by powers of two, polynomial
 * exponential, emission from the inverse Cholesky factor. Equal to the TypeScript engines by property tests.
 * Numerics: whatever the scaled arithmetic cannot carry (a normaliser below 1e-100, an infinite row, a parameter that
 * is not finite) is noticed, and the whole call is answered by the TypeScript engine, which repeats the sequence in log
 * space or says what is wrong. Limits: 4 GiB of rows, 8·(D + 2K) bytes per row beside the caller's copy.
 * Longer than most files: it answers the whole engine interface, and each answer has its own fallback.
 */

import type { Observations } from '../../observations.js';
import type { ExpectationEngine, GaussianHmmParameters, SufficientStatistics } from '../expectation.js';
import { createScaledEngine } from '../scaled-engine.js';
import { emptyStatistics } from '../sufficient-statistics.js';
import { kernelsAvailable, LARGEST_KERNEL } from './kernel-module.js';
import { acquireMemory, growTo, releaseMemory } from './linear-memory.js';
import {
  BLOCK_ROWS,
  layoutMemory,
  type MemoryLayout,
  MOST_PAGES,
  momentCount,
  partialOffsets,
  SHARED,
} from './memory-layout.js';
import { isDiagonal, writeParameters } from './model-parameters.js';
import { loadObservations } from './observation-blocks.js';
import { cutSegments, type Segments } from './segments.js';
import { type PosteriorSink, Workspace } from './workspace.js';

/** Below this a normaliser has lost the states that matter; the TypeScript engine draws the same line. */
const LOST = 1e-100;

/** What another thread needs to take part in an engine's passes. */
export interface SharedWork {
  readonly memory: WebAssembly.Memory;
  readonly lengths: readonly number[];
}

/** Runs the two passes of an E step on more than the calling thread. */
export interface PassRunner {
  /** Threads that use scratch memory, the calling one included. */
  readonly threads: number;
  run(own: Workspace, layout: MemoryLayout, diagonal: boolean): void;
  dispose(): void;
}

export type PassRunnerFactory = (work: SharedWork) => PassRunner;

/** Both passes on one thread: the halves advance together, two blocks at a time. */
export function runPasses(workspace: Workspace, blocks: number, sink?: PosteriorSink): void {
  const middle = blocks >> 1;
  for (let step = 0; step < blocks - middle; step += 1) {
    const late = blocks - 1 - step;
    workspace.emit(late);
    if (step >= middle) {
      workspace.storeBackward(late);
    } else {
      workspace.emit(step);
      workspace.storeBoth(step, late);
    }
  }
  workspace.giveForward();
  workspace.giveBackward();
  workspace.takeForward();
  workspace.takeBackward();
  for (let step = 0; step < blocks - middle; step += 1) {
    const late = middle + step;
    const early = middle - 1 - step;
    if (early < 0) workspace.finishForward(late, sink);
    else workspace.finishBoth(late, early, sink);
  }
  workspace.report();
}

export class WasmEngine implements ExpectationEngine {
  private readonly memory: WebAssembly.Memory;
  private readonly segments: Segments;
  private readonly workspace: Workspace;
  private readonly runner: PassRunner | undefined;
  private fallback: ExpectationEngine | undefined;
  /** What the workspace is prepared for. */
  private layout: MemoryLayout;
  private diagonal: boolean | undefined;
  private disposed = false;
  /** A round failed: threads may still write to the memory, so nobody else may have it. */
  private abandoned = false;

  constructor(
    private readonly observations: Observations,
    threads = 1,
    makeRunner?: PassRunnerFactory,
  ) {
    this.scratchThreads = threads;
    this.layout = layoutMemory(observations, 1, threads);
    this.memory = acquireMemory(this.layout.pages);
    this.segments = cutSegments(observations.lengths);
    loadObservations(observations, this.layout, this.memory);
    this.workspace = new Workspace(this.memory, this.segments, 0);
    this.runner = makeRunner?.({ memory: this.memory, lengths: observations.lengths });
  }

  private readonly scratchThreads: number;

  private prepare(parameters: GaussianHmmParameters): MemoryLayout {
    if (this.disposed) throw new Error('the engine was disposed');
    const diagonal = isDiagonal(parameters);
    if (this.layout.states !== parameters.states || this.diagonal !== diagonal) {
      this.layout = layoutMemory(this.observations, parameters.states, this.scratchThreads);
      this.diagonal = diagonal;
      growTo(this.memory, this.layout.pages);
      this.workspace.prepare(this.layout, diagonal);
    }
    writeParameters(parameters, this.workspace.view);
    this.workspace.reset();
    return this.layout;
  }

  private get typescript(): ExpectationEngine {
    this.fallback ??= createScaledEngine(this.observations);
    return this.fallback;
  }

  /** The smallest normaliser that any thread met, NaN if one met NaN. */
  private smallestMet(): number {
    const at = SHARED.least >> 3;
    return Math.min(...this.workspace.view.subarray(at, at + this.scratchThreads));
  }

  expectation(parameters: GaussianHmmParameters): SufficientStatistics {
    const layout = this.prepare(parameters);
    const diagonal = isDiagonal(parameters);
    if (this.runner) this.runTogether(this.runner, layout, diagonal);
    else runPasses(this.workspace, layout.blocks);
    const statistics = this.collect(parameters, layout, diagonal);
    if (!(this.smallestMet() > LOST) || !Number.isFinite(statistics.logLikelihood)) {
      return this.typescript.expectation(parameters);
    }
    return statistics;
  }

  private runTogether(runner: PassRunner, layout: MemoryLayout, diagonal: boolean): void {
    this.abandoned = true;
    runner.run(this.workspace, layout, diagonal);
    this.abandoned = false;
  }

  /** Adds the sums of the blocks, first to last. */
  private collect(
    parameters: GaussianHmmParameters,
    layout: MemoryLayout,
    diagonal: boolean,
  ): SufficientStatistics {
    const { states, features, transitionMatrix } = parameters;
    const { partialSize, blocks } = layout;
    const totals = new Float64Array(partialSize);
    const doubles = this.workspace.view;
    const first = layout.partials >> 3;
    for (let block = 0; block < blocks; block += 1) {
      const at = first + block * partialSize;
      for (let i = 0; i < partialSize; i += 1) totals[i]! += doubles[at + i]!;
    }
    const offsets = partialOffsets(states);
    const count = momentCount(features);
    const statistics = emptyStatistics(states, features);
    statistics.logLikelihood = totals[offsets.maxima]! + totals[offsets.logTerms]!;
    statistics.start.set(totals.subarray(offsets.start, offsets.start + states));
    for (let i = 0; i < states * states; i += 1) {
      statistics.transition[i] = totals[offsets.transition + i]! * transitionMatrix[i]!;
    }
    for (let k = 0; k < states; k += 1) {
      const moments = totals.subarray(offsets.moments + k * count, offsets.moments + (k + 1) * count);
      this.unpack(moments, diagonal, k, statistics);
    }
    return statistics;
  }

  /** The packed moments of one state into the statistics. */
  private unpack(moments: Float64Array, diagonal: boolean, state: number, into: SufficientStatistics): void {
    const { features } = this.observations;
    into.mass[state] = moments[0]!;
    let at = 1 + features;
    for (let d = 0; d < features; d += 1) {
      for (let e = diagonal ? d : 0; e <= d; e += 1) {
        const value = moments[at++]!;
        into.weightedOuter[(state * features + d) * features + e] = value;
        into.weightedOuter[(state * features + e) * features + d] = value;
      }
      into.weightedSum[state * features + d] = moments[1 + d]!;
    }
  }

  filter(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const { blocks, states } = this.prepare(parameters);
    const probabilities = new Float64Array(this.observations.rows * states);
    let logLikelihood = 0;
    for (let block = 0; block < blocks; block += 1) {
      const part = this.workspace.filterBlock(block);
      logLikelihood += part.logLikelihood;
      this.copyRows(part.address, block, states, probabilities);
    }
    this.workspace.report();
    if (!(this.smallestMet() > LOST) || !Number.isFinite(logLikelihood)) {
      return this.typescript.filter(parameters);
    }
    return { probabilities, logLikelihood };
  }

  private copyRows(address: number, block: number, states: number, out: Float64Array): void {
    const row = block * BLOCK_ROWS;
    const rows = Math.min(BLOCK_ROWS, this.observations.rows - row);
    out.set(this.workspace.view.subarray(address >> 3, (address >> 3) + rows * states), row * states);
  }

  /** The log-likelihood alone: the forward recursion without its output. */
  score(parameters: GaussianHmmParameters): number {
    const { blocks } = this.prepare(parameters);
    let logLikelihood = 0;
    for (let block = 0; block < blocks; block += 1) logLikelihood += this.workspace.scoreBlock(block);
    this.workspace.report();
    if (this.smallestMet() > LOST && Number.isFinite(logLikelihood)) return logLikelihood;
    return this.typescript.filter(parameters).logLikelihood;
  }

  smooth(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number } {
    const layout = this.prepare(parameters);
    const { states, blocks } = layout;
    const probabilities = new Float64Array(this.observations.rows * states);
    runPasses(this.workspace, blocks, (block, address) => {
      this.copyRows(this.workspace.interleaved(address, block), block, states, probabilities);
    });
    const doubles = this.workspace.view;
    let logLikelihood = 0;
    for (let block = 0; block < blocks; block += 1) {
      const at = (layout.partials >> 3) + block * layout.partialSize;
      logLikelihood += doubles[at]! + doubles[at + 1]!;
    }
    if (!(this.smallestMet() > LOST) || !Number.isFinite(logLikelihood)) {
      return this.typescript.smooth(parameters);
    }
    return { probabilities, logLikelihood };
  }

  viterbi(parameters: GaussianHmmParameters): { path: Uint8Array; logProbability: number } {
    const { blocks, states, work } = this.prepare(parameters);
    const { startProbability } = parameters;
    const path = new Uint8Array(this.observations.rows);
    const lastRows: number[] = [];
    let logProbability = 0;
    for (let block = 0; block < blocks; block += 1) {
      this.workspace.viterbiBlock(
        block,
        work,
        (delta, density) => {
          delta.fill(Number.NEGATIVE_INFINITY);
          for (let k = 0; k < states; k += 1) delta[k] = Math.log2(startProbability[k]!) + density(k);
        },
        (delta, lastRow) => {
          let best = 0;
          for (let k = 1; k < states; k += 1) if (delta[k]! > delta[best]!) best = k;
          path[lastRow] = best;
          lastRows.push(lastRow);
          logProbability += Math.LN2 * delta[best]!;
        },
      );
    }
    if (!Number.isFinite(logProbability)) return this.typescript.viterbi(parameters);
    this.trace(path, lastRows, states, new Uint8Array(this.memory.buffer, work));
    return { path, logProbability };
  }

  /** Follows the back-pointers of each sequence from its last row. */
  private trace(path: Uint8Array, lastRows: readonly number[], states: number, origins: Uint8Array): void {
    for (let s = lastRows.length - 1; s >= 0; s -= 1) {
      const first = s === 0 ? 0 : lastRows[s - 1]! + 1;
      let state = path[lastRows[s]!]!;
      for (let row = lastRows[s]!; row > first; row -= 1) {
        state = origins[row * states + state]!;
        path[row - 1] = state;
      }
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.runner?.dispose();
    this.fallback?.dispose();
    if (!this.abandoned) releaseMemory(this.memory);
  }
}

/** True when the kernels can hold `states` states over these rows. */
export function fitsKernel(
  observations: Observations,
  states: number = LARGEST_KERNEL,
  threads = 1,
): boolean {
  return (
    observations.features <= LARGEST_KERNEL &&
    states <= LARGEST_KERNEL &&
    kernelsAvailable() &&
    layoutMemory(observations, states, threads).pages <= MOST_PAGES
  );
}

/**
 * The fastest engine for these rows on one thread: WebAssembly where it fits, the TypeScript kernels elsewhere. The
 * number of states may change from call to call.
 */
export function createWasmEngine(observations: Observations): ExpectationEngine {
  if (!fitsKernel(observations, 1)) return createScaledEngine(observations);
  const engine = new WasmEngine(observations);
  let scaled: ExpectationEngine | undefined;
  const engineFor = ({ states }: GaussianHmmParameters): ExpectationEngine => {
    if (fitsKernel(observations, states)) return engine;
    scaled ??= createScaledEngine(observations);
    return scaled;
  };
  return {
    expectation: (parameters) => engineFor(parameters).expectation(parameters),
    filter: (parameters) => engineFor(parameters).filter(parameters),
    smooth: (parameters) => engineFor(parameters).smooth(parameters),
    viterbi: (parameters) => engineFor(parameters).viterbi(parameters),
    dispose: () => {
      engine.dispose();
      scaled?.dispose();
    },
  };
}
