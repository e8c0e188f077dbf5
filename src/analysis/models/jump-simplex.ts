/**
 * The best path of a continuous jump model: instead of one state, each bar has a probability vector on a grid of the
 * simplex, and changing it costs by how far it moves.
 *
 * Method: Aydınhan, Kolm, Mulvey, Shu 2024 (HMM spec §11.7). Moving from p to q costs λ·(½‖p − q‖₁)² + m(p) − m(vertex),
 * m(p) = ln Σ_q exp(−λ·(½‖p − q‖₁)²): the mode loss, which makes the penalties those of a transition matrix. Dynamic
 * programming over the grid points; ties go to the point that comes first (the first state's vertex is point 0).
 * Speed: predecessors are tried nearest first, and the search of a point ends when even the cheapest one at the next
 * distance could not win. Exact, and on market data several times less work than all pairs.
 * Limits: the grid has C(1/step + K − 1, K − 1) points (231 for K = 3 at 0.05), so K ≥ 5 needs a coarser step.
 */
import { TidewatchError } from '../../errors.js';

/** Most grid points; all pairs of them are kept sorted by distance. */
const MOST_POINTS = 2000;

/** All vectors of `states` multiples of 1/divisions that sum to 1, N × K, the first state's vertex first. */
function simplexGrid(states: number, divisions: number): Float64Array {
  const points: number[] = [];
  const fill = (taken: readonly number[], left: number): void => {
    if (taken.length === states - 1) {
      for (const part of taken) points.push(part / divisions);
      points.push(left / divisions);
      return;
    }
    for (let part = left; part >= 0; part -= 1) fill([...taken, part], left - part);
  };
  fill([], divisions);
  return Float64Array.from(points);
}

/** C(divisions + states − 1, states − 1). */
function gridSize(states: number, divisions: number): number {
  let size = 1;
  for (let k = 1; k < states; k += 1) size *= (divisions + k) / k;
  return Math.round(size);
}

export class JumpSimplex {
  /** N × K. */
  readonly points: Float64Array;
  readonly count: number;
  /** N × N: for each point, all points nearest first, ties by index. */
  private readonly nearest: Uint16Array;
  /** N × N: λ·(½‖p − q‖₁)² in that order. */
  private readonly moveCost: Float64Array;
  private readonly modeLoss: Float64Array;
  private readonly leaving: Float64Array;

  /**
   * @param gridStep 1 / a whole number up to 255
   * @throws TidewatchError `bad_parameter` when the grid would have more than 2000 points
   */
  constructor(
    readonly states: number,
    readonly penalty: number,
    readonly gridStep: number,
  ) {
    const divisions = Math.round(1 / gridStep);
    const even = Math.abs(divisions * gridStep - 1) < 1e-9 && divisions >= 1 && divisions <= 255;
    if (!even || gridSize(states, divisions) > MOST_POINTS) {
      throw new TidewatchError(
        'bad_parameter',
        `a grid step of ${gridStep} is not usable for ${states} states`,
        {
          hint: `take a step of which 1 is a multiple, with at most ${MOST_POINTS} grid points; 0.2 suits 5 states`,
          details: { grid_step: gridStep, states },
        },
      );
    }
    this.points = simplexGrid(states, divisions);
    const count = this.points.length / states;
    this.count = count;
    this.nearest = new Uint16Array(count * count);
    this.moveCost = new Float64Array(count * count);
    this.modeLoss = new Float64Array(count);
    this.leaving = new Float64Array(count);
    for (let q = 0; q < count; q += 1) this.sortFrom(q, divisions);
    const vertex = this.modeLoss[0]!;
    for (let q = 0; q < count; q += 1) this.modeLoss[q]! -= vertex;
  }

