/**
 * Penalised segmentation: the change points that minimise Σ cost(segment) + penalty × (segments − 1), exactly.
 *
 * Two-sided: a change point is placed with the rows after it, so this is for study, never for a filter.
 * Method: optimal partitioning by dynamic programming with the pruning of PELT (Killick, Fearnhead, Eckley 2012). Two
 * things keep the pruning exact where the common form is not: a start is dropped only once the better one is itself
 * `minimumSize` rows back, and for the normal cost, where splitting may raise the cost by what the divisor n − 1 adds,
 * that much slack is left.
 * Costs (HMM spec §11.9), summed over features: `l2` squared deviation from the segment's mean; `normal`
 * n·ln(variance + 1e-6) with divisor n − 1. Numerics: running sums about the mean of all rows.
 * Limits: time grows with the square of the stretch length when nothing changes for long.
 */
import { TidewatchError } from '../../errors.js';

export const SEGMENT_COSTS = ['l2', 'normal'] as const;
export type SegmentCost = (typeof SEGMENT_COSTS)[number];

export interface SegmentationOptions {
  readonly cost: SegmentCost;
  /** Price of one more segment, in units of the cost. */
  readonly penalty: number;
  /** Fewest rows of a segment; 5 unless said, at least 2. */
  readonly minimumSize?: number;
}

export interface Segmentation {
  /** Exclusive ends of the segments, ascending; the last one is the number of rows. */
  readonly ends: readonly number[];
  /** Σ cost(segment) + penalty × (segments − 1). */
  readonly objective: number;
}

const VARIANCE_FLOOR = 1e-6;

/** The cost of rows [from, to), from running sums. */
function segmentCost(
  data: Float64Array,
  rows: number,
  features: number,
  cost: SegmentCost,
): (from: number, to: number) => number {
  const sums = new Float64Array((rows + 1) * features);
  const squares = new Float64Array((rows + 1) * features);
  const means = new Float64Array(features);
  for (let i = 0; i < rows * features; i += 1) means[i % features]! += data[i]! / rows;
  for (let i = 0; i < rows * features; i += 1) {
    const value = data[i]! - means[i % features]!;
    sums[i + features] = sums[i]! + value;
    squares[i + features] = squares[i]! + value * value;
  }
  return (from, to) => {
    const n = to - from;
    let total = 0;
    for (let d = 0; d < features; d += 1) {
      const sum = sums[to * features + d]! - sums[from * features + d]!;
      const scatter = squares[to * features + d]! - squares[from * features + d]! - (sum * sum) / n;
      const positive = Math.max(0, scatter);
      total += cost === 'l2' ? positive : n * Math.log(positive / Math.max(1, n - 1) + VARIANCE_FLOOR);
    }
    return total;
  };
}

/**
 * @param data row-major rows × features, one sequence, finite
 * @throws TidewatchError `bad_parameter` for a negative penalty or a segment shorter than 2 rows
 */
export function segmentRows(
  data: Float64Array,
  features: number,
  { cost, penalty, minimumSize = 5 }: SegmentationOptions,
): Segmentation {
  if (!(penalty >= 0) || !Number.isInteger(minimumSize) || minimumSize < 2) {
    throw new TidewatchError(
      'bad_parameter',
      `a penalty of ${penalty} with segments of ${minimumSize} rows is not allowed`,
      { hint: 'give a penalty of at least 0 and segments of at least 2 rows' },
    );
  }
  const rows = data.length / features;
  if (rows === 0) return { ends: [], objective: 0 };
  const costOf = segmentCost(data, rows, features, cost);
  if (rows < 2 * minimumSize) return { ends: [rows], objective: costOf(0, rows) };

  const short = minimumSize * Math.log(minimumSize / (minimumSize - 1));
  const slack = cost === 'l2' ? 0 : features * (2 * short - 1);
  // best[s]: least cost of rows [0, s) with one penalty per segment, less the first.
  const best = new Float64Array(rows + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = -penalty;
  const startOf = new Int32Array(rows + 1);
  const goneFrom = new Float64Array(rows + 1).fill(Number.POSITIVE_INFINITY);
  let starts: number[] = [0];
  const reached = new Float64Array(rows + 1);
  for (let end = minimumSize; end <= rows; end += 1) {
    const newest = end - minimumSize;
    if (newest >= minimumSize) starts.push(newest);
    let least = Number.POSITIVE_INFINITY;
    for (const start of starts) {
      const value = best[start]! + costOf(start, end);
      reached[start] = value;
      if (value + penalty < least) {
        least = value + penalty;
        startOf[end] = start;
      }
    }
    best[end] = least;
    let anyGone = false;
    for (const start of starts) {
      if (goneFrom[start] === Number.POSITIVE_INFINITY && reached[start]! - slack > least) {
        goneFrom[start] = end + minimumSize;
      }
      if (goneFrom[start]! <= end + 1) anyGone = true;
    }
    if (anyGone) starts = starts.filter((start) => goneFrom[start]! > end + 1);
  }
  const ends: number[] = [];
  for (let end = rows; end > 0; end = startOf[end]!) ends.push(end);
  return { ends: ends.reverse(), objective: best[rows]! };
}
