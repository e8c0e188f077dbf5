import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CovarianceType, ExpectationEngine } from '../../analysis/models/gaussian-hmm/expectation.js';
import { fitGaussianHmm } from '../../analysis/models/gaussian-hmm/fit.js';
import { randomModel, sampleObservations } from '../../analysis/models/gaussian-hmm/random-model.fixture.js';
import { ReferenceEngine } from '../../analysis/models/gaussian-hmm/reference-engine.js';
import { expectSameAnswers } from '../../analysis/models/gaussian-hmm/same-answers.fixture.js';
import type { Observations } from '../../analysis/models/observations.js';
import { Random } from '../../market/random.js';
import { createParallelEngine } from './parallel-expectation.js';

const parallel =
  (threads: number) =>
  (observations: Observations): ExpectationEngine =>
    createParallelEngine(observations, threads, { leastRows: 0 });

/** SHA-256 of the log-likelihood history and of every parameter after a few EM iterations. */
function fitDigest(observations: Observations, covarianceType: CovarianceType, threads: number): string {
  const { parameters, report } = fitGaussianHmm(observations, {
    states: 3,
    covarianceType,
    restarts: 2,
    maxIterations: 12,
    engineFactory: parallel(threads),
  });
  const digest = createHash('sha256').update(Float64Array.from(report.history));
  for (const name of ['startProbability', 'transitionMatrix', 'means', 'covariances'] as const) {
    digest.update(parameters[name]);
  }
  return digest.digest('hex');
}

describe('the E step on several threads', () => {
  it.each([
    ['full', [9_001]],
    ['diag', [4_000, 1, 3_333, 700]],
    ['tied', [512, 512, 512, 512]],
    ['spherical', [300]],
  ] as const)('gives the same bits on 1, 2 and 8 threads: %s, sequences of %j rows', (type, lengths) => {
    const random = new Random(11);
    const model = randomModel(random, 3, 5, type);
    const observations = sampleObservations(random, model, lengths);
    const [one, two, eight] = [1, 2, 8].map((threads) => fitDigest(observations, type, threads));
    expect(two).toBe(one);
    expect(eight).toBe(one);
  });

  it('answers like the log-space reference', () => {
    const random = new Random(12);
    const model = randomModel(random, 4, 3, 'full');
    const observations = sampleObservations(random, model, [2_000, 3_000]);
    const engine = parallel(2)(observations);
    expectSameAnswers(engine, new ReferenceEngine(observations), model);
    engine.dispose();
  });

  it('takes one thread for few rows and refuses a number of threads out of range', () => {
    const random = new Random(13);
    const model = randomModel(random, 2, 2, 'diag');
    const observations = sampleObservations(random, model, [100]);
    const engine = createParallelEngine(observations, 8);
    expect(engine.expectation(model).mass.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(100, 9);
    engine.dispose();
    expect(() => createParallelEngine(observations, 0)).toThrow(/threads from 1 to 8/);
  });
});
