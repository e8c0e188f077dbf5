/**
 * Fits a Gaussian HMM: checks the input, starts EM many times, follows the most promising starts to convergence.
 *
 * Why restarts: a single start misses the best known optimum by up to hundreds of nats (HMM spec §11.2). Every start
 * runs ten iterations; the best few run on until they converge; the highest objective wins (the first on ties).
 * Degenerate input follows the table of §5.8. `hmmlearn` mode repeats the library's arithmetic from given starting
 * parameters and refuses only what the library refuses.
 * Numerics: features whose mean is far from zero compared with their deviation are shifted before EM and back after
 * it, because second moments about a distant origin cancel.
 */
import { TidewatchError } from '../../../errors.js';
import { Random } from '../../../market/random.js';
import { parameterCount } from '../selection.js';
import { CovariancePrior, type EstimationMode } from './covariance-prior.js';
import type {
  CovarianceType,
  ExpectationEngineFactory,
  GaussianHmmParameters,
  Observations,
} from './expectation.js';
import { EmRun, type EmSettings } from './expectation-maximisation.js';
import { relocateState, type StartFamily, type StartingPoint, startingPoints } from './initialisation.js';
import type { Stickiness } from './maximisation.js';
import { validateParameters } from './parameters.js';
import {
  type Prepared,
  prepareObservations,
  selectParameters,
  shiftMeans,
  withoutMissing,
} from './prepared-observations.js';
import { createReferenceEngine } from './reference-engine.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

export interface FitOptions {
  /** K, 1 to 255. */
  readonly states: number;
  readonly covarianceType: CovarianceType;
  /** `map` unless said; `hmmlearn` repeats the library. */
  readonly mode?: EstimationMode;
  readonly maxIterations?: number;
  /** Growth in nats below which a run stops; 1e-6 per row in `map` mode, 0.01 in `hmmlearn` mode. */
  readonly tolerance?: number;
  /** Seed of the starting points; 42 unless said. */
  readonly seed?: number;
  /** Number of starts; 36, 16 or 12 by the number of rows, 1 for one state or given parameters. */
  readonly restarts?: number;
  /** How many starts are followed to convergence; 6, 4 or 3 by the number of rows. */
  readonly finalists?: number;
  /** Rounds of moving single states afterwards, at most; 16, 2 or 0 by the number of rows. */
  readonly rounds?: number;
  /** Start from these instead of making starting points; D counts the features of the rows. */
  readonly initial?: GaussianHmmParameters;
  /** ν₀, weight of the covariance prior in `map` mode; 1 unless said. */
  readonly priorWeight?: number;
  readonly sticky?: Stickiness;
  /** Finalists in which a state holds a smaller share of the rows than this come last; 0 unless said. */
  readonly minimumShare?: number;
  /** `marginalise` integrates NaN features out (infinity stays an error); `error` unless said. */
  readonly missing?: 'error' | 'marginalise';
  /** Column that holds the bar's return; 0 unless said. */
  readonly returnColumn?: number;
  /** Column that holds volatility; without one the size of the return stands in. */
  readonly volatilityColumn?: number;
  /** Names for error messages. */
  readonly featureNames?: readonly string[];
  readonly engineFactory?: ExpectationEngineFactory;
}

export type FitWarningCode =
  | 'constant_feature'
  | 'likelihood_decreased'
  | 'state_reseeded'
  | 'restart_dropped';

export interface FitWarning {
  readonly code: FitWarningCode;
  readonly message: string;
}

export interface RestartReport {
  readonly family: StartFamily;
  readonly iterations: number;
  /** Objective before the last update it made, nats; null when the start was dropped. */
  readonly objective: number | null;
  readonly finalist: boolean;
}

export interface FitReport {
  /** Log-likelihood before each update of the winning run. */
  readonly history: readonly number[];
  readonly iterations: number;
  readonly stoppedBy: 'tolerance' | 'max_iterations';
  readonly converged: boolean;
  /** Log-likelihood of the training rows under the result. */
  readonly logLikelihood: number;
  /** Best minus worst objective of the finalists, nats. */
  readonly spread: number;
  readonly restarts: readonly RestartReport[];
  readonly warnings: readonly FitWarning[];
}

export interface FitResult {
  /** Over the features in `usedFeatures`. */
  readonly parameters: GaussianHmmParameters;
  /** Columns that the model uses, ascending; all but the constant ones. */
  readonly usedFeatures: readonly number[];
  readonly report: FitReport;
}

/** Iterations that every start gets before the best are chosen. */
const SHORT_RUN = 10;
/** Moves per round of improvement; the first ones move one state, the others two. */
const MOVES_PER_ROUND = 8;
const SINGLE_MOVES = 5;
/** How many moves of a round are followed to convergence. */
const MOVES_FOLLOWED = 2;

/** Objectives further apart than this, nats, are different optima; improvement starts from the best of them. */
const DISTINCT = 0.1;
const BASINS = 3;

interface Effort {
  readonly starts: number;
  readonly finalists: number;
  /** Rounds of improvement at most. */
  readonly rounds: number;
  /** Rounds without success after which improvement ends. */
  readonly patience: number;
}

