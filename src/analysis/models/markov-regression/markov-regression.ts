/**
 * Markov-switching regression as a regime model: y_t = x_tᵀβ_s + ε, ε ~ N(0, σ²_s), s a hidden Markov chain.
 *
 * Why: the econometricians' regime model (Hamilton 1989): how a return depends on other columns, and how wild it is,
 * switches between states. Hamilton's filter from the stationary distribution, Kim's smoother, EM then quasi-Newton
 * (HMM spec §11.8; statsmodels MarkovRegression is the model for the numbers). Beyond it: the filter continues out of
 * sample with fixed parameters (`filter`, `online`), and `forecastResponse` looks h bars ahead.
 * Columns: `response` names the column of y (0 unless said: the bar's return), `regressors` those of x (none unless said,
 * which leaves switching mean and variance); other columns are not looked at. x_t must be known when y_t is: a
 * contemporaneous feature explains y, it does not forecast it.
 * Numerics: estimated on columns scaled to variance 1 and scaled back. Limits: durations are geometric, no missing
 * values; the variance always switches.
 */
import { TidewatchError } from '../../../errors.js';
import { Random } from '../../../market/random.js';
import { type FitReport, fitReport } from '../gaussian-hmm/fit.js';
import type { StartFamily } from '../gaussian-hmm/initialisation.js';
import { validateObservations } from '../gaussian-hmm/parameters.js';
import { searchBest } from '../gaussian-hmm/restart-search.js';
import { checkStickiness, type Stickiness, startSticky } from '../gaussian-hmm/sticky-prior.js';
import { HiddenChainModel } from '../hidden-chain/hidden-chain-model.js';
import { stationaryDistribution } from '../markov-chain.js';
import type { Observations } from '../observations.js';
import type { Json, RegimeModelFamily } from '../regime-model.js';
import { RegressionEmission } from './regression-emission.js';
import { RegressionLikelihood } from './regression-likelihood.js';
import {
  checkDesign,
  type MarkovRegressionParameters,
  parseRegression,
  type RegressionDesign,
  regressionToJson,
  validateRegression,
} from './regression-parameters.js';
import { RegressionRun } from './regression-run.js';
import { inRawUnits, standardise } from './standardised-design.js';

/** Which column is explained by which, and how the search goes; columns by position in the rows. */
export interface MarkovRegressionFitOptions {
  /** K, 1 to 255. */
  readonly states: number;
  /** Column of y; 0 unless said. */
  readonly response?: number;
  /** Columns of x; none unless said. */
  readonly regressors?: readonly number[];
  /** A constant in every state; there unless said. */
  readonly intercept?: boolean;
  /** EM and quasi-Newton iterations together, at most, of each start that is followed; 200 unless said. */
  readonly maxIterations?: number;
  /** 42 unless said. */
  readonly seed?: number;
  /** Starts; 10 unless said, 1 for one state. */
  readonly restarts?: number;
  /** How many starts are followed to convergence; 3 unless said. */
  readonly finalists?: number;
  /** Extra weight on staying in a state; none unless said. */
  readonly sticky?: Stickiness;
  readonly minimumShare?: number;
  /** Names for error messages. */
  readonly featureNames?: readonly string[];
}

/** EM iterations of a finalist before quasi-Newton takes over. */
const EM_ITERATIONS = 25;
const DEFAULT_ITERATIONS = 200;

export interface ResponseForecast {
  /** E[y], units of y. */
  readonly mean: number;
  /** Standard deviation of y, that between states included. */
  readonly deviation: number;
}

/**
 * A regression whose coefficients and variance switch with a hidden state (Hamilton 1989; Kim 1994; HMM spec §11.8).
 */
export class MarkovRegression extends HiddenChainModel {
  /** @throws TidewatchError `invalid_parameters`, `bad_parameter` */
  constructor(
    readonly parameters: MarkovRegressionParameters,
    readonly design: RegressionDesign,
  ) {
    const { states, transitionMatrix } = validateRegression(parameters);
    const { features, response, regressors, intercept } = checkDesign(design);
    const usedFeatures = [...regressors, response];
    super({
      kind: 'markov_regression',
      chain: {
        states,
        transitionMatrix,
        startProbability: stationaryDistribution(transitionMatrix, states),
      },
      features,
      usedFeatures,
      origin: new Float64Array(usedFeatures.length),
      emission: (columns) => new RegressionEmission(parameters, columns, intercept),
    });
  }

