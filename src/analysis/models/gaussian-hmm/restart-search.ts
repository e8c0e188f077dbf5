/**
 * The search for a good optimum of the likelihood.
 *
 * Why: a single start misses the best known optimum by up to hundreds of nats (HMM spec §11.2), and on a few hundred
 * rows the best optimum is found by one start in fifty. Method: every start runs ten iterations, the most promising
 * run on until they converge; then, from the three best different optima, single states and pairs of states are moved
 * to random rows and converged again, as long as that helps (in the spirit of split-and-merge EM, Ueda et al. 2000).
 * The highest objective wins, the first one on ties. Limit: a heuristic; nothing proves the optimum global.
 */
import { TidewatchError } from '../../../errors.js';
import type { Random } from '../../../market/random.js';
import type { GaussianHmmParameters } from './expectation.js';
import type { StartFamily } from './initialisation.js';

/** Iterations that every start gets before the best are chosen. */
const SHORT_RUN = 10;
/** Moves per round of improvement; the first ones move one state, the others two. */
const MOVES_PER_ROUND = 8;
const SINGLE_MOVES = 5;
/** How many moves of a round are followed to convergence. */
const MOVES_FOLLOWED = 2;
/** Objectives further apart than this, nats, are different optima. */
const DISTINCT = 0.1;
/** How many different optima are improved. */
const BASINS = 3;
/** Gain, nats, that counts as an improvement. */
const IMPROVEMENT = 0.05;

/**
 * How much a search tries: it starts all, follows the finalists to convergence, then improves round by round.
 */
export interface Effort {
  readonly starts: number;
  readonly finalists: number;
  /** Rounds of improvement at most. */
  readonly rounds: number;
  /** Rounds without success after which improvement ends. */
  readonly patience: number;
}

export interface EffortOptions {
  readonly states: number;
  /** One given start; nothing else is tried. */
  readonly initial?: GaussianHmmParameters;
  /** Starting points; by the number of rows unless said, and 1 also turns improvement off. */
  readonly restarts?: number;
  /** Starts that are followed to convergence; by the number of rows unless said. */
  readonly finalists?: number;
  /** Rounds of improvement at most; by the number of rows unless said. */
  readonly rounds?: number;
}

/** Few rows make many optima and cheap iterations; many rows the opposite. */
export function effortFor(rows: number, options: EffortOptions): Effort {
  const single = options.states === 1 || options.initial !== undefined;
  const [starts, finalists, rounds] = rows <= 5_000 ? [64, 8, 30] : rows <= 50_000 ? [16, 4, 2] : [12, 3, 0];
  return {
    starts: single ? 1 : (options.restarts ?? starts),
    finalists: options.finalists ?? finalists,
    rounds: single || options.restarts === 1 ? 0 : (options.rounds ?? rounds),
    patience: 9,
  };
}

/** One run of an estimation from one starting point. */
export interface RestartRun<P> {
  readonly parameters: P;
  /** Before the last update. */
  readonly objective: number;
  readonly iterations: number;
  /** Smallest share of the rows that a state holds. */
  readonly smallestShare: number;
  /** Iterates until `iterations` in total, or until it has converged. */
  advance(iterations: number): void;
}

export interface Candidate<R> {
  readonly family: StartFamily;
  /** Undefined once the start was dropped. */
  run: R | undefined;
  /** It was followed to convergence. */
  finalist: boolean;
}

type Survivor<R> = Candidate<R> & { run: R };

/**
 * What the search needs to know of a family: how to begin, to move a state, and when a result is degenerate.
 */
export interface Search<P extends { readonly states: number }, R extends RestartRun<P>> {
  readonly starts: readonly { readonly family: StartFamily; readonly parameters: P }[];
  readonly begin: (parameters: P) => R;
  /** The parameters with one state moved to a random row. */
  readonly move: (parameters: P, state: number) => P;
  readonly random: Random;
  readonly effort: Effort;
  readonly maxIterations: number;
  /** A result in which a state holds a smaller share of the rows comes last. */
  readonly minimumShare: number;
}

