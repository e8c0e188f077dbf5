/**
 * K-means: Lloyd's algorithm from given centres or from seeded k-means++ starts.
 *
 * Why: starting points for the mixture models, and the plainest regime model of all (no memory, no probabilities).
 * Method: Lloyd 1982; k-means++ of Arthur, Vassilvitskii 2007; stop rules of scikit-learn (labels repeat, or the
 * squared shift of the centres ≤ tolerance × mean feature variance), so that the two can be compared.
 * Numerics: the nearest centre minimises ½‖c‖² − x·c, one dot product per centre; the inertia is summed from plain
 * differences once at the end. Ties go to the lowest index. An empty cluster moves to the row farthest from its centre.
 */
import { TidewatchError } from '../../errors.js';
import type { Random } from '../../market/random.js';
import { assignAndSum } from './kmeans-assignment.js';
import type { Observations } from './observations.js';

export interface KMeansOptions {
  /** Rounds of assigning and averaging at most. */
  readonly maxIterations?: number;
  /** Relative to the mean feature variance; 1e-4 by default, as in scikit-learn. */
  readonly tolerance?: number;
  /** What an empty cluster does: `move` (default) takes the row farthest from its centre, `keep` stays where it is. */
  readonly empty?: 'move' | 'keep';
}

export interface KMeansResult {
  /** K × D. */
  readonly centres: Float64Array;
  /** Cluster of each row under the final centres. */
  readonly labels: Uint8Array;
  /** Rows per cluster. */
  readonly counts: Float64Array;
  /** Σ squared distance to the nearest centre. */
  readonly inertia: number;
  /** Rounds that were made. */
  readonly iterations: number;
}

/** Squared distance of row `row` to centre `k`. */
function squaredDistance(
  data: Float64Array,
  row: number,
  centres: Float64Array,
  k: number,
  d: number,
): number {
  let sum = 0;
  for (let i = 0; i < d; i += 1) {
    const difference = data[row * d + i]! - centres[k * d + i]!;
    sum += difference * difference;
  }
  return sum;
}

/** Mean over the features of their population variance, in one pass about the first row. */
function meanVariance({ data, rows, features }: Observations): number {
  const sums = new Float64Array(features);
  const squares = new Float64Array(features);
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let d = 0; d < features; d += 1, at += 1) {
      const difference = data[at]! - data[d]!;
      sums[d]! += difference;
      squares[d]! += difference * difference;
    }
  }
  let total = 0;
  for (let d = 0; d < features; d += 1) total += squares[d]! / rows - (sums[d]! / rows) ** 2;
  return total / features;
}

/**
 * Lloyd iterations from the given centres (K × D, not changed).
 * @throws TidewatchError `too_few_rows` when there are fewer rows than centres
 */
export function lloyd(
  observations: Observations,
  initialCentres: Float64Array,
  { maxIterations = 300, tolerance = 1e-4, empty = 'move' }: KMeansOptions = {},
): KMeansResult {
  const { data, rows, features } = observations;
  const clusters = initialCentres.length / features;
  if (rows < clusters) {
    throw new TidewatchError('too_few_rows', `${rows} rows cannot be split into ${clusters} clusters`, {
      hint: 'give more rows or ask for fewer states',
      details: { rows, clusters },
    });
  }
  const allowedShift = tolerance > 0 ? tolerance * meanVariance(observations) : 0;
  const centres = initialCentres.slice();
  const labels = new Uint8Array(rows).fill(255);
  const sums = new Float64Array(clusters * features);
  const counts = new Float64Array(clusters);
  let iterations = 0;
  let settled = false;
  while (iterations < maxIterations && !settled) {
    iterations += 1;
    const changed = assignAndSum(data, rows, features, centres, labels, sums, counts);
    if (empty === 'move') refillEmpty(observations, centres, labels, sums, counts);
    let shift = 0;
    for (let k = 0; k < clusters; k += 1) {
      if (counts[k] === 0) continue;
      for (let d = 0; d < features; d += 1) {
        const at = k * features + d;
        const moved = sums[at]! / counts[k]!;
        shift += (moved - centres[at]!) ** 2;
        centres[at] = moved;
      }
    }
    if (!changed) settled = true;
    else if (shift <= allowedShift) settled = true;
  }
  assignAndSum(data, rows, features, centres, labels, sums, counts);
  let inertia = 0;
  for (let row = 0; row < rows; row += 1) {
    inertia += squaredDistance(data, row, centres, labels[row]!, features);
  }
  return { centres, labels, counts, inertia, iterations };
}

/** Gives each empty cluster the row that lies farthest from its own centre. */
function refillEmpty(
  { data, rows, features }: Observations,
  centres: Float64Array,
  labels: Uint8Array,
  sums: Float64Array,
  counts: Float64Array,
): void {
  for (let k = 0; k < counts.length; k += 1) {
    if (counts[k]! > 0) continue;
    let farthest = -1;
    let largest = -1;
    for (let row = 0; row < rows; row += 1) {
      if (counts[labels[row]!]! < 2) continue;
      const distance = squaredDistance(data, row, centres, labels[row]!, features);
      if (distance > largest) {
        largest = distance;
        farthest = row;
      }
    }
    const from = labels[farthest]!;
    for (let d = 0; d < features; d += 1) {
      sums[from * features + d]! -= data[farthest * features + d]!;
      sums[k * features + d] = data[farthest * features + d]!;
    }
    counts[from]! -= 1;
    counts[k] = 1;
    labels[farthest] = k;
  }
}

/** K centres chosen among the rows with probability ∝ squared distance to the nearest one so far (k-means++). */
export function seedCentres(
  { data, rows, features }: Observations,
  clusters: number,
  random: Random,
): Float64Array {
  const centres = new Float64Array(clusters * features);
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = random.below(rows);
  for (let k = 0; ; k += 1) {
    centres.set(data.subarray(chosen * features, (chosen + 1) * features), k * features);
    if (k + 1 === clusters) return centres;
    let total = 0;
    for (let row = 0; row < rows; row += 1) {
      nearest[row] = Math.min(nearest[row]!, squaredDistance(data, row, centres, k, features));
      total += nearest[row]!;
    }
    let left = random.uniform() * total;
    chosen = random.below(rows);
    for (let row = 0; total > 0 && row < rows; row += 1) {
      left -= nearest[row]!;
      if (left < 0 && nearest[row]! > 0) {
        chosen = row;
        break;
      }
    }
  }
}

/** The best of several k-means++ starts by inertia (first one on ties). */
export function kmeans(
  observations: Observations,
  clusters: number,
  random: Random,
  { starts = 10, ...options }: KMeansOptions & { readonly starts?: number } = {},
): KMeansResult {
  let best: KMeansResult | undefined;
  for (let start = 0; start < starts; start += 1) {
    const result = lloyd(observations, seedCentres(observations, clusters, random), options);
    if (!best || result.inertia < best.inertia) best = result;
  }
  return best!;
}
