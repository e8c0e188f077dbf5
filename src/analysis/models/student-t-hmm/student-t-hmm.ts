/**
 * The hidden Markov model with Student-t emissions as a regime model.
 *
 * Why: returns have heavy tails; normal states spend one state on the outliers, which is then no regime. Each state here
 * has its own degrees of freedom ν, learnt from the data: ν = 200 is the Gaussian HMM for all purposes, ν = 3 shrugs off
 * a crash bar. Method: student-t-estimation.ts; the search over starts, the covariance prior and floor and the answer
 * to degenerate input are those of the Gaussian family (HMM spec §5.8, §11.2, §11.3).
 * Limits: durations are geometric; no missing features.
 */
import { TidewatchError } from '../../../errors.js';
import { Random } from '../../../market/random.js';
import { CovariancePrior } from '../gaussian-hmm/covariance-prior.js';
import type { CovarianceType } from '../gaussian-hmm/expectation.js';
import { EmRun } from '../gaussian-hmm/expectation-maximisation.js';
import { checkRows, type FitReport, fitReport, makeStarts } from '../gaussian-hmm/fit.js';
import {
  originOf,
  prepareObservations,
  selectParameters,
  shiftMeans,
} from '../gaussian-hmm/prepared-observations.js';
import { effortFor, searchBest } from '../gaussian-hmm/restart-search.js';
import { checkStickiness, type Stickiness, startSticky } from '../gaussian-hmm/sticky-prior.js';
import { HiddenChainModel } from '../hidden-chain/hidden-chain-model.js';
import type { Observations } from '../observations.js';
import type { Json, RegimeModelFamily } from '../regime-model.js';
import { parameterCount } from '../selection.js';
import { StudentTEmission } from './student-t-emission.js';
import { moveState, studentTEstimation } from './student-t-estimation.js';
import {
  LEAST_FREEDOM,
  MOST_FREEDOM,
  parseStudentT,
  type StudentTParameters,
  studentTToJson,
  validateStudentT,
} from './student-t-parameters.js';

/** How a fit searches; the values unless said are those of the Gaussian HMM (HMM spec §11.2). */
export interface StudentTFitOptions {
  /** K, 1 to 255. */
  readonly states: number;
  /** `full` unless said. */
  readonly covarianceType?: CovarianceType;
  /** Holds ν of every state at this value, 2.1 to 200, instead of learning it. */
  readonly degreesOfFreedom?: number;
  readonly maxIterations?: number;
  /** Growth in nats below which a run stops; 1e-6 per row unless said. */
  readonly tolerance?: number;
  /** 42 unless said. */
  readonly seed?: number;
  /** Starts, finalists, rounds of moving states: as for the Gaussian HMM. */
  readonly restarts?: number;
  readonly finalists?: number;
  readonly rounds?: number;
  /** Start from these instead of making starting points. */
  readonly initial?: StudentTParameters;
  /** ν₀, weight of the scale prior; 1 unless said. */
  readonly priorWeight?: number;
  /** Extra weight on staying in a state; none unless said. */
  readonly sticky?: Stickiness;
  readonly minimumShare?: number;
  /** Column that holds the bar's return; 0 unless said. */
  readonly returnColumn?: number;
  readonly volatilityColumn?: number;
  readonly featureNames?: readonly string[];
}

/** ν of every state at the start: heavy tails, so that outliers do not found states of their own. */
const FIRST_FREEDOM = 8;

/** K hidden states with heavy-tailed emissions, degrees of freedom learnt per state (HMM spec §11.2). */
export class StudentTHmm extends HiddenChainModel {
  /**
   * @param parameters over the used features
   * @param features columns of the rows that the model is given
   * @param usedFeatures columns that it uses, ascending; the others were constant in training
   * @throws TidewatchError `invalid_parameters`
   */
  constructor(
    readonly parameters: StudentTParameters,
    features = parameters.features,
    usedFeatures: readonly number[] = Array.from({ length: parameters.features }, (_, d) => d),
  ) {
    const origin = originOf(validateStudentT(parameters));
    const shifted = origin ? { ...parameters, ...shiftMeans(parameters, origin, -1) } : parameters;
    super({
      kind: 'student_t_hmm',
      chain: parameters,
      features,
      usedFeatures,
      origin,
      emission: (columns) => new StudentTEmission(shifted, columns),
    });
  }

