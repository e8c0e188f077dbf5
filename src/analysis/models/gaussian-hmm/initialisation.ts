/**
 * Starting points of the EM restarts: four families, deterministic for a seed (HMM spec §5.2 "ours", §11.2).
 *
 * k-means++ clusters find groups in the whole feature space; quantile blocks of return and of volatility start from
 * the two axes a reader of markets would draw; random rows reach optima that the others never see.
 * Start distribution uniform, transitions 0.9 on the diagonal, covariances those of all training rows.
 */
import type { Random } from '../../../market/random.js';
import { kmeans } from '../kmeans.js';
import type { Observations } from '../observations.js';
import type { CovarianceType, GaussianHmmParameters } from './expectation.js';
import type { TrainingMoments } from './training-moments.js';

export type StartFamily =
  | 'given'
  | 'kmeans++'
  | 'return_blocks'
  | 'volatility_blocks'
  | 'random_rows'
  | 'time_blocks'
  | 'relocated';

export interface StartingPoint {
  readonly family: StartFamily;
  readonly parameters: GaussianHmmParameters;
}

/** Probability of staying in a state at the start. */
const INITIAL_STAY = 0.9;
/** Probability of entering a relocated state from any other. */
const RELOCATED_ENTRY = 0.05;
/** Lloyd iterations spent on one k-means start; EM does the rest. */
const LLOYD_ITERATIONS = 20;

/** Uniform start, sticky transitions, the given means and one covariance for all states. */
export function startFromMeans(
  means: Float64Array,
  states: number,
  covarianceType: CovarianceType,
  { covariance, variance }: TrainingMoments,
): GaussianHmmParameters {
  const features = variance.length;
  const transitionMatrix = new Float64Array(states * states).fill(
    (1 - INITIAL_STAY) / Math.max(1, states - 1),
  );
  for (let k = 0; k < states; k += 1) transitionMatrix[k * states + k] = states === 1 ? 1 : INITIAL_STAY;
  const diagonal = Float64Array.from({ length: features }, (_, d) => covariance[d * features + d]!);
  const repeat = (block: Float64Array): Float64Array => {
    const all = new Float64Array(block.length * states);
    for (let k = 0; k < states; k += 1) all.set(block, k * block.length);
    return all;
  };
  const covariances = {
    full: () => repeat(covariance),
    tied: () => covariance.slice(),
    diag: () => repeat(diagonal),
    spherical: () => new Float64Array(states).fill(diagonal.reduce((sum, v) => sum + v, 0) / features),
  }[covarianceType]();
  return {
    states,
    features,
    covarianceType,
    startProbability: new Float64Array(states).fill(1 / states),
    transitionMatrix,
    means,
    covariances,
  };
}

/** Means of K equally large blocks of the rows sorted by `key` (ties by row). */
function blockMeans(
  { data, rows, features }: Observations,
  states: number,
  key: (row: number) => number,
): Float64Array {
  const keys = Float64Array.from({ length: rows }, (_, row) => key(row));
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => keys[a]! - keys[b]! || a - b,
  );
  const means = new Float64Array(states * features);
  for (let k = 0; k < states; k += 1) {
    const from = Math.floor((k * rows) / states);
    const to = Math.floor(((k + 1) * rows) / states);
    for (let at = from; at < to; at += 1) {
      for (let d = 0; d < features; d += 1)
        means[k * features + d]! += data[order[at]! * features + d]! / (to - from);
    }
  }
  return means;
}

/** Means at K different rows. */
function rowMeans({ data, rows, features }: Observations, states: number, random: Random): Float64Array {
  const chosen = new Set<number>();
  while (chosen.size < states) chosen.add(random.below(rows));
  const means = new Float64Array(states * features);
  [...chosen].forEach((row, k) => {
    means.set(data.subarray(row * features, (row + 1) * features), k * features);
  });
  return means;
}

export interface StartOptions {
  readonly states: number;
  readonly covarianceType: CovarianceType;
  /** How many starting points. */
  readonly starts: number;
  /** Column of the bar's return; its blocks start one restart. */
  readonly returnColumn: number;
  /** Column of volatility; without one the size of the return stands in. */
  readonly volatilityColumn: number | undefined;
}

/** `starts` starting points: k-means++, return blocks, volatility blocks, then random rows and k-means++ in turn. */
export function startingPoints(
  observations: Observations,
  moments: TrainingMoments,
  random: Random,
  { states, covarianceType, starts, returnColumn, volatilityColumn }: StartOptions,
): StartingPoint[] {
  const { data, features } = observations;
  const scale = standardised(observations, moments);
  const meansOf = (family: StartFamily, generator: Random): Float64Array => {
    switch (family) {
      case 'return_blocks':
        return blockMeans(observations, states, (row) => data[row * features + returnColumn]!);
      case 'volatility_blocks':
        return blockMeans(observations, states, (row) =>
          volatilityColumn === undefined
            ? Math.abs(data[row * features + returnColumn]! - moments.mean[returnColumn]!)
            : data[row * features + volatilityColumn]!,
        );
      case 'random_rows':
        return rowMeans(observations, states, generator);
      default: {
        const { centres } = kmeans(scale, states, generator, { starts: 1, maxIterations: LLOYD_ITERATIONS });
        return centres.map(
          (value, i) => value * Math.sqrt(moments.variance[i % features]!) + moments.mean[i % features]!,
        );
      }
    }
  };
  const fixed: StartFamily[] = ['kmeans++', 'return_blocks', 'volatility_blocks'];
  return Array.from({ length: starts }, (_, index) => {
    const family = fixed[index] ?? (index % 3 === 2 ? 'kmeans++' : 'random_rows');
    const means = meansOf(family, random.fork(index));
    return { family, parameters: startFromMeans(means, states, covarianceType, moments) };
  });
}

/**
 * The parameters with one state moved to a row: its mean is the row, its covariance that of all rows, and every other
 * state enters it with a small probability.
 */
export function relocateState(
  parameters: GaussianHmmParameters,
  state: number,
  { data }: Observations,
  row: number,
  moments: TrainingMoments,
): GaussianHmmParameters {
  const { states, features, covarianceType } = parameters;
  const means = parameters.means.slice();
  for (let d = 0; d < features; d += 1) {
    const value = data[row * features + d]!;
    means[state * features + d] = Number.isNaN(value) ? moments.mean[d]! : value;
  }
  const fresh = startFromMeans(means, states, covarianceType, moments);
  const enter = (value: number, to: number): number =>
    (1 - RELOCATED_ENTRY) * value + (to === state ? RELOCATED_ENTRY : 0);
  const transitionMatrix = parameters.transitionMatrix.map((value, i) =>
    Math.floor(i / states) === state ? fresh.transitionMatrix[i]! : enter(value, i % states),
  );
  const covariances = parameters.covariances.slice();
  if (covarianceType !== 'tied') {
    const block = covariances.length / states;
    covariances.set(fresh.covariances.subarray(0, block), state * block);
  }
  const startProbability = parameters.startProbability.map(enter);
  return { ...parameters, startProbability, transitionMatrix, means, covariances };
}

/** Rows in units of their training deviation, so that k-means weighs every feature alike. */
function standardised(observations: Observations, { mean, variance }: TrainingMoments): Observations {
  const { features } = observations;
  const data = observations.data.map(
    (value, i) => (value - mean[i % features]!) / (Math.sqrt(variance[i % features]!) || 1),
  );
  return { ...observations, data };
}