/** Few rows make many optima and cheap iterations; many rows the opposite. */
function effortFor(rows: number, options: FitOptions): Effort {
  const single = options.states === 1 || options.initial !== undefined;
  const [starts, finalists, rounds] = rows <= 5_000 ? [36, 6, 30] : rows <= 50_000 ? [16, 4, 2] : [12, 3, 0];
  return {
    starts: single ? 1 : (options.restarts ?? starts),
    finalists: options.finalists ?? finalists,
    rounds: single || options.restarts === 1 ? 0 : (options.rounds ?? rounds),
    patience: 7,
  };
}

/**
 * @throws TidewatchError `non_finite_input`, `too_few_rows`, `degenerate_data`, `invalid_parameters`
 */
export function fitGaussianHmm(observations: Observations, options: FitOptions): FitResult {
  const mode = options.mode ?? 'map';
  if (observations.rows === 0) {
    throw new TidewatchError('too_few_rows', 'there are no rows to fit', {
      hint: 'give rows with all features',
    });
  }
  const prepared = prepareObservations(observations, {
    dropConstant: mode === 'map',
    allowMissing: options.missing === 'marginalise',
    names: options.featureNames ?? [],
  });
  checkRows(prepared, options, mode);
  const { moments } = prepared;
  const factory = prepared.missing ? createReferenceEngine : (options.engineFactory ?? createWasmEngine);
  const engine = factory(prepared.observations);
  try {
    const settings: EmSettings = {
      prior: new CovariancePrior(mode, moments.variance, options.priorWeight ?? 1),
      moments,
      tolerance: options.tolerance ?? (mode === 'map' ? 1e-6 * observations.rows : 1e-2),
      ...(options.sticky ? { sticky: options.sticky } : {}),
    };
    const effort = effortFor(prepared.observations.rows, options);
    const start = (family: StartFamily, parameters: GaussianHmmParameters): Candidate => ({
      family,
      finalist: false,
      run: new EmRun(parameters, prepared.observations, engine, settings),
    });
    const random = new Random(options.seed ?? 42);
    const candidates = makeStarts(prepared, options, effort.starts, random).map((point) =>
      start(point.family, point.parameters),
    );
    const finished = converge(candidates, effort.finalists, options);
    if (finished.length === 0) {
      throw new TidewatchError('degenerate_data', 'no start of the fit led to a usable model', {
        hint: 'ask for fewer states, a simpler covariance, or give more varied rows',
        details: { restarts: candidates.length },
      });
    }
    const search: Search = { prepared, options, effort, random, start };
    const basins = finished.filter(
      ({ run }, i) => i === 0 || run!.objective < finished[i - 1]!.run!.objective - DISTINCT,
    );
    const best = basins
      .slice(0, effort.rounds > 0 ? BASINS : 1)
      .map((candidate) => improve(candidate, search, candidates))
      .reduce((a, b) => (compareCandidates(b, a, options.minimumShare ?? 0) < 0 ? b : a)).run!;
    const { logLikelihood } = engine.filter(best.parameters);
    return {
      parameters: validateResult(shiftMeans(best.parameters, prepared.shift, 1), mode),
      usedFeatures: prepared.usedFeatures,
      report: report(prepared, candidates, best, logLikelihood),
    };
  } finally {
    engine.dispose();
  }
}

interface Candidate {
  readonly family: StartFamily;
  run: EmRun | undefined;
  finalist: boolean;
}

/** Advances one candidate; a start that cannot go on is dropped, anything unexpected is passed on. */
function advance(candidate: Candidate, iterations: number): void {
  try {
    candidate.run?.advance(iterations);
  } catch (error) {
    if (
      !(error instanceof TidewatchError) ||
      !['degenerate_data', 'invalid_parameters'].includes(error.code)
    ) {
      throw error;
    }
    candidate.run = undefined;
  }
}

/** Everything one search needs. */
interface Search {
  readonly prepared: Prepared;
  readonly options: FitOptions;
  readonly effort: Effort;
  readonly random: Random;
  readonly start: (family: StartFamily, parameters: GaussianHmmParameters) => Candidate;
}

/** Orders candidates: no thin state before thin states, then by objective. */
function compareCandidates(a: Candidate, b: Candidate, minimumShare: number): number {
  const thin = ({ run }: Candidate): number => (run!.smallestShare < minimumShare ? 1 : 0);
  return thin(a) - thin(b) || b.run!.objective - a.run!.objective;
}

/** Short runs for all, then the most promising to convergence; the survivors, best first. */
function converge(candidates: readonly Candidate[], finalists: number, options: FitOptions): Candidate[] {
  const maxIterations = options.maxIterations ?? 100;
  if (candidates.length > 1) {
    for (const candidate of candidates) advance(candidate, Math.min(SHORT_RUN, maxIterations));
  }
  const waiting = candidates.filter(({ run }) => run).sort((a, b) => b.run!.objective - a.run!.objective);
  const finished: Candidate[] = [];
  for (const candidate of waiting) {
    if (finished.length === finalists) break;
    advance(candidate, maxIterations);
    if (!candidate.run) continue;
    candidate.finalist = true;
    finished.push(candidate);
  }
  return finished.sort((a, b) => compareCandidates(a, b, options.minimumShare ?? 0));
}