  get parameterCount(): number {
    const { states, features, covarianceType } = this.parameters;
    return parameterCount(states, features, covarianceType) + states;
  }

  toJSON(): Json {
    return studentTToJson(this.parameters, { features: this.features, usedFeatures: this.usedFeatures });
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): StudentTHmm {
    const { parameters, shape } = parseStudentT(json);
    return new StudentTHmm(parameters, shape.features, shape.usedFeatures);
  }
}

/**
 * Fits and returns the model with the story of the fit.
 * @throws TidewatchError `non_finite_input`, `too_few_rows`, `degenerate_data`, `invalid_parameters`, `bad_parameter`
 */
export function trainStudentTHmm(
  observations: Observations,
  options: StudentTFitOptions,
): { model: StudentTHmm; report: FitReport } {
  checkStickiness(options.sticky);
  const { states, covarianceType = 'full', degreesOfFreedom } = options;
  const freedom = degreesOfFreedom ?? FIRST_FREEDOM;
  if (!(freedom >= LEAST_FREEDOM && freedom <= MOST_FREEDOM)) {
    throw new TidewatchError('bad_parameter', `${freedom} cannot be the degrees of freedom`, {
      hint: `give a number from ${LEAST_FREEDOM} to ${MOST_FREEDOM}, or none to learn it`,
    });
  }
  if (observations.rows === 0) {
    throw new TidewatchError('too_few_rows', 'there are no rows to fit', {
      hint: 'give rows with all features',
    });
  }
  const prepared = prepareObservations(observations, {
    dropConstant: true,
    allowMissing: false,
    names: options.featureNames ?? [],
  });
  const shape = { ...options, covarianceType };
  checkRows(prepared, shape, 'map', states);
  const { moments } = prepared;
  const estimation = studentTEstimation(prepared.observations, states, {
    prior: new CovariancePrior('map', moments.variance, options.priorWeight ?? 1),
    moments,
    tolerance: options.tolerance ?? 1e-6 * observations.rows,
    holdFreedom: degreesOfFreedom !== undefined,
    ...(options.sticky ? { sticky: options.sticky } : {}),
  });
  const random = new Random(options.seed ?? 42);
  const effort = effortFor(observations.rows, options);
  const { best, tried } = searchBest({
    starts: options.initial
      ? [{ family: 'given' as const, parameters: startFrom(options.initial, prepared) }]
      : makeStarts(prepared, shape, effort.starts, random).map(({ family, parameters }) => ({
          family,
          parameters: { ...parameters, degreesOfFreedom: new Float64Array(states).fill(freedom) },
        })),
    begin: (parameters: StudentTParameters) => new EmRun(startSticky(parameters, options.sticky), estimation),
    move: (parameters, state) =>
      moveState(parameters, state, prepared.observations, random.below(prepared.observations.rows), moments),
    random,
    effort,
    maxIterations: options.maxIterations ?? 200,
    minimumShare: options.minimumShare ?? 0,
  });
  const { logLikelihood } = estimation.expectation(best.parameters);
  const parameters = { ...best.parameters, ...shiftMeans(best.parameters, prepared.shift, 1) };
  return {
    model: new StudentTHmm(parameters, observations.features, prepared.usedFeatures),
    report: fitReport(prepared, tried, best, logLikelihood),
  };
}

/** Given parameters over the prepared features. */
function startFrom(
  initial: StudentTParameters,
  { usedFeatures, shift }: ReturnType<typeof prepareObservations>,
): StudentTParameters {
  const selected = selectParameters(validateStudentT(initial), usedFeatures);
  return { ...initial, ...shiftMeans(selected, shift, -1) };
}

export const studentTHmmFamily: RegimeModelFamily<StudentTFitOptions, FitReport> = {
  kind: 'student_t_hmm',
  fit: trainStudentTHmm,
  fromJson: (json) => StudentTHmm.fromJson(json),
};
