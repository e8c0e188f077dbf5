/**
 * Regimes without a score: k-means or a Gaussian HMM on some of the z-scores, fitted again every quarter on rows before
 * the fit (spec majors-alts-monitor §6). The models are those of the regime lab.
 *
 * Starting centroids come from cutting the training rows by their projection on the score weights, so nothing is drawn.
 * HMM labels are the largest filtered probability; the recursion starts at the first training row with frozen parameters.
 * States are named by the projection of their means. A row with a missing value is neither trained on nor labelled.
 */
import { TidewatchError } from '../../errors.js';
import { trainGaussianHmm } from '../models/gaussian-hmm/gaussian-hmm.js';
import { lloyd } from '../models/kmeans.js';
import type { Observations } from '../models/observations.js';
import { scoreColumn } from './composite-score.js';
import type { NeutralFeatureTable } from './feature-table.js';
import type { UnsupervisedSettings } from './neutral-settings.js';
import { isTraded, REGIME_CODE } from './regime-state.js';

export interface UnsupervisedFit {
  /** Feature row of the fit; it is labelled by it, as are the following ones until the next fit. */
  readonly row: number;
  /** Feature rows of the first and the last training row, both used. */
  readonly trainFirst: number;
  readonly trainLast: number;
  /** Of the training rows, population deviation. */
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** K × D, in standardised units. */
  readonly centroids: Float64Array;
  /** Updates of the centroids (k-means) or EM iterations (hmm). */
  readonly iterations: number;
  /** Regime code of each state. */
  readonly stateLabels: Uint8Array;
  /** Parameters in standardised units (K × D, K × K, K); null for k-means. */
  readonly hmm: {
    readonly means: Float64Array;
    readonly variances: Float64Array;
    readonly transition: Float64Array;
    readonly start: Float64Array;
    /** Of the last E step, nats. */
    readonly logLikelihood: number;
  } | null;
}

export interface UnsupervisedResult {
  /** Regime code by feature row before persistence; −1 = unlabelled. */
  readonly rawLabel: Int8Array;
  /** Filtered probability of the regimes in which the book is held, by feature row; NaN = unlabelled, or k-means. */
  readonly majorsProbability: Float64Array;
  /** After persistence. */
  readonly regime: Uint8Array;
  readonly fits: readonly UnsupervisedFit[];
  readonly warnings: readonly string[];
}

const { BALANCED } = REGIME_CODE;
const LABELS: Readonly<Record<number, readonly number[]>> = {
  3: [REGIME_CODE.RISK_ON_ALTS, BALANCED, REGIME_CODE.RISK_ON_MAJORS],
  5: [
    REGIME_CODE.STRONG_RISK_ON_ALTS,
    REGIME_CODE.WEAK_RISK_ON_ALTS,
    BALANCED,
    REGIME_CODE.WEAK_RISK_ON_MAJORS,
    REGIME_CODE.STRONG_RISK_ON_MAJORS,
  ],
};
const KMEANS_ROUNDS = 300;
const EM_ITERATIONS = 100;
const EM_TOLERANCE = 1e-4;
const STAY = 0.9;
const LEAST_VARIANCE = 1e-3;

interface Rows {
  /** Rows × D, in z units. */
  readonly data: Float64Array;
  readonly features: number;
  /** Feature-table row of each. */
  readonly at: Int32Array;
}

function completeRows(table: NeutralFeatureTable, keys: readonly string[]): Rows {
  const columns = keys.map((key) => {
    const name = scoreColumn(key);
    if (name === undefined) {
      throw new TidewatchError('bad_parameter', `there is no feature ${key} to cluster by`, {
        hint: 'name features such as alt_breadth or btc_dominance',
        details: { feature: key },
      });
    }
    return table.z[name];
  });
  const at = Int32Array.from(table.day.keys()).filter((row) =>
    columns.every((column) => !Number.isNaN(column[row])),
  );
  const data = new Float64Array(at.length * columns.length);
  at.forEach((row, i) => {
    columns.forEach((column, d) => {
      data[i * columns.length + d] = column[row]!;
    });
  });
  return { data, features: columns.length, at };
}

/** Score weights of the features, scaled to Σ|v| = 1; equal where the score uses none of them. */
function projectionOf(keys: readonly string[], weights: Readonly<Record<string, number>>): Float64Array {
  const known = Float64Array.from(keys, (key) => weights[key] ?? 0);
  const size = known.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return size === 0 ? known.fill(1 / keys.length) : known.map((weight) => weight / size);
}

function project(data: Float64Array, row: number, direction: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < direction.length; d += 1) sum += direction[d]! * data[row * direction.length + d]!;
  return sum;
}