  get parameterCount(): number {
    const { states, coefficientCount } = this.parameters;
    return states * (states - 1) + states * coefficientCount + states;
  }

  /**
   * y h bars after a row with this filtered distribution, given the regressors of that later bar.
   * @param horizon whole bars ≥ 0
   * @param regressors x of that bar, in the order of the design; empty without regressors
   */
  forecastResponse(
    probability: Float64Array,
    horizon: number,
    regressors: ArrayLike<number> = [],
  ): ResponseForecast {
    const { coefficientCount, coefficients, variances } = this.parameters;
    const { intercept, regressors: columns } = this.design;
    if (regressors.length !== columns.length) {
      throw new TidewatchError(
        'bad_parameter',
        `a forecast needs ${columns.length} regressors, not ${regressors.length}`,
        { hint: 'give the regressors of the bar that is forecast' },
      );
    }
    const x = intercept ? [1, ...Array.from(regressors)] : Array.from(regressors);
    let mean = 0;
    let square = 0;
    this.forecast(probability, horizon).forEach((p, k) => {
      const expected = x.reduce((sum, value, j) => sum + value * coefficients[k * coefficientCount + j]!, 0);
      mean += p * expected;
      square += p * (variances[k]! + expected * expected);
    });
    return { mean, deviation: Math.sqrt(Math.max(square - mean * mean, 0)) };
  }

  toJSON(): Json {
    return regressionToJson(this.parameters, this.design);
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): MarkovRegression {
    const { parameters, design } = parseRegression(json);
    return new MarkovRegression(parameters, design);
  }
}

/**
 * Fits and returns the model with the story of the fit.
 * @throws TidewatchError `non_finite_input`, `too_few_rows`, `degenerate_data`, `bad_parameter`
 */
export function trainMarkovRegression(
  observations: Observations,
  options: MarkovRegressionFitOptions,
): { model: MarkovRegression; report: FitReport } {
  const { states, featureNames = [], sticky } = options;
  checkStickiness(sticky);
  const design = checkDesign({
    features: observations.features,
    response: options.response ?? 0,
    regressors: options.regressors ?? [],
    intercept: options.intercept ?? true,
  });
  validateObservations(observations, false, featureNames);
  checkSize(observations.rows, states, design);
  const standard = standardise(observations, design);
  const likelihood = new RegressionLikelihood(
    standard.observations,
    states,
    design.intercept,
    1e-7 * observations.rows,
    sticky,
  );
  const random = new Random(options.seed ?? 42);
  const starts = states === 1 ? 1 : (options.restarts ?? 10);
  const maxIterations = options.maxIterations ?? DEFAULT_ITERATIONS;
  // A target duration is a constraint, which EM keeps and quasi-Newton would not.
  const constrained = sticky !== undefined && 'targetDuration' in sticky;
  const emIterations = constrained ? maxIterations : Math.min(EM_ITERATIONS, maxIterations);
  const plan = { emIterations, quasiNewtonIterations: maxIterations - emIterations };
  const { best, tried } = searchBest({
    starts: startingPoints(likelihood, standard.observations, states, starts, random),
    begin: (parameters: MarkovRegressionParameters) =>
      new RegressionRun(startSticky(parameters, sticky), likelihood, plan),
    move: (parameters, state) => likelihood.reseed(parameters, state),
    random,
    effort: { starts, finalists: options.finalists ?? 3, rounds: 0, patience: 0 },
    maxIterations,
    minimumShare: options.minimumShare ?? 0,
  });
  const model = new MarkovRegression(inRawUnits(best.parameters, standard, design), design);
  const { logLikelihood } = model.filter(observations);
  const prepared = { constantFeatures: standard.constantRegressors, names: featureNames };
  return { model, report: fitReport(prepared, tried, best, logLikelihood) };
}

