import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { randomModel } from './gaussian-hmm/random-model.fixture.js';
import {
  expectedDurations,
  forecastDistribution,
  stationaryDistribution,
  stepDistribution,
} from './markov-chain.js';

describe('Markov chain', () => {
  it('has a stationary distribution that one more bar does not change', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, states) => {
        const { transitionMatrix } = randomModel(new Random(seed), states, 1, 'diag');
        const stationary = stationaryDistribution(transitionMatrix, states);
        expect(stationary.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        stepDistribution(stationary, transitionMatrix).forEach((value, k) => {
          expect(value).toBeCloseTo(stationary[k]!, 12);
        });
      }),
    );
  });

  it('knows the two-state answer', () => {
    const stationary = stationaryDistribution(Float64Array.of(0.9, 0.1, 0.3, 0.7), 2);
    expect(stationary[0]).toBeCloseTo(0.75, 14);
    expect(stationary[1]).toBeCloseTo(0.25, 14);
  });

  it('gives the long-run average where several answers are possible', () => {
    const identity = Float64Array.of(1, 0, 0, 1);
    expect([...stationaryDistribution(identity, 2)]).toEqual([0.5, 0.5]);
    const absorbing = Float64Array.of(1, 0, 0, 0, 1, 0, 0.5, 0.5, 0);
    const average = stationaryDistribution(absorbing, 3);
    expect(average[0]).toBeCloseTo(0.5, 12);
    expect(average[2]).toBeCloseTo(0, 12);
  });

  it('expects 1 / (1 − stay) bars in a state', () => {
    expect([...expectedDurations(Float64Array.of(0.75, 0.25, 0, 1), 2)]).toEqual([
      4,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('forecasts step by step, and forgets the start', () => {
    const chain = Float64Array.of(0.9, 0.1, 0.3, 0.7);
    const start = Float64Array.of(0, 1);
    expect([...forecastDistribution(start, chain, 0)]).toEqual([0, 1]);
    expect([...forecastDistribution(start, chain, 1)]).toEqual([0.3, 0.7]);
    expect(forecastDistribution(start, chain, 500)[0]).toBeCloseTo(0.75, 12);
  });
});