/** Means of k equal chunks of the rows in the order of their projection. */
function chunkMeans(
  order: readonly number[],
  scaled: Float64Array,
  features: number,
  k: number,
): Float64Array {
  const centroids = new Float64Array(k * features);
  for (let q = 0; q < k; q += 1) {
    const from = Math.floor((order.length * q) / k);
    const to = Math.floor((order.length * (q + 1)) / k);
    for (let i = from; i < to; i += 1) {
      for (let d = 0; d < features; d += 1) centroids[q * features + d]! += scaled[order[i]! * features + d]!;
    }
    for (let d = 0; d < features; d += 1) centroids[q * features + d]! /= to - from;
  }
  return centroids;
}

function moments(data: Float64Array, features: number): { mean: Float64Array; std: Float64Array } {
  const n = data.length / features;
  const mean = new Float64Array(features);
  const std = new Float64Array(features);
  for (let i = 0; i < data.length; i += 1) mean[i % features]! += data[i]! / n;
  for (let i = 0; i < data.length; i += 1) std[i % features]! += (data[i]! - mean[i % features]!) ** 2 / n;
  return { mean, std: std.map(Math.sqrt) };
}

/** Population variances per cluster, floored. */
function clusterVariances(
  scaled: Float64Array,
  labels: Uint8Array,
  centres: Float64Array,
  k: number,
): Float64Array {
  const features = centres.length / k;
  const variances = new Float64Array(k * features);
  const counts = new Float64Array(k);
  for (const label of labels) counts[label]! += 1;
  for (let i = 0; i < scaled.length; i += 1) {
    const at = labels[Math.floor(i / features)]! * features + (i % features);
    variances[at]! += (scaled[i]! - centres[at]!) ** 2;
  }
  return variances.map((sum, i) =>
    Math.max(sum / Math.max(1, counts[Math.floor(i / features)]!), LEAST_VARIANCE),
  );
}

export interface UnsupervisedOptions extends UnsupervisedSettings {
  /** Complete rows of a training set, and feature rows from one fit to the next. */
  readonly trainRows: number;
  readonly refitRows: number;
  /** Score weights by feature key: the direction from alts to majors. */
  readonly weights: Readonly<Record<string, number>>;
}

/**
 * @throws TidewatchError `bad_parameter` for a number of states other than 3 and 5, or an unknown feature
 */
export function unsupervisedRegimes(
  table: NeutralFeatureTable,
  options: UnsupervisedOptions,
): UnsupervisedResult {
  const { states, trainRows, refitRows, features: keys } = options;
  if (LABELS[states] === undefined) {
    throw new TidewatchError('bad_parameter', `${states} unsupervised states have no names`, {
      hint: 'set regime.unsupervised.n_states to 3 or 5',
      details: { n_states: states },
    });
  }
  const rows = completeRows(table, keys);
  const direction = projectionOf(keys, options.weights);
  const rawLabel = new Int8Array(table.day.length).fill(-1);
  const majorsProbability = new Float64Array(table.day.length).fill(Number.NaN);
  const fits: UnsupervisedFit[] = [];
  const warnings: string[] = [];
  // the first row with enough complete rows strictly before it
  const firstFit =
    trainRows <= rows.at.length && trainRows > 0 ? rows.at[trainRows - 1]! + 1 : table.day.length;
  let before = 0;
  for (let row = firstFit; row < table.day.length; row += refitRows) {
    while (before < rows.at.length && rows.at[before]! < row) before += 1;
    let end = before;
    while (end < rows.at.length && rows.at[end]! < row + refitRows) end += 1;
    try {
      const { fit, labels, ofMajors } = fitWindow(
        rows,
        before - trainRows,
        before,
        end,
        row,
        direction,
        options,
      );
      fits.push(fit);
      for (let i = before; i < end; i += 1) {
        rawLabel[rows.at[i]!] = labels[i - before]!;
        if (ofMajors !== null) majorsProbability[rows.at[i]!] = ofMajors[i - before]!;
      }
    } catch (error) {
      if (!(error instanceof TidewatchError)) throw error;
      warnings.push(`no ${options.method} from row ${row} on for ${refitRows} rows: ${error.message}`);
    }
  }
  const regime = persist(rawLabel, options.minStatePersistenceDays);
  return { rawLabel, majorsProbability, regime, fits, warnings };
}

