/**
 * Where everything lies in the linear memory of the kernels, in bytes. Rows are cut into blocks of 512. Their
 * observations lie pair by pair of rows; everything else of a block in columns, STRIDE bytes apart. The layout depends on rows, features and states only (never on
 * the number of threads beyond their scratch areas), so sums come in the same order whoever computes them.
 */
import type { Observations } from '../../observations.js';

/** Rows of a block; part of the numerical identity of the engine (it fixes the order of summation). */
export const BLOCK_ROWS = 512;
/** Bytes between columns: 512 rows and one cache line, as scripts/hmm-kernel/text.mjs bakes into the kernels. */
export const STRIDE = (BLOCK_ROWS + 8) * 8;
export const MOST_THREADS = 8;
const PAGE = 65_536;

/** Shared by all threads: what the caller writes before an E step. */
export const SHARED = {
  /** Per state 64 doubles: mean, weights, constant. */
  emission: 0,
  emissionRecord: 512,
  /** K × K. */
  transitions: 4_096,
  /** K rows of 8. */
  logTransitions: 4_608,
  start: 5_120,
  /** Recursion states handed from one half to the other. */
  forwardHandoff: 5_184,
  backwardHandoff: 5_376,
  /** Smallest normaliser that each stream and each helper met; MOST_THREADS doubles. */
  least: 5_568,
  end: 5_760,
} as const;

/** A recursion state, as scripts/hmm-kernel/recursion.mjs lays it out. */
export const RECURSION = { vector: 64, scale: 128, exponents: 136, smallest: 144, bytes: 152 } as const;

/** Scratch of one thread, relative to its beginning. */
export const SCRATCH = {
  forwardState: 0,
  backwardState: 192,
  viterbiState: 384,
  maxima: 512,
  /** Sets of eight columns. */
  forwardOut: 512 + STRIDE,
  forwardKept: 512 + 9 * STRIDE,
  backwardOut: 512 + 17 * STRIDE,
  backwardKept: 512 + 25 * STRIDE,
  posterior: 512 + 33 * STRIDE,
  weighted: 512 + 41 * STRIDE,
  bytes: 512 + 49 * STRIDE,
} as const;

/** Addresses are bytes from the start of the memory; sizes are counts unless said. */
export interface MemoryLayout {
  readonly rows: number;
  readonly features: number;
  readonly states: number;
  readonly blocks: number;
  /** First byte of the observations: per pair of rows D vectors of two doubles. */
  readonly observations: number;
  /** First byte of e and the stored recursion; 2 K columns per block. */
  readonly work: number;
  /** First byte of the sums per block; `partialSize` doubles each. */
  readonly partials: number;
  readonly partialSize: number;
  /** Of 64 KiB, for everything. */
  readonly pages: number;
}

/** Offsets, in doubles, inside the sums of a block. */
export function partialOffsets(states: number) {
  const start = 2;
  const transition = start + states;
  return { maxima: 0, logTerms: 1, start, transition, moments: transition + states * states };
}

/** Doubles of Σw, Σwx and the lower triangle of Σwxxᵀ of one state. */
export function momentCount(features: number): number {
  return 1 + features + (features * (features + 1)) / 2;
}

/** Addresses for a size; `threads` adds scratch areas in front and moves nothing relative to the rows. */
export function layoutMemory(
  observations: Pick<Observations, 'rows' | 'features'>,
  states: number,
  threads: number,
): MemoryLayout {
  const { rows, features } = observations;
  const blocks = Math.ceil(rows / BLOCK_ROWS);
  const first = SHARED.end + threads * SCRATCH.bytes;
  const work = first + blocks * features * BLOCK_ROWS * 8;
  const partials = work + blocks * 2 * states * STRIDE;
  const partialSize = partialOffsets(states).moments + states * momentCount(features);
  const end = partials + blocks * partialSize * 8;
  return {
    rows,
    features,
    states,
    blocks,
    observations: first,
    work,
    partials,
    partialSize,
    pages: Math.ceil(end / PAGE),
  };
}

/** The linear memory cannot grow beyond 4 GiB. */
export const MOST_PAGES = 65_536;