/**
 * Tries to leave the optimum found: moves one or two states to random rows and converges again, until several
 * rounds in a row bring nothing.
 */
function improve(best: Candidate, search: Search, tried: Candidate[]): Candidate {
  const { prepared, options, effort, random } = search;
  const { states } = options;
  let current = best;
  let failures = 0;
  for (let round = 0; round < effort.rounds && failures < effort.patience; round += 1) {
    const moves = Array.from({ length: MOVES_PER_ROUND }, (_, move) => {
      let { parameters } = current.run!;
      for (let moved = 0; moved < (move < SINGLE_MOVES ? 1 : 2); moved += 1) {
        const row = random.below(prepared.observations.rows);
        const state = random.below(states);
        parameters = relocateState(parameters, state, prepared.observations, row, prepared.moments);
      }
      return search.start('relocated', parameters);
    });
    const [found] = converge(moves, MOVES_FOLLOWED, options);
    tried.push(...moves);
    const better = found !== undefined && compareCandidates(found, current, options.minimumShare ?? 0) < 0;
    if (better && found.run!.objective > current.run!.objective + 0.05) {
      current = found;
      failures = 0;
    } else failures += 1;
  }
  return current;
}

function makeStarts(
  prepared: Prepared,
  options: FitOptions,
  starts: number,
  random: Random,
): StartingPoint[] {
  if (options.initial) {
    const selected = selectParameters(validateParameters(options.initial), prepared.usedFeatures);
    return [{ family: 'given', parameters: shiftMeans(selected, prepared.shift, -1) }];
  }
  const position = (column: number | undefined): number | undefined => {
    const at = column === undefined ? -1 : prepared.usedFeatures.indexOf(column);
    return at < 0 ? undefined : at;
  };
  return startingPoints(withoutMissing(prepared), prepared.moments, random, {
    states: options.states,
    covarianceType: options.covarianceType,
    starts,
    returnColumn: position(options.returnColumn ?? 0) ?? 0,
    volatilityColumn: position(options.volatilityColumn),
  });
}

/** @throws TidewatchError `too_few_rows`, `degenerate_data` (HMM spec §5.8) */
function checkRows(prepared: Prepared, options: FitOptions, mode: EstimationMode): void {
  const { rows } = prepared.observations;
  const { states, covarianceType } = options;
  const refuse = (reason: string): never => {
    throw new TidewatchError('too_few_rows', `${rows} rows ${reason}`, {
      hint: 'give more rows, or ask for fewer states or a simpler covariance',
      details: { rows, states },
    });
  };
  if (rows < states && !options.initial) refuse(`are fewer than ${states} states`);
  if (mode === 'hmmlearn') return;
  if (rows < states) refuse(`are fewer than ${states} states`);
  if (rows === 1) refuse('is no series');
  const features = prepared.usedFeatures.length;
  if (features === 0) {
    throw new TidewatchError('degenerate_data', 'all rows are identical', {
      hint: 'check that the columns hold data; a constant series has no regimes',
      details: { rows },
    });
  }
  const needed = parameterCount(states, features, covarianceType);
  if (rows * features < needed) {
    refuse(`of ${features} features hold fewer numbers than the ${needed} free parameters of the model`);
  }
}

/** The library may end with rows of A that sum to 0; `map` never does. */
function validateResult(parameters: GaussianHmmParameters, mode: EstimationMode): GaussianHmmParameters {
  return mode === 'map' ? validateParameters(parameters) : parameters;
}

function report(
  prepared: Prepared,
  candidates: readonly Candidate[],
  best: EmRun,
  logLikelihood: number,
): FitReport {
  const warnings: FitWarning[] = prepared.constantFeatures.map((column) => ({
    code: 'constant_feature',
    message: `feature ${prepared.names[column] ?? column} is constant and was left out`,
  }));
  if (best.decreased) {
    warnings.push({
      code: 'likelihood_decreased',
      message: 'the likelihood fell by more than rounding in one iteration',
    });
  }
  if (best.reseeded) {
    warnings.push({
      code: 'state_reseeded',
      message: 'a state without rows was moved to the row explained worst',
    });
  }
  const finalists = candidates.filter(({ run, finalist }) => run && finalist);
  const dropped = candidates.filter(({ run }) => !run).length;
  if (dropped > 0) {
    warnings.push({
      code: 'restart_dropped',
      message: `${dropped} of ${candidates.length} starts led to no usable model`,
    });
  }
  return {
    history: best.history,
    iterations: best.iterations,
    stoppedBy: best.converged ? 'tolerance' : 'max_iterations',
    converged: best.converged,
    logLikelihood,
    spread:
      best.objective - finalists.reduce((least, { run }) => Math.min(least, run!.objective), best.objective),
    restarts: candidates.map(({ family, run, finalist }) => ({
      family,
      iterations: run?.iterations ?? 0,
      objective: run?.objective ?? null,
      finalist,
    })),
    warnings,
  };
}
