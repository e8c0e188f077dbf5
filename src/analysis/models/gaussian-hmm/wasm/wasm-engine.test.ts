import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../market/random.js';
import type { Observations } from '../../observations.js';
import type { CovarianceType, GaussianHmmParameters } from '../expectation.js';
import { randomModel, sampleObservations } from '../random-model.fixture.js';
import { ReferenceEngine } from '../reference-engine.js';
import { expectSameAnswers } from '../same-answers.fixture.js';
import { createScaledEngine } from '../scaled-engine.js';
import { createWasmEngine, WasmEngine } from './wasm-engine.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 1_000 : 100;
const TYPES: readonly CovarianceType[] = ['full', 'diag', 'tied', 'spherical'];

function compare(parameters: GaussianHmmParameters, observations: Observations): void {
  const ours = new WasmEngine(observations);
  try {
    expectSameAnswers(ours, new ReferenceEngine(observations), parameters);
    expect(ours.score(parameters)).toBeCloseTo(ours.filter(parameters).logLikelihood, 6);
  } finally {
    ours.dispose();
  }
}

describe('the WebAssembly engine', () => {
  it('gives the numbers of the log-space reference for every size, covariance type and cut into sequences', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(...TYPES),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
        (seed, states, features, type, lengths) => {
          const random = new Random(seed);
          const parameters = randomModel(random, states, features, type);
          compare(parameters, sampleObservations(random, parameters, lengths));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((states) =>
      [1, 2, 3, 4, 5, 6, 7, 8].map((features) => [states, features]),
    ),
  )('has a kernel for %i states over %i features', (states, features) => {
    const random = new Random(states * 8 + features);
    for (const type of ['full', 'diag'] as const) {
      const parameters = randomModel(random, states, features, type);
      compare(parameters, sampleObservations(random, parameters, [1030]));
    }
  });

  it.each([1, 2, 3, 511, 512, 513, 1023, 1024, 1025, 1535, 1536, 2049, 2561])('handles %i rows', (rows) => {
    const random = new Random(rows);
    const parameters = randomModel(random, 3, 2, 'full');
    compare(parameters, sampleObservations(random, parameters, [rows]));
  });

  it('starts and ends sequences anywhere, also on block borders and at the middle', () => {
    const random = new Random(5);
    const parameters = randomModel(random, 3, 5, 'full');
    for (const lengths of [
      [512, 512],
      [1024, 1024],
      [1, 1, 1, 1021, 1, 2047],
      [700, 324, 1024],
      [1023, 2, 1023],
    ]) {
      compare(parameters, sampleObservations(random, parameters, lengths));
    }
  });

  it('keeps a forbidden transition at exactly zero', () => {
    const random = new Random(9);
    const parameters = randomModel(random, 3, 2, 'full');
    parameters.transitionMatrix.set([0.5, 0.5, 0, 0, 0.5, 0.5, 0.5, 0, 0.5]);
    const observations = sampleObservations(random, parameters, [900]);
    compare(parameters, observations);
    const engine = new WasmEngine(observations);
    expect(engine.expectation(parameters).transition[2]).toBe(0);
  });

  it('answers as the TypeScript engine does when scaled arithmetic loses a state', () => {
    const random = new Random(1);
    const parameters = randomModel(random, 2, 1, 'spherical');
    parameters.transitionMatrix.set([1, 0, 0, 1]);
    parameters.startProbability.set([1, 0]);
    parameters.means.set([0, 60]);
    parameters.covariances.set([0.01, 0.01]);
    const data = Float64Array.from({ length: 1200 }, (_, row) => (row === 700 ? 60 : 0.1 * random.normal()));
    compare(parameters, { data, rows: 1200, features: 1, lengths: [1200] });
  });

  it('gives the same bits again, whatever ran before in the same memory', () => {
    const random = new Random(4);
    const parameters = randomModel(random, 3, 5, 'full');
    const observations = sampleObservations(random, parameters, [3001]);
    const once = new WasmEngine(observations);
    const first = once.expectation(parameters);
    once.dispose();
    const other = randomModel(random, 8, 8, 'full');
    const between = new WasmEngine(sampleObservations(random, other, [5000]));
    between.expectation(other);
    between.dispose();
    const twice = new WasmEngine(observations);
    expect(twice.expectation(parameters)).toEqual(first);
    twice.dispose();
  });

  it('changes the number of states from call to call', () => {
    const random = new Random(6);
    const engines = [2, 5, 3].map((states) => randomModel(random, states, 4, 'diag'));
    const observations = sampleObservations(random, engines[0]!, [1300]);
    const ours = new WasmEngine(observations);
    for (const parameters of engines) expectSameAnswers(ours, new ReferenceEngine(observations), parameters);
    ours.dispose();
  });

  it('hands more than eight features or states to the TypeScript engine', () => {
    const random = new Random(7);
    for (const [states, features] of [
      [3, 9],
      [9, 3],
    ] as const) {
      const parameters = randomModel(random, states, features, 'diag');
      const observations = sampleObservations(random, parameters, [300]);
      const ours = createWasmEngine(observations);
      expect(ours.expectation(parameters)).toEqual(createScaledEngine(observations).expectation(parameters));
      ours.dispose();
    }
  });
});