/** @throws TidewatchError `degenerate_data` when no start leads to a usable model */
export function searchBest<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
): { best: R; tried: Candidate<R>[] } {
  const { starts, effort } = search;
  const tried = starts.map(({ family, parameters }) => candidate(search, family, parameters));
  const finished = converge(search, tried, effort.finalists);
  if (finished.length === 0) {
    throw new TidewatchError('degenerate_data', 'no start of the fit led to a usable model', {
      hint: 'ask for fewer states, a simpler covariance, or give more varied rows',
      details: { restarts: tried.length },
    });
  }
  const basins = finished
    .filter(({ run }, i) => i === 0 || run.objective < finished[i - 1]!.run.objective - DISTINCT)
    .slice(0, effort.rounds > 0 ? BASINS : 1);
  const best = basins
    .map((basin) => improve(search, basin, tried))
    .reduce((a, b) => (compare(search, b, a) < 0 ? b : a));
  return { best: best.run, tried };
}

function candidate<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
  family: StartFamily,
  parameters: P,
): Candidate<R> {
  return { family, finalist: false, run: search.begin(parameters) };
}

/** Advances one candidate; a start that cannot go on is dropped, anything unexpected is passed on. */
function advance<P>(candidate: Candidate<RestartRun<P>>, iterations: number): void {
  try {
    candidate.run?.advance(iterations);
  } catch (error) {
    const expected = ['degenerate_data', 'invalid_parameters'];
    if (!(error instanceof TidewatchError) || !expected.includes(error.code)) throw error;
    candidate.run = undefined;
  }
}

const isThin = (
  { minimumShare }: { readonly minimumShare: number },
  { run }: { readonly run: { readonly smallestShare: number } },
): boolean => run.smallestShare < minimumShare;

/** No thin state before thin states, then by objective. */
function compare<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
  a: Survivor<R>,
  b: Survivor<R>,
): number {
  const thin = Number(isThin(search, a)) - Number(isThin(search, b));
  return thin || b.run.objective - a.run.objective;
}

/** Short runs for all, then the most promising to convergence; the survivors, best first. */
function converge<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
  candidates: readonly Candidate<R>[],
  finalists: number,
): Survivor<R>[] {
  if (candidates.length > 1) {
    for (const each of candidates) advance(each, Math.min(SHORT_RUN, search.maxIterations));
  }
  const alive = (each: Candidate<R>): each is Survivor<R> => each.run !== undefined;
  const waiting = candidates.filter(alive).sort((a, b) => b.run.objective - a.run.objective);
  const finished: Survivor<R>[] = [];
  for (const each of waiting) {
    if (finished.length === finalists) break;
    advance(each, search.maxIterations);
    if (!alive(each)) continue;
    each.finalist = true;
    finished.push(each);
  }
  return finished.sort((a, b) => compare(search, a, b));
}

/** Tries to leave an optimum by moving states, until several rounds in a row bring nothing. */
function improve<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
  from: Survivor<R>,
  tried: Candidate<R>[],
): Survivor<R> {
  const { effort, random } = search;
  const { states } = from.run.parameters;
  let current = from;
  let failures = 0;
  for (let round = 0; round < effort.rounds && failures < effort.patience; round += 1) {
    const moves = Array.from({ length: MOVES_PER_ROUND }, (_, index) => {
      let { parameters } = current.run;
      for (let moved = 0; moved < (index < SINGLE_MOVES ? 1 : 2); moved += 1) {
        parameters = search.move(parameters, random.below(states));
      }
      return candidate(search, 'relocated', parameters);
    });
    const [found] = converge(search, moves, MOVES_FOLLOWED);
    tried.push(...moves);
    if (found && isBetter(search, found, current)) {
      current = found;
      failures = 0;
    } else failures += 1;
  }
  return current;
}

function isBetter<P extends { readonly states: number }, R extends RestartRun<P>>(
  search: Search<P, R>,
  found: Survivor<R>,
  current: Survivor<R>,
): boolean {
  if (isThin(search, found) !== isThin(search, current)) return isThin(search, current);
  return found.run.objective > current.run.objective + IMPROVEMENT;
}
