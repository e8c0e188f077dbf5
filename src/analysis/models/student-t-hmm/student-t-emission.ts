/**
 * Log densities of a multivariate Student t per state, in blocks.
 *
 * ln t(x) = ln Γ((ν+D)/2) − ln Γ(ν/2) − D/2 ln(νπ) − ½ ln|Σ| − (ν+D)/2 ln(1 + δ²/ν), δ² the squared Mahalanobis
 * distance by the scale matrix Σ (Kotz, Nadarajah 2004). δ² comes from the kernels of the Gaussian engine.
 */

import { logGamma } from '../gamma-functions.js';
import { BLOCK_ROWS, BlockEmission, type Columns } from '../gaussian-hmm/block-emission.js';
import type { BlockDensities } from '../hidden-chain/markov-chain-parameters.js';
import type { StudentTParameters } from './student-t-parameters.js';

export class StudentTEmission implements BlockDensities {
  private readonly distances: BlockEmission;
  private readonly logNormaliser: Float64Array;

  /** @throws TidewatchError `invalid_parameters` when a scale matrix is not positive definite */
  constructor(
    private readonly parameters: StudentTParameters,
    columns: Columns,
  ) {
    const { features, degreesOfFreedom } = parameters;
    this.distances = new BlockEmission(parameters, columns);
    this.logNormaliser = degreesOfFreedom.map(
      (nu, k) =>
        logGamma((nu + features) / 2) -
        logGamma(nu / 2) -
        (features / 2) * Math.log(nu * Math.PI) +
        this.distances.logRootPrecision(k),
    );
  }

  densities(from: number, rows: number, out: Float64Array): void {
    const { states, features, degreesOfFreedom } = this.parameters;
    this.distances.squaredDistances(from, rows, out);
    for (let k = 0; k < states; k += 1) {
      const nu = degreesOfFreedom[k]!;
      const at = k * BLOCK_ROWS;
      const normaliser = this.logNormaliser[k]!;
      const power = (nu + features) / 2;
      for (let r = at; r < at + rows; r += 1) out[r] = normaliser - power * Math.log(1 + out[r]! / nu);
    }
  }

  /** Weights u = (ν+D)/(ν+δ²) of rows [from, from + rows) into `out[k · BLOCK_ROWS + r]`: small for outliers. */
  weights(from: number, rows: number, out: Float64Array): void {
    const { states, features, degreesOfFreedom } = this.parameters;
    this.distances.squaredDistances(from, rows, out);
    for (let k = 0; k < states; k += 1) {
      const nu = degreesOfFreedom[k]!;
      const at = k * BLOCK_ROWS;
      for (let r = at; r < at + rows; r += 1) out[r] = (nu + features) / (nu + out[r]!);
    }
  }
}
