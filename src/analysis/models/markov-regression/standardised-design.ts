/** The columns of a regression scaled to mean 0 and variance 1, and its parameters scaled back. */
import { TidewatchError } from '../../../errors.js';
import { trainingMoments } from '../gaussian-hmm/training-moments.js';
import type { Observations } from '../observations.js';
import type { MarkovRegressionParameters, RegressionDesign } from './regression-parameters.js';

export interface StandardDesign {
  /** Regressors in their order, then the response; variance 1, and mean 0 when there is an intercept. */
  readonly observations: Observations;
  /** What was subtracted from each column (0 without an intercept) and what it was then divided by. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Columns whose values are all equal and which therefore get the coefficient 0. */
  readonly constantRegressors: readonly number[];
}

/** @throws TidewatchError `degenerate_data` when the response is constant */
export function standardise(
  { data, rows, features, lengths }: Observations,
  { response, regressors, intercept }: RegressionDesign,
): StandardDesign {
  const columns = [...regressors, response];
  const width = columns.length;
  const chosen = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < width; i += 1) chosen[row * width + i] = data[row * features + columns[i]!]!;
  }
  const moments = trainingMoments({ data: chosen, rows, features: width, lengths });
  if (moments.constant.includes(width - 1)) {
    throw new TidewatchError('degenerate_data', `the response, column ${response}, is constant`, {
      hint: 'check that the column holds data; a constant series has no regimes',
      details: { rows, column: response },
    });
  }
  // A constant regressor is as good as the intercept, or stands in for it.
  const constant = intercept ? moments.constant : [];
  const deviation = moments.variance.map((variance, i) =>
    moments.constant.includes(i) ? Math.abs(moments.mean[i]!) || 1 : Math.sqrt(variance),
  );
  const mean = intercept ? moments.mean : new Float64Array(width);
  const scaled = chosen.map((value, at) => {
    const i = at % width;
    return constant.includes(i) ? 0 : (value - mean[i]!) / deviation[i]!;
  });
  return {
    observations: { data: scaled, rows, features: width, lengths },
    mean,
    deviation,
    constantRegressors: constant.map((i) => columns[i]!),
  };
}

/** Parameters of the standardised columns as parameters of the columns themselves; a copy. */
export function inRawUnits(
  parameters: MarkovRegressionParameters,
  { mean, deviation }: StandardDesign,
  { intercept }: RegressionDesign,
): MarkovRegressionParameters {
  const { states, coefficientCount } = parameters;
  const coefficients = parameters.coefficients.slice();
  const last = deviation.length - 1;
  const skip = intercept ? 1 : 0;
  for (let k = 0; k < states; k += 1) {
    const at = k * coefficientCount;
    let constant = mean[last]! + deviation[last]! * coefficients[at]!;
    for (let i = 0; i < last; i += 1) {
      const slope = (coefficients[at + skip + i]! * deviation[last]!) / deviation[i]!;
      coefficients[at + skip + i] = slope;
      constant -= slope * mean[i]!;
    }
    if (intercept) coefficients[at] = constant;
  }
  const variances = parameters.variances.map((variance) => variance * deviation[last]! ** 2);
  return { ...parameters, coefficients, variances };
}
