/** Mean and covariance of the training rows: the scale that priors, floors and initial covariances are set by. */
import type { Observations } from '../observations.js';

export interface TrainingMoments {
  /** Of each feature over its observed values. */
  readonly mean: Float64Array;
  /** Population variance (divided by the count) of each feature over its observed values. */
  readonly variance: Float64Array;
  /** Sample covariance (divided by the count − 1), D × D; with missing values the diagonal alone. */
  readonly covariance: Float64Array;
  /** Features whose observed values are all equal. */
  readonly constant: readonly number[];
}

/** Moments of the rows, NaN left out; `constant` lists the columns that never change. */
export function trainingMoments({ data, rows, features }: Observations): TrainingMoments {
  const mean = new Float64Array(features);
  const variance = new Float64Array(features);
  const covariance = new Float64Array(features * features);
  const constant: number[] = [];
  let complete = true;
  for (let d = 0; d < features; d += 1) {
    let count = 0;
    let sum = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = d; i < data.length; i += features) {
      const value = data[i]!;
      if (Number.isNaN(value)) continue;
      count += 1;
      sum += value;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
    complete &&= count === rows;
    if (!(highest > lowest)) constant.push(d);
    mean[d] = count > 0 ? sum / count : 0;
    let squares = 0;
    for (let i = d; i < data.length; i += features) {
      const residual = data[i]! - mean[d]!;
      if (!Number.isNaN(residual)) squares += residual * residual;
    }
    variance[d] = count > 0 ? squares / count : 0;
    covariance[d * features + d] = count > 1 ? squares / (count - 1) : 0;
  }
  if (complete && rows > 1) fillCovariance(data, rows, mean, covariance);
  return { mean, variance, covariance, constant };
}

function fillCovariance(
  data: Float64Array,
  rows: number,
  mean: Float64Array,
  covariance: Float64Array,
): void {
  const features = mean.length;
  for (let d = 0; d < features; d += 1) {
    for (let e = 0; e < d; e += 1) {
      let sum = 0;
      for (let at = 0; at < data.length; at += features) {
        sum += (data[at + d]! - mean[d]!) * (data[at + e]! - mean[e]!);
      }
      covariance[d * features + e] = sum / (rows - 1);
      covariance[e * features + d] = sum / (rows - 1);
    }
  }
}
