/** Log densities of the response given the regressors, per state: ln N(y; xᵀβ_s, σ²_s). */
import { BLOCK_ROWS, type Columns } from '../gaussian-hmm/block-emission.js';
import { addSquaredAffine } from '../gaussian-hmm/block-kernels.js';
import type { BlockDensities } from '../hidden-chain/markov-chain-parameters.js';
import type { MarkovRegressionParameters } from './regression-parameters.js';

export class RegressionEmission implements BlockDensities {
  /** (y − xᵀβ)/σ as weights of the columns [x …, y], K × (columns). */
  private readonly weights: Float64Array;
  private readonly shifts: Float64Array;
  private readonly logNormaliser: Float64Array;
  private readonly width: number;

  /**
   * @param columns regressors in their order, then the response
   * @param intercept the first coefficient belongs to no column
   */
  constructor(
    private readonly parameters: MarkovRegressionParameters,
    private readonly columns: Columns,
    intercept: boolean,
  ) {
    const { states, coefficientCount, coefficients, variances } = parameters;
    const skip = intercept ? 1 : 0;
    this.width = coefficientCount - skip + 1;
    this.weights = new Float64Array(states * this.width);
    this.shifts = new Float64Array(states);
    this.logNormaliser = variances.map((variance) => -0.5 * Math.log(2 * Math.PI * variance));
    for (let k = 0; k < states; k += 1) {
      const deviation = Math.sqrt(variances[k]!);
      const row = coefficients.subarray(k * coefficientCount, (k + 1) * coefficientCount);
      if (intercept) this.shifts[k] = -row[0]! / deviation;
      for (let j = 0; j < this.width - 1; j += 1) {
        this.weights[k * this.width + j] = -row[skip + j]! / deviation;
      }
      this.weights[(k + 1) * this.width - 1] = 1 / deviation;
    }
  }

  densities(from: number, rows: number, out: Float64Array): void {
    const { data, stride } = this.columns;
    for (let k = 0; k < this.parameters.states; k += 1) {
      const at = k * BLOCK_ROWS;
      out.fill(0, at, at + rows);
      addSquaredAffine(
        out,
        at,
        rows,
        data,
        from,
        stride,
        this.weights,
        k * this.width,
        this.width,
        this.shifts[k]!,
      );
      const normaliser = this.logNormaliser[k]!;
      for (let r = at; r < at + rows; r += 1) out[r] = normaliser - 0.5 * out[r]!;
    }
  }
}
