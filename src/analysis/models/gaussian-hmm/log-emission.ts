/**
 * Log densities of rows under every state, the readable way: Cholesky factor, forward substitution, row by row.
 *
 * Why: the reference recursions need densities that are obviously right, and only here rows with missing features
 * (NaN) are understood: the missing features are integrated out, a row without any observed feature has density 1
 * (log 0; HMM spec §5.1, §5.8). Method: Mardia, Kent, Bibby, Multivariate Analysis §3.2 for marginals and
 * conditionals of the normal. Limit: allocates per pattern of missing features and is no place for a million rows.
 */
import { covarianceFactor, logDeterminant, solveLower, solveLowerTransposed } from '../cholesky.js';
import type { GaussianHmmParameters } from './expectation.js';
import { covarianceMatrix } from './parameters.js';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** A state's marginal over the observed features of one pattern. */
interface Marginal {
  readonly factor: Float64Array;
  readonly logNormaliser: number;
}

interface Pattern {
  readonly observed: readonly number[];
  readonly missing: readonly number[];
  readonly marginals: readonly Marginal[];
}

export class LogEmission {
  private readonly patterns = new Map<string, Pattern>();
  private readonly matrices: Float64Array[];
  private readonly complete: Pattern;
  private readonly residual: Float64Array;

  /** @throws TidewatchError `invalid_parameters` when a covariance is not positive definite */
  constructor(private readonly parameters: GaussianHmmParameters) {
    this.matrices = Array.from({ length: parameters.states }, (_, k) => covarianceMatrix(parameters, k));
    this.residual = new Float64Array(parameters.features);
    this.complete = this.makePattern(Array.from({ length: parameters.features }, (_, d) => d));
  }

  private makePattern(observed: number[]): Pattern {
    const { states, features } = this.parameters;
    const size = observed.length;
    const missing = Array.from({ length: features }, (_, d) => d).filter((d) => !observed.includes(d));
    const marginals = Array.from({ length: states }, (_, k): Marginal => {
      const matrix = this.matrices[k]!;
      const block = Float64Array.from(
        { length: size * size },
        (_, i) => matrix[observed[Math.floor(i / size)]! * features + observed[i % size]!]!,
      );
      const factor = covarianceFactor(block, size);
      return { factor, logNormaliser: -0.5 * (size * LOG_TWO_PI + logDeterminant(factor, size)) };
    });
    return { observed, missing, marginals };
  }

  private patternOf(data: Float64Array, row: number): Pattern {
    const { features } = this.parameters;
    let key = '';
    for (let d = 0; d < features; d += 1) if (Number.isNaN(data[row * features + d]!)) key += `${d} `;
    if (key === '') return this.complete;
    let pattern = this.patterns.get(key);
    if (!pattern) {
      const observed = this.complete.observed.filter((d) => !Number.isNaN(data[row * features + d]!));
      pattern = this.makePattern(observed);
      this.patterns.set(key, pattern);
    }
    return pattern;
  }

  /** ln b_k(row) for every k, into `out[offset + k]`. */
  densities(data: Float64Array, row: number, out: Float64Array, offset: number): void {
    const { states, features, means } = this.parameters;
    const { observed, marginals } = this.patternOf(data, row);
    const size = observed.length;
    const { residual } = this;
    for (let k = 0; k < states; k += 1) {
      const { factor, logNormaliser } = marginals[k]!;
      for (let i = 0; i < size; i += 1) {
        residual[i] = data[row * features + observed[i]!]! - means[k * features + observed[i]!]!;
      }
      solveLower(factor, size, residual);
      let distance = 0;
      for (let i = 0; i < size; i += 1) distance += residual[i]! * residual[i]!;
      out[offset + k] = logNormaliser - 0.5 * distance;
    }
  }

  /**
   * E[x | observed part, state] into `mean` (D) and the covariance of the missing part into `covariance` (D × D,
   * zero where a feature was observed).
   */
  expectedRow(
    data: Float64Array,
    row: number,
    state: number,
    mean: Float64Array,
    covariance: Float64Array,
  ): void {
    const { features, means } = this.parameters;
    const { observed, missing, marginals } = this.patternOf(data, row);
    covariance.fill(0);
    for (const d of observed) mean[d] = data[row * features + d]!;
    if (missing.length === 0) return;
    const matrix = this.matrices[state]!;
    const { factor } = marginals[state]!;
    const size = observed.length;
    for (const d of missing) {
      const weights = Float64Array.from(observed, (o) => matrix[d * features + o]!);
      solveLower(factor, size, weights);
      solveLowerTransposed(factor, size, weights);
      let expected = means[state * features + d]!;
      for (let i = 0; i < size; i += 1) {
        const o = observed[i]!;
        expected += weights[i]! * (data[row * features + o]! - means[state * features + o]!);
      }
      mean[d] = expected;
      for (const other of missing) {
        let residual = matrix[d * features + other]!;
        for (let i = 0; i < size; i += 1) residual -= weights[i]! * matrix[observed[i]! * features + other]!;
        covariance[d * features + other] = residual;
      }
    }
  }
}
