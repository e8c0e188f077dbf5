/** Weighted first and second moments of blocks of column-major rows, state by state. */
import { BLOCK_ROWS, type Columns } from './block-emission.js';
import { addProducts, multiply } from './block-kernels.js';
import type { GaussianHmmParameters, SufficientStatistics } from './expectation.js';

type Moments = Pick<SufficientStatistics, 'mass' | 'weightedSum' | 'weightedOuter'>;
type Shape = Pick<GaussianHmmParameters, 'states' | 'features' | 'covarianceType'>;

export class BlockMoments {
  private readonly product = new Float64Array(BLOCK_ROWS);

  constructor(private readonly columns: Columns) {}

  /**
   * Adds Σw, Σwx and Σwxxᵀ (lower triangle, or diagonal) of rows [from, from + rows) to state k.
   * @param weights weight of block row r at `weights[at + r]`
   */
  add(
    into: Moments,
    { features, covarianceType }: Shape,
    k: number,
    weights: Float64Array,
    at: number,
    from: number,
    rows: number,
  ): void {
    const { product } = this;
    const { data, stride } = this.columns;
    const diagonal = covarianceType === 'diag' || covarianceType === 'spherical';
    let mass = 0;
    for (let r = 0; r < rows; r += 1) mass += weights[at + r]!;
    into.mass[k]! += mass;
    addProducts(weights, at, rows, data, from, stride, features, into.weightedSum, k * features);
    for (let d = 0; d < features; d += 1) {
      const column = from + d * stride;
      const out = (k * features + d) * features;
      multiply(product, weights, at, rows, data, column);
      if (diagonal) addProducts(product, 0, rows, data, column, stride, 1, into.weightedOuter, out + d);
      else addProducts(product, 0, rows, data, from, stride, d + 1, into.weightedOuter, out);
    }
  }
}

/** Copies the lower triangle of each Σwxxᵀ to the upper one. */
export function completeSymmetry({ weightedOuter }: Moments, { states, features }: Shape): void {
  for (let k = 0; k < states; k += 1) {
    const at = k * features * features;
    for (let d = 0; d < features; d += 1) {
      for (let e = 0; e < d; e += 1) {
        weightedOuter[at + e * features + d] = weightedOuter[at + d * features + e]!;
      }
    }
  }
}
