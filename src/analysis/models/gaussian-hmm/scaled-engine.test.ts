import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import type { CovarianceType, GaussianHmmParameters } from './expectation.js';
import { randomModel, sampleObservations } from './random-model.fixture.js';
import { createReferenceEngine } from './reference-engine.js';
import { expectSameAnswers } from './same-answers.fixture.js';
import { createScaledEngine } from './scaled-engine.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 2000 : 200;

describe('scaled engine', () => {
  it('agrees with the log-space reference on random models, shapes and sequences', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom<CovarianceType>('full', 'diag', 'tied', 'spherical'),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
        (seed, states, features, covarianceType, lengths) => {
          const random = new Random(seed);
          const parameters = randomModel(random, states, features, covarianceType);
          const observations = sampleObservations(random, parameters, lengths);
          expectSameAnswers(
            createScaledEngine(observations),
            createReferenceEngine(observations),
            parameters,
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('agrees across block boundaries', () => {
    const random = new Random(7);
    const parameters = randomModel(random, 3, 5, 'full');
    const observations = sampleObservations(random, parameters, [511, 512, 513, 1, 1700]);
    expectSameAnswers(createScaledEngine(observations), createReferenceEngine(observations), parameters);
  });

  it('finds the same path as the reference', () => {
    const random = new Random(11);
    const parameters = randomModel(random, 4, 3, 'diag');
    const observations = sampleObservations(random, parameters, [300, 800]);
    expect(createScaledEngine(observations).viterbi(parameters).path).toEqual(
      createReferenceEngine(observations).viterbi(parameters).path,
    );
  });

  it('survives an outlier that only an unreachable state explains', () => {
    const parameters: GaussianHmmParameters = {
      states: 2,
      features: 1,
      covarianceType: 'diag',
      startProbability: Float64Array.of(1, 0),
      transitionMatrix: Float64Array.of(1, 0, 0.5, 0.5),
      means: Float64Array.of(0, 1000),
      covariances: Float64Array.of(1, 1),
    };
    const observations = { data: Float64Array.of(0, 1000, 0.5), rows: 3, features: 1, lengths: [3] };
    const engine = createScaledEngine(observations);
    expectSameAnswers(engine, createReferenceEngine(observations), parameters);
    expect(Array.from(engine.filter(parameters).probabilities)).toEqual([1, 0, 1, 0, 1, 0]);
    expect(engine.expectation(parameters).logLikelihood).toBeCloseTo(
      -0.5 * (3 * Math.log(2 * Math.PI) + 1000 ** 2 + 0.25),
      6,
    );
  });

  it('keeps a state alive that scaled arithmetic rounds to zero and later rows need', () => {
    const parameters: GaussianHmmParameters = {
      states: 2,
      features: 1,
      covarianceType: 'diag',
      startProbability: Float64Array.of(0.5, 0.5),
      transitionMatrix: Float64Array.of(1, 0, 0, 1),
      means: Float64Array.of(0, 50),
      covariances: Float64Array.of(1, 1),
    };
    const data = Float64Array.of(0, 0, 50, 50, 50, 50);
    const observations = { data, rows: 6, features: 1, lengths: [6] };
    const engine = createScaledEngine(observations);
    expectSameAnswers(engine, createReferenceEngine(observations), parameters);
    expect(engine.smooth(parameters).probabilities[1]).toBeCloseTo(1, 12);
  });

  it('names a row that no state can have produced', () => {
    const parameters = randomModel(new Random(3), 2, 1, 'diag');
    const observations = { data: Float64Array.of(0, 1e300, 0), rows: 3, features: 1, lengths: [3] };
    expect(() => createScaledEngine(observations).filter(parameters)).toThrow(/row 1 has probability 0/);
  });

  it('gives ties to the lowest index', () => {
    const parameters: GaussianHmmParameters = {
      states: 3,
      features: 1,
      covarianceType: 'spherical',
      startProbability: new Float64Array(3).fill(1 / 3),
      transitionMatrix: new Float64Array(9).fill(1 / 3),
      means: new Float64Array(3),
      covariances: new Float64Array(3).fill(1),
    };
    const observations = { data: Float64Array.of(1, 2, 3), rows: 3, features: 1, lengths: [3] };
    for (const create of [createScaledEngine, createReferenceEngine]) {
      expect(Array.from(create(observations).viterbi(parameters).path)).toEqual([0, 0, 0]);
    }
  });
});
