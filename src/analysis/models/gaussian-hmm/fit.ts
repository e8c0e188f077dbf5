/**
 * Fits a Gaussian HMM: checks the input, starts EM many times, follows the most promising starts to convergence.
 *
 * Degenerate input follows the table of §5.8. `hmmlearn` mode repeats the library's arithmetic from given starting
 * parameters and refuses only what the library refuses.
 * Numerics: features whose mean is far from zero compared with their deviation are shifted before EM and back after
 * it, because second moments about a distant origin cancel.
 */
import { TidewatchError } from '../../../errors.js';
import { Random } from '../../../market/random.js';
import type { Observations } from '../observations.js';
import { parameterCount } from '../selection.js';
import { CovariancePrior, type EstimationMode } from './covariance-prior.js';
import type { CovarianceType, ExpectationEngineFactory, GaussianHmmParameters } from './expectation.js';
import { EmRun, gaussianEstimation } from './expectation-maximisation.js';
import { relocateState, type StartFamily, type StartingPoint, startingPoints } from './initialisation.js';
import { validateParameters } from './parameters.js';
import {
  type Prepared,
  prepareObservations,
  selectParameters,
  shiftMeans,
  withoutMissing,
} from './prepared-observations.js';
import { createReferenceEngine } from './reference-engine.js';
import { type Candidate, effortFor, searchBest } from './restart-search.js';
import { checkStickiness, type Stickiness, startSticky } from './sticky-prior.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

/**
 * How a fit searches; all but K and the covariance have values that depend on the number of rows (HMM spec §5.8).
 */
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
  /** Number of starts; 64, 16 or 12 by the number of rows, 1 for one state or given parameters. */
  readonly restarts?: number;
  /** How many starts are followed to convergence; 8, 4 or 3 by the number of rows. */
  readonly finalists?: number;
  /** Rounds of moving single states afterwards, at most; 30, 2 or 0 by the number of rows. */
  readonly rounds?: number;
  /** Start from these instead of making starting points; D counts the features of the rows. */
  readonly initial?: GaussianHmmParameters;
  /** ν₀, weight of the covariance prior in `map` mode; 1 unless said. */
  readonly priorWeight?: number;
  /** Extra weight on staying in a state; none unless said. */
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

/** What became of one starting point. */
export interface RestartReport {
  readonly family: StartFamily;
  readonly iterations: number;
  /** Objective before the last update it made, nats; null when the start was dropped. */
  readonly objective: number | null;
  /** Was followed to convergence. */
  readonly finalist: boolean;
}

/** How the winning run went, and how far the others were behind; log-likelihoods in nats. */
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

/**
 * @throws TidewatchError `non_finite_input`, `too_few_rows`, `degenerate_data`, `invalid_parameters`
 */
export function fitGaussianHmm(observations: Observations, options: FitOptions): FitResult {
  const mode = options.mode ?? 'map';
  checkStickiness(options.sticky);
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
    const estimation = gaussianEstimation(prepared.observations, engine, {
      prior: new CovariancePrior(mode, moments.variance, options.priorWeight ?? 1),
      moments,
      tolerance: options.tolerance ?? (mode === 'map' ? 1e-6 * observations.rows : 1e-2),
      ...(options.sticky ? { sticky: options.sticky } : {}),
    });
    const random = new Random(options.seed ?? 42);
    const effort = effortFor(observations.rows, options);
    const { best, tried } = searchBest({
      starts: makeStarts(prepared, options, effort.starts, random),
      begin: (parameters) => new EmRun(startSticky(parameters, options.sticky), estimation),
      move: (parameters, state) => {
        const row = random.below(prepared.observations.rows);
        return relocateState(parameters, state, prepared.observations, row, moments);
      },
      random,
      effort,
      maxIterations: options.maxIterations ?? 100,
      minimumShare: options.minimumShare ?? 0,
    });
    const { logLikelihood } = engine.filter(best.parameters);
    return {
      parameters: validateResult(shiftMeans(best.parameters, prepared.shift, 1), mode),
      usedFeatures: prepared.usedFeatures,
      report: fitReport(prepared, tried, best, logLikelihood),
    };
  } finally {
    engine.dispose();
  }
}

type StartingOptions = Pick<
  FitOptions,
  'states' | 'covarianceType' | 'initial' | 'returnColumn' | 'volatilityColumn'
>;

/** Starting points over the prepared features. */
export function makeStarts(
  prepared: Prepared,
  options: StartingOptions,
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
export function checkRows(
  prepared: Prepared,
  options: Pick<FitOptions, 'states' | 'covarianceType' | 'initial'>,
  mode: EstimationMode,
  furtherParameters = 0,
): void {
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
  const needed = parameterCount(states, features, covarianceType) + furtherParameters;
  if (rows * features < needed) {
    refuse(`of ${features} features hold fewer numbers than the ${needed} free parameters of the model`);
  }
}

/** The library may end with rows of A that sum to 0; `map` never does. */
function validateResult(parameters: GaussianHmmParameters, mode: EstimationMode): GaussianHmmParameters {
  return mode === 'map' ? validateParameters(parameters) : parameters;
}

type ReportedRun = Pick<EmRun, 'iterations' | 'objective' | 'converged' | 'decreased' | 'reseeded'> & {
  readonly history: readonly number[];
};

/** The story of a search. */
export function fitReport(
  prepared: Pick<Prepared, 'constantFeatures' | 'names'>,
  candidates: readonly Candidate<ReportedRun>[],
  best: ReportedRun,
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
