/**
 * The z below which a standard normal variable lies with a given probability. Rational start of Acklam (2003, relative
 * error 1.2e-9) and one Halley step on the error function of this folder, which leaves about 1e-15.
 */
import { TidewatchError } from '../../errors.js';
import { normalProbability } from './error-function.js';

const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
const LOW = 0.02425;

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** @throws TidewatchError `bad_parameter` unless 0 < probability < 1 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new TidewatchError('bad_parameter', `${probability} is not a probability between 0 and 1`);
  }
  const start = rational(probability);
  const error = normalProbability(start) - probability;
  const step = error * Math.sqrt(2 * Math.PI) * Math.exp((start * start) / 2);
  return start - step / (1 + (start * step) / 2);
}

function rational(p: number): number {
  if (p > 1 - LOW) return -rational(1 - p);
  if (p < LOW) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(C, q) / (horner(D, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (horner(A, r) * q) / (horner(B, r) * r + 1);
}
