/** What the recursions need to know of a model: its chain, and the log densities of rows under its states. */
import { TidewatchError } from '../../../errors.js';

/** The chain alone, whatever its states emit. */
export interface MarkovChainParameters {
  readonly states: number;
  /** K probabilities. */
  readonly startProbability: Float64Array;
  /** K × K, row i = P(next | i). */
  readonly transitionMatrix: Float64Array;
}

/** Emissions of any kind, bound to rows. */
export interface BlockDensities {
  /** ln b_k of rows [from, from + rows), at most BLOCK_ROWS of them, into `out[k · BLOCK_ROWS + r]`. */
  densities(from: number, rows: number, out: Float64Array): void;
}

/** @throws TidewatchError `degenerate_data`: no state can have produced the row */
export function impossibleRow(row: number): never {
  throw new TidewatchError(
    'degenerate_data',
    `row ${row} has probability 0 under every state that can be reached`,
    {
      hint: 'look for an absurd value in that row, or train on data that contain such rows',
      details: { row },
    },
  );
}