function fitWindow(
  { data, features, at }: Rows,
  first: number,
  before: number,
  end: number,
  row: number,
  direction: Float64Array,
  { method, states: k }: UnsupervisedOptions,
): { fit: UnsupervisedFit; labels: Uint8Array; ofMajors: Float64Array | null } {
  const training = data.subarray(first * features, before * features);
  const n = before - first;
  const { mean, std } = moments(training, features);
  const unit = std.map((deviation) => (deviation === 0 ? 1 : deviation));
  const scaled = data
    .subarray(first * features, end * features)
    .map((value, i) => (value - mean[i % features]!) / unit[i % features]!);
  const projection = Float64Array.from({ length: n }, (_, i) => project(training, i, direction));
  const order = Array.from(projection.keys()).sort((a, b) => projection[a]! - projection[b]!);
  const head: Observations = { data: scaled.subarray(0, n * features), rows: n, features, lengths: [n] };
  const start = chunkMeans(order, scaled, features, k);
  const clusters = lloyd(head, start, { maxIterations: KMEANS_ROUNDS + 1, tolerance: 0, empty: 'keep' });
  const centroids = clusters.centres;
  const base = { row, trainFirst: at[first]!, trainLast: at[before - 1]!, mean, std, centroids };
  const name = (means: Float64Array): Uint8Array => {
    const back = means.map((value, i) => value * unit[i % features]! + mean[i % features]!);
    const places = Array.from({ length: k }, (_, state) => state).sort(
      (a, b) => project(back, a, direction) - project(back, b, direction),
    );
    const labels = new Uint8Array(k);
    places.forEach((state, place) => {
      labels[state] = LABELS[k]![place]!;
    });
    return labels;
  };
  if (method === 'kmeans') {
    const stateLabels = name(centroids);
    const labels = Uint8Array.from(
      { length: end - before },
      (_, i) => stateLabels[nearest(scaled, n + i, centroids, k)]!,
    );
    // the round that finds nothing to change is not counted
    return {
      fit: { ...base, iterations: clusters.iterations - 1, stateLabels, hmm: null },
      labels,
      ofMajors: null,
    };
  }
  const { model, report } = trainGaussianHmm(head, {
    states: k,
    covarianceType: 'diag',
    mode: 'hmmlearn',
    initial: {
      states: k,
      features,
      covarianceType: 'diag',
      startProbability: new Float64Array(k).fill(1 / k),
      transitionMatrix: Float64Array.from({ length: k * k }, (_, i) =>
        i % (k + 1) === 0 ? STAY : (1 - STAY) / (k - 1),
      ),
      means: centroids,
      covariances: clusterVariances(head.data, clusters.labels, centroids, k),
    },
    maxIterations: EM_ITERATIONS,
    tolerance: EM_TOLERANCE,
  });
  const { means, covariances, transitionMatrix, startProbability } = model.parameters;
  const stateLabels = name(means);
  const all: Observations = { data: scaled, rows: end - first, features, lengths: [end - first] };
  const { probability } = model.filter(all, { from: 'startProbability' });
  const labels = Uint8Array.from({ length: end - before }, (_, i) => {
    let best = 0;
    for (let state = 1; state < k; state += 1) {
      if (probability[(n + i) * k + state]! > probability[(n + i) * k + best]!) best = state;
    }
    return stateLabels[best]!;
  });
  const ofMajors = Float64Array.from({ length: end - before }, (_, i) =>
    stateLabels.reduce(
      (sum, label, state) => (isTraded(label) ? sum + probability[(n + i) * k + state]! : sum),
      0,
    ),
  );
  const hmm = {
    means,
    variances: covariances,
    transition: transitionMatrix,
    start: startProbability,
    logLikelihood: report.history.at(-1)!,
  };
  return { fit: { ...base, iterations: report.iterations, stateLabels, hmm }, labels, ofMajors };
}

/** Nearest centroid of a row, the lowest index on ties. */
function nearest(data: Float64Array, row: number, centroids: Float64Array, k: number): number {
  const features = centroids.length / k;
  let best = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let state = 0; state < k; state += 1) {
    let distance = 0;
    for (let d = 0; d < features; d += 1) {
      distance += (data[row * features + d]! - centroids[state * features + d]!) ** 2;
    }
    if (distance < smallest) {
      smallest = distance;
      best = state;
    }
  }
  return best;
}

/** A new label must be seen on `days` labelled rows in a row before the regime takes it; starts balanced. */
function persist(rawLabel: Int8Array, days: number): Uint8Array {
  const regime = new Uint8Array(rawLabel.length);
  let current: number = BALANCED;
  let candidate = -1;
  let seen = 0;
  for (let row = 0; row < rawLabel.length; row += 1) {
    const label = rawLabel[row]!;
    if (label < 0 || label === current) {
      seen = 0;
      candidate = -1;
    } else {
      seen = label === candidate ? seen + 1 : 1;
      candidate = label;
      if (seen >= days) {
        current = label;
        seen = 0;
        candidate = -1;
      }
    }
    regime[row] = current;
  }
  return regime;
}
