/** Holds two E-step engines equal: the check that every kernel is judged by. Throws where they differ. */
import type { ExpectationEngine, GaussianHmmParameters } from './expectation.js';

/** |actual − expected| ≤ tolerance · max(1, |expected|) for every number. */
export function requireClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what} holds ${actual.length} numbers where ${expected.length} are expected`);
  }
  for (let i = 0; i < actual.length; i += 1) {
    const allowed = tolerance * Math.max(1, Math.abs(expected[i]!));
    if (!(Math.abs(actual[i]! - expected[i]!) <= allowed)) {
      throw new Error(`${what}[${i}]: ${actual[i]} is not within ${allowed} of ${expected[i]}`);
    }
  }
}

/** Statistics, filtered and smoothed probabilities, likelihoods and the Viterbi value of both engines are equal. */
export function expectSameAnswers(
  ours: ExpectationEngine,
  reference: ExpectationEngine,
  parameters: GaussianHmmParameters,
): void {
  const a = ours.expectation(parameters);
  const b = reference.expectation(parameters);
  requireClose([a.logLikelihood], [b.logLikelihood], 1e-9, 'log-likelihood');
  for (const name of ['start', 'transition', 'mass', 'weightedSum', 'weightedOuter'] as const) {
    requireClose(a[name], b[name], 1e-7, name);
  }
  const filtered = ours.filter(parameters);
  requireClose([filtered.logLikelihood], [b.logLikelihood], 1e-9, 'filter log-likelihood');
  requireClose(filtered.probabilities, reference.filter(parameters).probabilities, 1e-8, 'filtered');
  const smoothed = ours.smooth(parameters);
  requireClose([smoothed.logLikelihood], [b.logLikelihood], 1e-9, 'smooth log-likelihood');
  requireClose(smoothed.probabilities, reference.smooth(parameters).probabilities, 1e-8, 'smoothed');
  const path = ours.viterbi(parameters);
  const expected = reference.viterbi(parameters);
  requireClose([path.logProbability], [expected.logProbability], 1e-9, 'Viterbi log-probability');
}
