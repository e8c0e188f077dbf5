/**
 * Rows made ready for EM: checked, without constant features (which carry no information and would collapse a
 * variance), and shifted where a feature lies so far from zero that second moments would cancel.
 */

import type { Observations } from '../observations.js';
import type { GaussianHmmParameters } from './expectation.js';
import { covarianceMatrix, validateObservations } from './parameters.js';
import { type TrainingMoments, trainingMoments } from './training-moments.js';

/** A mean beyond this many deviations costs digits in Σγxx − S²/N. */
const FAR_DEVIATIONS = 10;

export interface Prepared {
  /** Used features only, shifted. */
  readonly observations: Observations;
  /** Of the prepared rows. */
  readonly moments: TrainingMoments;
  /** What was subtracted from each used feature. */
  readonly shift: Float64Array;
  /** Columns of the given rows, ascending, sorted into those that vary and those that do not. */
  readonly usedFeatures: readonly number[];
  readonly constantFeatures: readonly number[];
  /** Of the used features. */
  readonly names: readonly string[];
  /** Some values are NaN. */
  readonly missing: boolean;
}

export interface PrepareOptions {
  readonly dropConstant: boolean;
  readonly allowMissing: boolean;
  readonly names: readonly string[];
}

/** @throws TidewatchError `non_finite_input`, `column_length_mismatch` */
export function prepareObservations(observations: Observations, options: PrepareOptions): Prepared {
  validateObservations(observations, options.allowMissing, options.names);
  const moments = trainingMoments(observations);
  const constantFeatures = options.dropConstant ? moments.constant : [];
  const all = Array.from({ length: observations.features }, (_, d) => d);
  const usedFeatures = all.filter((d) => !constantFeatures.includes(d));
  const shift = Float64Array.from(usedFeatures, (d) =>
    moments.mean[d]! ** 2 > FAR_DEVIATIONS ** 2 * moments.variance[d]! ? moments.mean[d]! : 0,
  );
  const same = constantFeatures.length === 0 && shift.every((value) => value === 0);
  const prepared = same ? observations : selectFeatures(observations, usedFeatures, shift);
  return {
    observations: prepared,
    moments: same ? moments : trainingMoments(prepared),
    shift,
    usedFeatures,
    constantFeatures,
    names: options.names,
    missing: options.allowMissing && observations.data.some(Number.isNaN),
  };
}

/** The chosen columns, less `shift`; the given observations themselves when that changes nothing. */
export function selectFeatures(
  observations: Observations,
  used: readonly number[],
  shift?: Float64Array,
): Observations {
  const { data, rows, features, lengths } = observations;
  if (used.length === features && shift === undefined) return observations;
  const selected = new Float64Array(rows * used.length);
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < used.length; i += 1) {
      selected[row * used.length + i] = data[row * features + used[i]!]! - (shift?.[i] ?? 0);
    }
  }
  return { data: selected, rows, features: used.length, lengths };
}

/** The prepared rows with the training mean in place of missing values: good enough to find starting points. */
export function withoutMissing({ observations, moments, missing }: Prepared): Observations {
  if (!missing) return observations;
  const { features } = observations;
  const data = observations.data.map((value, i) =>
    Number.isNaN(value) ? moments.mean[i % features]! : value,
  );
  return { ...observations, data };
}

/** Parameters with every mean moved by direction × shift. */
export function shiftMeans(
  parameters: GaussianHmmParameters,
  shift: Float64Array,
  direction: 1 | -1,
): GaussianHmmParameters {
  const means = parameters.means.map((mean, i) => mean + direction * shift[i % parameters.features]!);
  return { ...parameters, means };
}

/** Parameters over a subset of their features. */
export function selectParameters(
  parameters: GaussianHmmParameters,
  used: readonly number[],
): GaussianHmmParameters {
  const { states, features, covarianceType, means, covariances } = parameters;
  if (used.length === features) return parameters;
  const vectors = (values: Float64Array): Float64Array =>
    Float64Array.from(
      Array.from({ length: states }, (_, k) => used.map((d) => values[k * features + d]!)).flat(),
    );
  const matrices = (values: Float64Array, count: number): Float64Array =>
    Float64Array.from(
      Array.from({ length: count }, (_, k) =>
        used.flatMap((d) => used.map((e) => values[(k * features + d) * features + e]!)),
      ).flat(),
    );
  const selected = {
    full: () => matrices(covariances, states),
    tied: () => matrices(covariances, 1),
    diag: () => vectors(covariances),
    spherical: () => covariances.slice(),
  }[covarianceType]();
  return { ...parameters, features: used.length, means: vectors(means), covariances: selected };
}

/**
 * The mean of the states' means for features that lie far from zero, or undefined when none does. It comes from the
 * parameters alone: an origin taken from the rows would let late rows change the last bits of early answers.
 */
export function originOf(parameters: GaussianHmmParameters): Float64Array | undefined {
  const { states, features, means } = parameters;
  const variances = Array.from({ length: states }, (_, k) => covarianceMatrix(parameters, k));
  const origin = Float64Array.from({ length: features }, (_, d) => {
    let mean = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < states; k += 1) {
      mean += means[k * features + d]! / states;
      smallest = Math.min(smallest, variances[k]![d * features + d]!);
    }
    return mean * mean > FAR_DEVIATIONS ** 2 * smallest ? mean : 0;
  });
  return origin.some((value) => value !== 0) ? origin : undefined;
}
