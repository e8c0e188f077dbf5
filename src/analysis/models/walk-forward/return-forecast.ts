/**
 * What a regime model says about the next return: a mixture of normals, one per state, weighted by the states'
 * one-step forecast. It makes families comparable that share no likelihood (k-means, jump models and HMMs alike), and
 * it is what calibration tests: the integral transform of the returns is uniform when the forecast is right (Diebold,
 * Gunther, Tay 1998).
 *
 * Moments per state come from training rows weighted by their filtered probability. Known limit: a state's returns
 * are taken as normal, whatever the family's own emission.
 */
import { normalProbability } from '../../statistics/error-function.js';
import type { RegimeModel } from '../regime-model.js';

export interface ReturnMoments {
  /** Mean log return per state and overall. */
  readonly mean: Float64Array;
  /** Standard deviation of the log return, per state and overall. */
  readonly deviation: Float64Array;
  readonly overallMean: number;
  readonly overallDeviation: number;
  /** Share of the training mass in each state: the forecast after a gap. */
  readonly share: Float64Array;
}

const HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** A state that hardly occurs borrows this many rows from the whole sample. */
const BORROWED_ROWS = 5;

/** @param probability rows × K of the training rows; rows whose return is NaN are left out */
export function returnMoments(
  probability: Float64Array,
  states: number,
  returns: Float64Array,
): ReturnMoments {
  const share = new Float64Array(states);
  const sum = new Float64Array(states);
  let count = 0;
  let total = 0;
  returns.forEach((value, row) => {
    if (!Number.isFinite(value)) return;
    count += 1;
    total += value;
    for (let k = 0; k < states; k += 1) {
      const weight = probability[row * states + k]!;
      share[k]! += weight;
      sum[k]! += weight * value;
    }
  });
  const overallMean = total / count;
  const mean = sum.map((value, k) => (value + BORROWED_ROWS * overallMean) / (share[k]! + BORROWED_ROWS));
  const squares = new Float64Array(states);
  let allSquares = 0;
  returns.forEach((value, row) => {
    if (!Number.isFinite(value)) return;
    allSquares += (value - overallMean) ** 2;
    for (let k = 0; k < states; k += 1) {
      squares[k]! += probability[row * states + k]! * (value - mean[k]!) ** 2;
    }
  });
  const overall = allSquares / count;
  return {
    mean,
    deviation: squares.map((value, k) =>
      Math.sqrt((value + BORROWED_ROWS * overall) / (share[k]! + BORROWED_ROWS)),
    ),
    overallMean,
    overallDeviation: Math.sqrt(overall),
    share: share.map((value) => value / count),
  };
}

export interface ReturnForecastInput {
  readonly model: RegimeModel;
  /** Filtered, rows × K. */
  readonly probability: Float64Array;
  /** Filtered distribution of the row before the first one; undefined after a gap. */
  readonly entry: Float64Array | undefined;
  readonly lengths: readonly number[];
  readonly returns: Float64Array;
  readonly moments: ReturnMoments;
}

export interface ReturnForecast {
  /** P(state of the row | rows before it), rows × K. */
  readonly forecast: Float64Array;
  /** Integral transform of the return that came, 0..1; NaN where none is known. */
  readonly pit: Float64Array;
  /** Log densities of the return that came, nats: by the states' forecast, and by one normal for all. */
  readonly returnDensity: Float64Array;
  readonly plainReturnDensity: Float64Array;
  /** The same mixture with the states' shares of the training rows as weights: states without memory. */
  readonly memorylessReturnDensity: Float64Array;
}

/** Every number of row t uses rows before t, and the return of t where it is judged. */
export function returnForecast(input: ReturnForecastInput): ReturnForecast {
  const { model, probability, entry, lengths, returns, moments } = input;
  const { states } = model;
  const rows = returns.length;
  const forecast = new Float64Array(rows * states);
  const pit = new Float64Array(rows).fill(Number.NaN);
  const returnDensity = new Float64Array(rows).fill(Number.NaN);
  const plainReturnDensity = new Float64Array(rows).fill(Number.NaN);
  const memorylessReturnDensity = new Float64Array(rows).fill(Number.NaN);
  const firsts = new Set<number>();
  let first = 0;
  for (const length of lengths) {
    if (first > 0 || entry === undefined) firsts.add(first);
    first += length;
  }
  for (let row = 0; row < rows; row += 1) {
    const afterGap = firsts.has(row);
    const before = row === 0 ? entry! : probability.subarray((row - 1) * states, row * states);
    const weights = afterGap ? moments.share : model.forecast(Float64Array.from(before), 1);
    forecast.set(weights, row * states);
    const value = returns[row]!;
    if (afterGap || !Number.isFinite(value)) continue;
    let below = 0;
    for (let k = 0; k < states; k += 1) {
      below += weights[k]! * normalProbability((value - moments.mean[k]!) / moments.deviation[k]!);
    }
    pit[row] = Math.min(1, Math.max(0, below));
    returnDensity[row] = logMixture(value, weights, moments);
    memorylessReturnDensity[row] = logMixture(value, moments.share, moments);
    plainReturnDensity[row] = logNormal(value, moments.overallMean, moments.overallDeviation);
  }
  return { forecast, pit, returnDensity, plainReturnDensity, memorylessReturnDensity };
}

function logMixture(value: number, weights: Float64Array, { mean, deviation }: ReturnMoments): number {
  let density = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < weights.length; k += 1) {
    if (!(weights[k]! > 0)) continue;
    const term = Math.log(weights[k]!) + logNormal(value, mean[k]!, deviation[k]!);
    density += Math.exp(term);
    if (term > largest) largest = term;
  }
  // far out every density underflows: the largest term stands for the sum
  return density > 0 ? Math.log(density) : largest;
}

function logNormal(value: number, mean: number, deviation: number): number {
  return -0.5 * ((value - mean) / deviation) ** 2 - Math.log(deviation) - HALF_LN_TWO_PI;
}