  /** Counting sort of all points by their distance to point q. */
  private sortFrom(q: number, divisions: number): void {
    const { points, states, count } = this;
    const byDistance: number[][] = Array.from({ length: divisions + 1 }, () => []);
    for (let p = 0; p < count; p += 1) {
      let apart = 0;
      for (let k = 0; k < states; k += 1)
        apart += Math.abs(points[p * states + k]! - points[q * states + k]!);
      byDistance[Math.round((apart / 2) * divisions)]!.push(p);
    }
    let to = q * count;
    let sum = 0;
    byDistance.forEach((near, steps) => {
      for (const p of near) {
        this.nearest[to] = p;
        const cost = this.penalty * (steps / divisions) ** 2;
        this.moveCost[to] = cost;
        sum += Math.exp(-cost);
        to += 1;
      }
    });
    this.modeLoss[q] = Math.log(sum);
  }

  /** Σ_k p_k ℓ(k) of each grid point; a state with loss ∞ counts only where its probability is above 0. */
  losses(stateLoss: ArrayLike<number>, at: number, into: Float64Array): void {
    const { points, states, count } = this;
    for (let q = 0, from = 0; q < count; q += 1) {
      let sum = 0;
      for (let k = 0; k < states; k += 1, from += 1) {
        if (points[from]! > 0) sum += points[from]! * stateLoss[at + k]!;
      }
      into[q] = sum;
    }
  }

  /**
   * One step of the recursion: adds to `next` (the losses of the row) the least cost of getting there.
   * @param from filled with the point each one is best reached from
   */
  advance(values: Float64Array, next: Float64Array, from?: Uint16Array, fromAt = 0): void {
    const { count, nearest, moveCost, leaving } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let p = 0; p < count; p += 1) {
      leaving[p] = values[p]! + this.modeLoss[p]!;
      least = Math.min(least, leaving[p]!);
    }
    for (let q = 0, at = 0; q < count; q += 1) {
      const end = at + count;
      let best = leaving[q]!;
      let bestFrom = q;
      for (let i = at + 1; i < end; i += 1) {
        const cost = moveCost[i]!;
        if (least + cost > best) break;
        const p = nearest[i]!;
        const value = leaving[p]! + cost;
        if (value <= best && (value < best || p < bestFrom)) {
          best = value;
          bestFrom = p;
        }
      }
      next[q]! += best;
      if (from) from[fromAt + q] = bestFrom;
      at = end;
    }
  }

  /** Index of the grid point nearest to a distribution. */
  nearestPoint(probability: ArrayLike<number>): number {
    const { points, states, count } = this;
    let best = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let q = 0; q < count; q += 1) {
      let apart = 0;
      for (let k = 0; k < states; k += 1) apart += Math.abs(points[q * states + k]! - probability[k]!);
      if (apart < smallest - 1e-12) {
        smallest = apart;
        best = q;
      }
    }
    return best;
  }

  /** The best path as grid points, and its objective; sequences do not touch each other. */
  path(
    stateLosses: Float64Array,
    lengths: readonly number[],
  ): { readonly path: Uint16Array; readonly objective: number } {
    const { count, states } = this;
    const rows = stateLosses.length / states;
    const path = new Uint16Array(rows);
    const from = new Uint16Array(rows * count);
    let values = new Float64Array(count);
    let next = new Float64Array(count);
    let objective = 0;
    let first = 0;
    for (const length of lengths) {
      if (length === 0) continue;
      this.losses(stateLosses, first * states, values);
      for (let row = first + 1; row < first + length; row += 1) {
        this.losses(stateLosses, row * states, next);
        this.advance(values, next, from, row * count);
        [values, next] = [next, values];
      }
      let point = lowestPoint(values);
      objective += values[point]!;
      for (let row = first + length - 1; row >= first; row -= 1) {
        path[row] = point;
        point = from[row * count + point]!;
      }
      first += length;
    }
    return { path, objective };
  }
}

/** Lowest index of the smallest value. */
export function lowestPoint(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) if (values[i]! < values[best]!) best = i;
  return best;
}
