/**
 * One thread's view of a shared E step: the kernels over the linear memory, block by block.
 *
 * Meet in the middle: the first half of the blocks runs forward while the second half runs backward, both store; then
 * each half runs the other direction and accumulates. Two independent streams without extra arithmetic, for two
 * threads, or for two dependency chains inside one loop on one thread. Sums are kept per block and added in block
 * order, so the bits do not depend on who computed what.
 * Longer than most files: the passes share one memory map and one recursion state and mean nothing apart.
 */
import { instantiate, type Kernels, selectKernels } from './kernel-module.js';
import {
  BLOCK_ROWS,
  type MemoryLayout,
  momentCount,
  partialOffsets,
  RECURSION,
  SCRATCH,
  SHARED,
  STRIDE,
} from './memory-layout.js';
import type { Segments } from './segments.js';

const { LN2 } = Math;
/** Larger than any normaliser: nothing was met yet. */
const NOTHING_MET = 1e300;

/** What a second pass does with a block of posteriors: moments are summed, or the rows are handed out. */
export type PosteriorSink = (block: number, address: number, rows: number) => void;

export class Workspace {
  private readonly all: WebAssembly.Exports;
  private kernels!: Kernels;
  private layout!: MemoryLayout;
  private states = 0;
  private doubles!: Float64Array;
  private offsets!: ReturnType<typeof partialOffsets>;
  private moments = 0;
  private readonly scratch: number;
  /** Columns of a second pass. */
  private readonly alpha: number;
  private readonly u: number;
  private readonly beta: number;
  private readonly v: number;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly segments: Segments,
    private readonly thread: number,
  ) {
    this.all = instantiate(memory);
    this.scratch = SHARED.end + thread * SCRATCH.bytes;
    this.alpha = this.scratch + SCRATCH.forwardOut;
    this.u = this.scratch + SCRATCH.forwardKept;
    this.beta = this.scratch + SCRATCH.backwardOut;
    this.v = this.scratch + SCRATCH.backwardKept;
  }

  /** Binds the workspace to a size; call after the memory has grown to `layout.pages`. */
  prepare(layout: MemoryLayout, diagonal: boolean): void {
    this.layout = layout;
    this.states = layout.states;
    this.kernels = selectKernels(this.all, layout.features, layout.states, diagonal);
    this.offsets = partialOffsets(layout.states);
    this.moments = momentCount(layout.features);
    this.doubles = new Float64Array(this.memory.buffer);
    this.doubles[(SHARED.least >> 3) + this.thread] = NOTHING_MET;
  }

  get view(): Float64Array {
    return this.doubles;
  }

  private rowsOf(block: number): number {
    return Math.min(BLOCK_ROWS, this.layout.rows - block * BLOCK_ROWS);
  }

  /** Vector kernels take four rows at a time; rows beyond the last repeat it and are zeroed in every sum. */
  private paddedBytes(block: number): number {
    return ((this.rowsOf(block) + 3) & ~3) * 8;
  }

  private observationsOf(block: number): number {
    return this.layout.observations + block * this.layout.features * BLOCK_ROWS * 8;
  }

  private emissionOf(block: number): number {
    return this.layout.work + block * 2 * this.states * STRIDE;
  }

  private storedOf(block: number): number {
    return this.emissionOf(block) + this.states * STRIDE;
  }

  /** Index, in doubles, of the sums of a block. */
  private partialOf(block: number): number {
    return (this.layout.partials >> 3) + block * this.layout.partialSize;
  }

  private met(value: number): void {
    const index = (SHARED.least >> 3) + this.thread;
    // a NaN must stay visible
    if (!(value >= this.doubles[index]!)) this.doubles[index] = value;
  }

  /** log₂ b of a block into K columns at `target`. */
  densities(block: number, target: number): void {
    const x = this.observationsOf(block);
    const bytes = this.paddedBytes(block);
    for (let k = 0; k < this.states; k += 1) {
      this.kernels.emission(x, SHARED.emission + k * SHARED.emissionRecord, target + k * STRIDE, bytes);
    }
  }

  /** e of a block into K columns at `target`; returns Σ m, a natural logarithm. */
  private emissions(block: number, target: number): number {
    this.densities(block, target);
    return (
      LN2 *
      this.kernels.exponentials(
        target,
        this.scratch + SCRATCH.maxima,
        this.paddedBytes(block),
        this.rowsOf(block),
      )
    );
  }

  /** First part of the first pass: e and Σ m of a block, stored. */
  emit(block: number): void {
    const partial = this.partialOf(block);
    this.doubles[partial] = this.emissions(block, this.emissionOf(block));
    this.doubles[partial + 1] = 0;
  }

  private copyState(from: number, to: number): void {
    this.doubles.copyWithin(to >> 3, from >> 3, (from + RECURSION.bytes) >> 3);
  }

  /** Forgets what a stream has met and where it was. */
  reset(): void {
    for (const state of [SCRATCH.forwardState, SCRATCH.backwardState]) {
      const at = (this.scratch + state) >> 3;
      this.doubles.fill(0, at, at + (RECURSION.bytes >> 3));
      this.doubles[at + (RECURSION.smallest >> 3)] = NOTHING_MET;
    }
    this.doubles[(SHARED.least >> 3) + this.thread] = NOTHING_MET;
  }

  giveForward(): void {
    this.copyState(this.scratch + SCRATCH.forwardState, SHARED.forwardHandoff);
  }

  giveBackward(): void {
    this.copyState(this.scratch + SCRATCH.backwardState, SHARED.backwardHandoff);
  }

  /** Goes on after the first half; the transition across the border is counted by the first half. */
  takeForward(): void {
    const at = this.scratch + SCRATCH.forwardState;
    this.copyState(SHARED.forwardHandoff, at);
    this.doubles.fill(0, (at + RECURSION.vector) >> 3, (at + RECURSION.scale) >> 3);
  }

  takeBackward(): void {
    this.copyState(SHARED.backwardHandoff, this.scratch + SCRATCH.backwardState);
  }

  /** Folds the smallest normaliser of this thread's recursions into what the caller looks at. */
  report(): void {
    for (const state of [SCRATCH.forwardState, SCRATCH.backwardState]) {
      this.met(this.doubles[(this.scratch + state + RECURSION.smallest) >> 3]!);
    }
  }

  /** Before a forward segment: a sequence that begins here takes the start distribution. */
  private enterForward(segment: number): void {
    if (!this.segments.starts[segment]) return;
    const at = (this.scratch + SCRATCH.forwardState) >> 3;
    for (let k = 0; k < this.states; k += 1) {
      this.doubles[at + k] = this.doubles[(SHARED.start >> 3) + k]!;
      this.doubles[at + 8 + k] = 0;
    }
    this.doubles[at + (RECURSION.scale >> 3)] = 1;
    this.doubles[at + (RECURSION.exponents >> 3)] = 0;
  }

  /** After a forward segment: the likelihood of a sequence that ends here. */
  private leaveForward(segment: number): number {
    if (!this.segments.ends[segment]) return 0;
    const at = (this.scratch + SCRATCH.forwardState) >> 3;
    let sum = 0;
    for (let k = 0; k < this.states; k += 1) sum += this.doubles[at + 8 + k]!;
    return Math.log(sum) + LN2 * this.doubles[at + (RECURSION.exponents >> 3)]!;
  }

  private enterBackward(segment: number): void {
    if (!this.segments.ends[segment]) return;
    const at = (this.scratch + SCRATCH.backwardState) >> 3;
    for (let k = 0; k < this.states; k += 1) {
      this.doubles[at + k] = 1;
      this.doubles[at + 8 + k] = 0;
    }
    this.doubles[at + (RECURSION.scale >> 3)] = 1;
  }

  /** Forward over a block; α to `out`, u to `kept` when it is not 0. Returns the likelihood of sequences that end. */
  private forward(block: number, e: number, out: number, kept: number): number {
    const { first, from, to } = this.segments;
    const state = this.scratch + SCRATCH.forwardState;
    let logTerms = 0;
    for (let s = first[block]!; s < first[block + 1]!; s += 1) {
      this.enterForward(s);
      const at = from[s]! * 8;
      const bytes = to[s]! * 8 - at;
      if (kept) this.kernels.forwardKeep(e + at, out + at, kept + at, state, SHARED.transitions, bytes);
      else this.kernels.forward(e + at, out + at, state, SHARED.transitions, bytes);
      logTerms += this.leaveForward(s);
    }
    return logTerms;
  }

  private backward(block: number, e: number, out: number, kept: number): void {
    const { first, from, to } = this.segments;
    const state = this.scratch + SCRATCH.backwardState;
    for (let s = first[block + 1]! - 1; s >= first[block]!; s -= 1) {
      this.enterBackward(s);
      const at = from[s]! * 8;
      const bytes = to[s]! * 8 - at;
      if (kept) this.kernels.backwardKeep(e + at, out + at, kept + at, state, SHARED.transitions, bytes);
      else this.kernels.backward(e + at, out + at, state, SHARED.transitions, bytes);
    }
  }

  /** One undivided segment of 512 rows in each: the condition for running two blocks in one loop. */
  private whole(block: number): boolean {
    const { first } = this.segments;
    return first[block + 1]! - first[block]! === 1 && this.rowsOf(block) === BLOCK_ROWS;
  }

  /** First pass of the first half: α stored. */
  storeForward(block: number): void {
    const terms = this.forward(block, this.emissionOf(block), this.storedOf(block), 0);
    this.doubles[this.partialOf(block) + 1] = terms;
  }

  /** First pass of the second half: β stored. */
  storeBackward(block: number): void {
    this.backward(block, this.emissionOf(block), this.storedOf(block), 0);
  }

  storeBoth(forwardBlock: number, backwardBlock: number): void {
    if (!this.whole(forwardBlock) || !this.whole(backwardBlock)) {
      this.storeForward(forwardBlock);
      this.storeBackward(backwardBlock);
      return;
    }
    const segment = this.segments.first[forwardBlock]!;
    this.enterForward(segment);
    this.enterBackward(this.segments.first[backwardBlock]!);
    this.kernels.both(
      this.emissionOf(forwardBlock),
      this.storedOf(forwardBlock),
      this.scratch + SCRATCH.forwardState,
      this.emissionOf(backwardBlock),
      this.storedOf(backwardBlock),
      this.scratch + SCRATCH.backwardState,
      SHARED.transitions,
      BLOCK_ROWS * 8,
    );
    this.doubles[this.partialOf(forwardBlock) + 1] = this.leaveForward(segment);
  }

  /** Second pass of the first half: β and v, then the sums of the block. */
  finishBackward(block: number, sink?: PosteriorSink): void {
    this.backward(block, this.emissionOf(block), this.beta, this.v);
    this.sumBackward(block, sink);
  }

  /** Second pass of the second half: α and u, then the sums of the block. */
  finishForward(block: number, sink?: PosteriorSink): void {
    const terms = this.forward(block, this.emissionOf(block), this.alpha, this.u);
    this.doubles[this.partialOf(block) + 1] = terms;
    this.sumForward(block, sink);
  }

  finishBoth(forwardBlock: number, backwardBlock: number, sink?: PosteriorSink): void {
    if (!this.whole(forwardBlock) || !this.whole(backwardBlock)) {
      this.finishForward(forwardBlock, sink);
      this.finishBackward(backwardBlock, sink);
      return;
    }
    const segment = this.segments.first[forwardBlock]!;
    this.enterForward(segment);
    this.enterBackward(this.segments.first[backwardBlock]!);
    this.kernels.bothKeep(
      this.emissionOf(forwardBlock),
      this.alpha,
      this.u,
      this.scratch + SCRATCH.forwardState,
      this.emissionOf(backwardBlock),
      this.beta,
      this.v,
      this.scratch + SCRATCH.backwardState,
      SHARED.transitions,
      BLOCK_ROWS * 8,
    );
    this.doubles[this.partialOf(forwardBlock) + 1] = this.leaveForward(segment);
    this.sumForward(forwardBlock, sink);
    this.sumBackward(backwardBlock, sink);
  }

  private sumBackward(block: number, sink?: PosteriorSink): void {
    const { beta, v } = this;
    const gamma = this.scratch + SCRATCH.posterior;
    const a = this.scratch + SCRATCH.weighted;
    const bytes = this.paddedBytes(block);
    this.fillPadding(block, 0, [v]);
    this.fillPadding(block, 1, [beta, this.storedOf(block)]);
    this.met(this.kernels.posteriorBackward(this.storedOf(block), beta, gamma, a, bytes));
    this.sum(block, gamma, a, v, a, sink);
  }

  private sumForward(block: number, sink?: PosteriorSink): void {
    const { alpha, u } = this;
    const gamma = this.scratch + SCRATCH.posterior;
    const b = this.scratch + SCRATCH.weighted;
    const bytes = this.paddedBytes(block);
    this.fillPadding(block, 0, [u]);
    this.fillPadding(block, 1, [alpha, this.storedOf(block)]);
    const e = this.emissionOf(block);
    this.met(this.kernels.posteriorForward(alpha, this.storedOf(block), gamma, b, e, bytes));
    this.sum(block, gamma, u, b, b, sink);
  }

  /** Rows beyond the last one of the last block: 1 where they are divided by, 0 where they are summed. */
  private fillPadding(block: number, value: number, columnSets: readonly number[]): void {
    const rows = this.rowsOf(block);
    const padded = this.paddedBytes(block) >> 3;
    if (rows === padded) return;
    for (const columns of columnSets) {
      for (let k = 0; k < this.states; k += 1) {
        const at = (columns + k * STRIDE) >> 3;
        this.doubles.fill(value, at + rows, at + padded);
      }
    }
  }

  private sum(
    block: number,
    gamma: number,
    left: number,
    right: number,
    weighted: number,
    sink: PosteriorSink | undefined,
  ): void {
    this.fillPadding(block, 0, [gamma, weighted]);
    if (sink) {
      sink(block, gamma, this.rowsOf(block));
      return;
    }
    const { states } = this;
    const bytes = this.paddedBytes(block);
    const { offsets, moments } = this;
    const partial = this.partialOf(block);
    this.kernels.transitions(left, right, (partial + offsets.transition) * 8, bytes);
    const x = this.observationsOf(block);
    for (let k = 0; k < states; k += 1) {
      this.kernels.moments(gamma + k * STRIDE, x, (partial + offsets.moments + k * moments) * 8, bytes);
    }
    for (let k = 0; k < states; k += 1) this.doubles[partial + offsets.start + k] = 0;
    const { first, from, starts } = this.segments;
    for (let s = first[block]!; s < first[block + 1]!; s += 1) {
      if (!starts[s]) continue;
      for (let k = 0; k < states; k += 1) {
        this.doubles[partial + offsets.start + k]! += this.doubles[(gamma + k * STRIDE) / 8 + from[s]!]!;
      }
    }
  }

  /**
   * Filtered probabilities of a block, row-major at the returned address, and what it adds to the log-likelihood.
   * Blocks must come in order, the first after `reset`.
   */
  filterBlock(block: number): { address: number; logLikelihood: number } {
    const e = this.scratch + SCRATCH.weighted;
    const alpha = this.scratch + SCRATCH.posterior;
    const sum = this.emissions(block, e);
    const logLikelihood = this.forward(block, e, alpha, 0) + sum;
    this.kernels.normalise(alpha, this.paddedBytes(block));
    return { address: this.interleaved(alpha, block), logLikelihood };
  }

  /** What a block adds to the log-likelihood; blocks in order, the first after `reset`. */
  scoreBlock(block: number): number {
    const e = this.scratch + SCRATCH.weighted;
    const sum = this.emissions(block, e);
    return this.forward(block, e, this.scratch + SCRATCH.posterior, 0) + sum;
  }

  /** K columns of a block to row-major; the address of the copy. */
  interleaved(columns: number, block: number): number {
    const out = this.alpha;
    this.kernels.interleave(columns, out, this.rowsOf(block) * 8);
    return out;
  }

  /** Viterbi over a block: back-pointers at `origins` (K bytes per row); `begin` and `end` see the δ of sequences. */
  viterbiBlock(
    block: number,
    origins: number,
    begin: (delta: Float64Array, density: (k: number) => number) => void,
    end: (delta: Float64Array, lastRow: number) => void,
  ): void {
    const { first, from, to, starts, ends } = this.segments;
    const { states } = this;
    const densities = this.scratch + SCRATCH.weighted;
    this.densities(block, densities);
    const state = this.scratch + SCRATCH.viterbiState;
    const delta = this.doubles.subarray(state >> 3, (state >> 3) + 8);
    for (let s = first[block]!; s < first[block + 1]!; s += 1) {
      let row = from[s]!;
      if (starts[s]) {
        begin(delta, (k) => this.doubles[((densities + k * STRIDE) >> 3) + row]!);
        row += 1;
      }
      if (row < to[s]!) {
        const address = origins + (block * BLOCK_ROWS + row) * states;
        this.kernels.viterbi(densities + row * 8, state, SHARED.logTransitions, address, (to[s]! - row) * 8);
      }
      if (ends[s]) end(delta, block * BLOCK_ROWS + to[s]! - 1);
    }
  }
}
