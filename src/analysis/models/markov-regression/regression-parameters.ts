/** Parameters of a Markov-switching regression, and their JSON. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { readModelJson } from '../model-json.js';
import type { Json } from '../regime-model.js';

export interface MarkovRegressionParameters {
  /** K. */
  readonly states: number;
  /** P: the intercept (when there is one), then one for each regressor. */
  readonly coefficientCount: number;
  /** K × P. */
  readonly coefficients: Float64Array;
  /** σ² of each state, K. */
  readonly variances: Float64Array;
  /** K × K, row i = P(next | i). */
  readonly transitionMatrix: Float64Array;
}

/** Which columns of the rows mean what. */
export interface RegressionDesign {
  /** D: columns of the rows. */
  readonly features: number;
  /** Column of y. */
  readonly response: number;
  /** Columns of x; none for switching mean and variance alone. */
  readonly regressors: readonly number[];
  readonly intercept: boolean;
}

const SCHEMA_VERSION = 1;
const SUM_TOLERANCE = 1e-5;

const numbers = z.array(z.number());

const schema = z.strictObject({
  schema_version: z.literal(SCHEMA_VERSION),
  kind: z.literal('markov_regression'),
  states: z.int().min(1).max(255),
  features: z.int().positive(),
  response: z.int().nonnegative(),
  regressors: z.array(z.int().nonnegative()),
  intercept: z.boolean(),
  /** One row per state: the intercept (when there is one), then one for each regressor. */
  coefficients: z.array(numbers),
  variances: numbers,
  transition_matrix: z.array(numbers),
});

const rowsOf = (values: Float64Array, width: number): number[][] =>
  Array.from({ length: width > 0 ? values.length / width : 0 }, (_, i) => [
    ...values.subarray(i * width, (i + 1) * width),
  ]);

/** The document of a model: its parameters and which columns are response and regressors. */
export function regressionToJson(parameters: MarkovRegressionParameters, design: RegressionDesign): Json {
  return {
    schema_version: SCHEMA_VERSION,
    kind: 'markov_regression',
    states: parameters.states,
    features: design.features,
    response: design.response,
    regressors: [...design.regressors],
    intercept: design.intercept,
    coefficients: rowsOf(parameters.coefficients, parameters.coefficientCount),
    variances: [...parameters.variances],
    transition_matrix: rowsOf(parameters.transitionMatrix, parameters.states),
  };
}

const NAME = 'Markov-switching regression';

function damaged(reason: string): never {
  throw new TidewatchError('invalid_parameters', `the ${NAME} is damaged: ${reason}`, {
    hint: 'train the model again',
  });
}

/** The design, checked. @throws TidewatchError `bad_parameter` */
export function checkDesign(design: RegressionDesign): RegressionDesign {
  const { features, response, regressors, intercept } = design;
  const columns = [response, ...regressors];
  const inside = (column: number): boolean => Number.isInteger(column) && column >= 0 && column < features;
  if (
    columns.every(inside) &&
    new Set(columns).size === columns.length &&
    (intercept || regressors.length > 0)
  ) {
    return design;
  }
  throw new TidewatchError(
    'bad_parameter',
    `response ${response} and regressors [${regressors.join(', ')}] are no regression over ${features} columns`,
    {
      hint: 'name different columns for the response and each regressor, and keep the intercept or a regressor',
    },
  );
}

/** The parameters, checked. @throws TidewatchError `invalid_parameters` */
export function validateRegression(parameters: MarkovRegressionParameters): MarkovRegressionParameters {
  const { states, coefficientCount, coefficients, variances, transitionMatrix } = parameters;
  if (coefficients.length !== states * coefficientCount || !coefficients.every(Number.isFinite)) {
    damaged(`there are not ${coefficientCount} finite coefficients for each of ${states} states`);
  }
  if (variances.length !== states || !variances.every((v) => v > 0 && Number.isFinite(v))) {
    damaged('a variance is missing or not positive');
  }
  if (transitionMatrix.length !== states * states) damaged('the transition matrix has another size');
  for (const row of rowsOf(transitionMatrix, states)) {
    const sum = row.reduce((a, b) => a + b, 0);
    if (!row.every((p) => p >= 0) || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      damaged(`a row of the transition matrix sums to ${sum}`);
    }
  }
  return parameters;
}

/** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
export function parseRegression(json: unknown): {
  parameters: MarkovRegressionParameters;
  design: RegressionDesign;
} {
  const { states, features, response, regressors, intercept, ...model } = readModelJson(
    json,
    schema,
    SCHEMA_VERSION,
    NAME,
  );
  const columns = [response, ...regressors];
  if (columns.some((column) => column >= features) || new Set(columns).size !== columns.length) {
    damaged('its columns are not different columns of the rows');
  }
  return {
    parameters: validateRegression({
      states,
      coefficientCount: regressors.length + (intercept ? 1 : 0),
      coefficients: Float64Array.from(model.coefficients.flat()),
      variances: Float64Array.from(model.variances),
      transitionMatrix: Float64Array.from(model.transition_matrix.flat()),
    }),
    design: { features, response, regressors, intercept },
  };
}
