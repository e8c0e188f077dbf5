/**
 * Walk-forward: what a model would have said, bar by bar, had it been refitted on schedule and never told the future
 * (HMM spec §11.4). The rows it returns are point in time: parameters, scaler, labels and identities of each row come
 * from rows before its refit, the state from rows up to it, and `availableAt` says from when it could be known.
 *
 * `searchFold` is the parallel part, `FoldChain` the sequential one; this module joins the folds into one result and
 * applies the decoding rule across them. Truncation holds exactly: on a prefix of the rows every result is equal bit
 * for bit, except that the last fold may end earlier.
 */
import { TidewatchError } from '../../../errors.js';
import { type DecodingReport, type DecodingRule, decodeFiltered } from '../decoding.js';
import { sequenceLengths } from '../feature-observations.js';
import { mostProbablePath } from '../state-statistics.js';
import { type ChainOptions, FoldChain, type FoldResult } from './fold-chain.js';
import type { Candidate } from './fold-family.js';
import { type FoldSearch, searchFold, type WalkForwardInput } from './fold-search.js';
import { type Schedule, scheduleFolds } from './schedule.js';

/** Rows before each refit kept as they were seen that day, unless said. */
export const VIEW_ROWS = 1_000;

/** What is refitted when, and by which rule its states become a regime. */
export interface WalkForwardOptions extends ChainOptions {
  readonly schedule: Schedule;
  readonly candidate: Candidate;
  readonly decoding?: DecodingRule;
}

/** Point-in-time regimes of all folds, joined row by row; arrays have one value per row (HMM spec §11.4). */
export interface WalkForward {
  readonly kind: 'filtered';
  readonly lookahead: false;
  readonly folds: readonly FoldResult[];
  /** Row of the table that the first result speaks of; results follow row by row. */
  readonly from: number;
  readonly rows: number;
  /** Open times, UTC ms. */
  readonly time: Float64Array;
  readonly availableAt: Float64Array;
  /** Most probable identity of each row. */
  readonly likeliest: Int16Array;
  /** Identity after the decoding rule; −1 is undecided. Equal to `likeliest` without a rule. */
  readonly regime: Int16Array;
  readonly decoding: DecodingReport;
  /** Number of identities met: one more than the largest. */
  readonly identities: number;
  /** Filtered probabilities by identity, rows × identities; 0 for an identity that is not alive. */
  readonly probability: Float64Array;
  /** Log return of each row, as in the input. */
  readonly returns: Float64Array;
  /** Rows per gap-free sequence. */
  readonly lengths: readonly number[];
}

/** Everything in one thread: searches, then the chain. */
export function walkForward(input: WalkForwardInput, options: WalkForwardOptions): WalkForward {
  const folds = scheduleFolds(input.table.time.length, options.schedule);
  const searches = folds.map((fold) => searchFold(input, fold, options.candidate));
  return assembleWalkForward(input, options, searches);
}

/**
 * Chains finished searches.
 * @param searches one per scheduled fold, in any order
 * @throws TidewatchError `bad_parameter` when a fold is missing
 */
export function assembleWalkForward(
  input: WalkForwardInput,
  options: WalkForwardOptions,
  searches: readonly FoldSearch[],
): WalkForward {
  const { table } = input;
  const chain = new FoldChain(input, options.candidate, options);
  const byFold = new Map(searches.map((search) => [search.fold, search]));
  const folds = scheduleFolds(table.time.length, options.schedule).map((fold) => {
    const search = byFold.get(fold.index);
    if (search === undefined) {
      throw new TidewatchError('bad_parameter', `fold ${fold.index} of the walk-forward was not searched`);
    }
    return chain.next(fold, search);
  });
  return joinFolds(input, folds, options.decoding);
}

/** The results of consecutive folds as one. */
export function joinFolds(
  { table, returns }: WalkForwardInput,
  folds: readonly FoldResult[],
  rule: DecodingRule = {},
): WalkForward {
  const from = folds[0]!.fold.trainTo;
  const to = folds[folds.length - 1]!.fold.applyTo;
  const rows = to - from;
  const identities = 1 + Math.max(...folds.flatMap((fold) => fold.identities));
  const probability = new Float64Array(rows * identities);
  for (const { fold, model, identities: names, probability: found } of folds) {
    for (let row = fold.trainTo; row < fold.applyTo; row += 1) {
      for (let k = 0; k < model.states; k += 1) {
        probability[(row - from) * identities + names[k]!] = found[(row - fold.trainTo) * model.states + k]!;
      }
    }
  }
  const lengths = sequenceLengths(table.lengths, from, to);
  const { regime, report } = decodeFiltered(
    { probability, states: identities, rows, lookahead: false },
    rule,
    lengths,
  );
  return {
    kind: 'filtered',
    lookahead: false,
    folds,
    from,
    rows,
    time: table.time.subarray(from, to),
    availableAt: table.availableAt.subarray(from, to),
    likeliest: Int16Array.from(mostProbablePath(probability, identities)),
    regime,
    decoding: report,
    identities,
    probability,
    returns: returns.subarray(from, to),
    lengths,
  };
}

/** Label of each row, as it was shown that day. */
export function shownLabels({ folds, from, rows, regime }: WalkForward): string[] {
  const labels = new Array<string>(rows);
  for (const { fold, identities, labels: names } of folds) {
    for (let row = fold.trainTo; row < fold.applyTo; row += 1) {
      const state = identities.indexOf(regime[row - from]!);
      labels[row - from] = state < 0 ? 'Undecided' : names[state]!;
    }
  }
  return labels;
}
