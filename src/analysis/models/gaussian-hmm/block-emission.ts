/**
 * Log densities of a block of rows under every state, from column-major data.
 *
 * Method: ln b_k(x) = c_k − ½‖L_k⁻¹(x − μ_k)‖² with the inverse Cholesky factor computed once per E step
 * (HMM spec §5.1). Features far from zero are shifted by the model before they come here, by a constant that does not
 * depend on the rows: a centre taken from the rows would let late rows change the last bits of early answers.
 */
import { covarianceFactor, invertLower, logDeterminant } from '../cholesky.js';
import type { Observations } from '../observations.js';
import { addSquaredAffine } from './block-kernels.js';
import type { GaussianHmmParameters } from './expectation.js';
import { covarianceMatrix } from './parameters.js';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** Rows of a block; part of the numerical identity of the engine (it fixes the order of summation). */
export const BLOCK_ROWS = 512;

/** Observations stored feature by feature. */
export interface Columns {
  readonly data: Float64Array;
  readonly stride: number;
}

/** Row-major rows copied to columns, feature d at `d · stride`; strides may be longer than the rows. */
export function makeColumns({ data, rows, features }: Observations): Columns {
  // Strides that are multiples of 4,096 bytes put every feature on the same cache lines.
  const stride = rows % 512 === 0 ? rows + 8 : rows;
  const columns = new Float64Array(stride * features);
  for (let d = 0; d < features; d += 1) {
    for (let row = 0; row < rows; row += 1) columns[d * stride + row] = data[row * features + d]!;
  }
  return { data: columns, stride };
}

export class BlockEmission {
  /** Per state: the lower factor's inverse, row-major D × D (only the diagonal for diag and spherical). */
  private readonly weights: Float64Array;
  /** Per state and row of the factor: −(L⁻¹μ). */
  private readonly shifts: Float64Array;
  private readonly logNormaliser: Float64Array;
  private readonly diagonal: boolean;

  /** @throws TidewatchError `invalid_parameters` when a covariance is not positive definite */
  constructor(
    private readonly parameters: GaussianHmmParameters,
    private readonly columns: Columns,
  ) {
    const { states, features, covarianceType, means } = parameters;
    this.diagonal = covarianceType === 'diag' || covarianceType === 'spherical';
    this.weights = new Float64Array(states * features * features);
    this.shifts = new Float64Array(states * features);
    this.logNormaliser = new Float64Array(states);
    for (let k = 0; k < states; k += 1) {
      const factor = covarianceFactor(covarianceMatrix(parameters, k), features);
      const inverse = invertLower(factor, features);
      this.weights.set(inverse, k * features * features);
      this.logNormaliser[k] = -0.5 * (features * LOG_TWO_PI + logDeterminant(factor, features));
      for (let i = 0; i < features; i += 1) {
        let shift = 0;
        for (let d = 0; d <= i; d += 1) {
          shift -= inverse[i * features + d]! * means[k * features + d]!;
        }
        this.shifts[k * features + i] = shift;
      }
    }
  }

  /** −½ ln|Σ_k|. */
  logRootPrecision(k: number): number {
    return this.logNormaliser[k]! + 0.5 * this.parameters.features * LOG_TWO_PI;
  }

  /** ln b_k of rows [from, from + rows) into `out[k · BLOCK_ROWS + r]`. */
  densities(from: number, rows: number, out: Float64Array): void {
    this.squaredDistances(from, rows, out);
    for (let k = 0; k < this.parameters.states; k += 1) {
      const at = k * BLOCK_ROWS;
      const normaliser = this.logNormaliser[k]!;
      for (let r = at; r < at + rows; r += 1) out[r] = normaliser - 0.5 * out[r]!;
    }
  }

  /** (x − μ_k)ᵀ Σ_k⁻¹ (x − μ_k) of rows [from, from + rows) into `out[k · BLOCK_ROWS + r]`. */
  squaredDistances(from: number, rows: number, out: Float64Array): void {
    const { states, features } = this.parameters;
    const { data, stride } = this.columns;
    for (let k = 0; k < states; k += 1) {
      const at = k * BLOCK_ROWS;
      out.fill(0, at, at + rows);
      for (let i = 0; i < features; i += 1) {
        const shift = this.shifts[k * features + i]!;
        const row = (k * features + i) * features;
        if (this.diagonal) {
          addSquaredAffine(out, at, rows, data, from + i * stride, stride, this.weights, row + i, 1, shift);
        } else {
          addSquaredAffine(out, at, rows, data, from, stride, this.weights, row, i + 1, shift);
        }
      }
    }
  }
}
