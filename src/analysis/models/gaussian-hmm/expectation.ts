/**
 * The seam between the model (what is estimated) and the kernels (how the recursions run).
 *
 * Three implementations answer it with the same numbers: the log-space reference, the scaled TypeScript kernel and
 * the WASM kernel (on one thread, or on several through src/platform/compute). Property tests hold them equal.
 * The calls are synchronous: a fit is one long computation and belongs in a worker when the process serves others.
 */
import type { Observations } from '../observations.js';

/** Shape of Σ: a full or diagonal one per state, one full one for all states, or one variance per state. */
export type CovarianceType = 'full' | 'diag' | 'tied' | 'spherical';

/** Parameters of a Gaussian HMM with K states over D features; every array row-major. */
export interface GaussianHmmParameters {
  readonly states: number;
  readonly features: number;
  readonly covarianceType: CovarianceType;
  /** K probabilities. */
  readonly startProbability: Float64Array;
  /** K × K, row i = P(next | i). */
  readonly transitionMatrix: Float64Array;
  /** K × D. */
  readonly means: Float64Array;
  /** full K × D × D, diag K × D, tied D × D, spherical K. */
  readonly covariances: Float64Array;
}

/** What one E step hands to the M step. */
export interface SufficientStatistics {
  /** Log-likelihood of all sequences under the parameters that were given. */
  logLikelihood: number;
  /** Σ over sequences of the posterior of their first row; K. */
  start: Float64Array;
  /** Σ ξ, expected transition counts; K × K. */
  transition: Float64Array;
  /** Σ γ; K. */
  mass: Float64Array;
  /** Σ γ x; K × D. */
  weightedSum: Float64Array;
  /** Σ γ x xᵀ; K × D × D (only the diagonal is filled for diag and spherical). */
  weightedOuter: Float64Array;
}

/** An E-step engine bound to one set of observations. */
export interface ExpectationEngine {
  expectation(parameters: GaussianHmmParameters): SufficientStatistics;
  /** Filtered probabilities, rows × K row-major, and the log-likelihood. Causal. */
  filter(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number };
  /** Smoothed probabilities, rows × K row-major. Two-sided: lookahead. */
  smooth(parameters: GaussianHmmParameters): { probabilities: Float64Array; logLikelihood: number };
  /** Most likely path (ties: lowest index) and its log-probability. Two-sided: lookahead. */
  viterbi(parameters: GaussianHmmParameters): { path: Uint8Array; logProbability: number };
  /** Frees buffers and threads. */
  dispose(): void;
}

/** Makes the engine that does the E step over these rows. */
export type ExpectationEngineFactory = (observations: Observations) => ExpectationEngine;