function checkSize(rows: number, states: number, { regressors, intercept }: RegressionDesign): void {
  const parameters = states * (states + regressors.length + (intercept ? 1 : 0));
  const reason =
    rows === 0
      ? 'there are no rows to fit'
      : rows === 1
        ? 'a single row is no series'
        : rows < states || rows < parameters
          ? `${rows} rows are fewer than the ${parameters} free parameters of ${states} states`
          : undefined;
  if (reason === undefined) return;
  throw new TidewatchError('too_few_rows', reason, {
    hint: 'give more rows, or ask for fewer states or regressors',
    details: { rows, states },
  });
}

/** Rows over which the size of a residual is averaged, to start from calm and wild times rather than rows. */
const SMOOTHING = 20;
/** Stretches of time per state in a random start. */
const STRETCHES = 8;

/**
 * Starts from assignments of the rows to states by the residuals y − xᵀβ of one regression for all rows: blocks of the
 * recent size of residuals (volatility regimes), of the residual itself, of its size, then random stretches of time.
 */
function startingPoints(
  likelihood: RegressionLikelihood,
  { data, rows, features }: Observations,
  states: number,
  count: number,
  random: Random,
): { family: StartFamily; parameters: MarkovRegressionParameters }[] {
  const transitionMatrix = new Float64Array(states * states).map((_, at) =>
    states === 1 ? 1 : at % (states + 1) === 0 ? 0.9 : 0.1 / (states - 1),
  );
  // All rows in state 0: its coefficients are those of one regression; the other states are not looked at.
  const pooled = likelihood.fromAssignment(new Uint8Array(rows), transitionMatrix);
  const skip = pooled.coefficientCount - (features - 1);
  const residual = Float64Array.from({ length: rows }, (_, row) => {
    let value = data[(row + 1) * features - 1]! - (skip > 0 ? pooled.coefficients[0]! : 0);
    for (let d = 0; d < features - 1; d += 1) {
      value -= pooled.coefficients[skip + d]! * data[row * features + d]!;
    }
    return value;
  });
  const size = residual.map(Math.abs);
  let recent = 0;
  const smoothed = size.map((value, row) => {
    recent += (value - recent) / Math.min(SMOOTHING, row + 1);
    return recent;
  });
  const keys: [StartFamily, Float64Array][] = [
    ['volatility_blocks', smoothed],
    ['return_blocks', residual],
    ['volatility_blocks', size],
  ];
  return Array.from({ length: count }, (_, index) => {
    const chosen = keys[index];
    const assignment = chosen
      ? quantileBlocks(chosen[1], states)
      : timeBlocks(rows, states, random.fork(index));
    const parameters = likelihood.fromAssignment(assignment, transitionMatrix);
    return { family: chosen?.[0] ?? 'time_blocks', parameters };
  });
}

/** K equally large blocks by ascending key, ties by row. */
function quantileBlocks(key: Float64Array, states: number): Uint8Array {
  const order = Uint32Array.from(key, (_, row) => row).sort((a, b) => key[a]! - key[b]! || a - b);
  const assignment = new Uint8Array(key.length);
  order.forEach((row, rank) => {
    assignment[row] = Math.floor((rank * states) / key.length);
  });
  return assignment;
}

/** Stretches of time, each in a random state; every state has one. */
function timeBlocks(rows: number, states: number, random: Random): Uint8Array {
  const stretches = Math.min(rows, STRETCHES * states);
  const stateOf = Uint8Array.from({ length: stretches }, (_, i) => (i < states ? i : random.below(states)));
  for (let i = stretches - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    [stateOf[i], stateOf[j]] = [stateOf[j]!, stateOf[i]!];
  }
  return Uint8Array.from({ length: rows }, (_, row) => stateOf[Math.floor((row * stretches) / rows)]!);
}

export const markovRegressionFamily: RegimeModelFamily<MarkovRegressionFitOptions, FitReport> = {
  kind: 'markov_regression',
  fit: trainMarkovRegression,
  fromJson: (json) => MarkovRegression.fromJson(json),
};
