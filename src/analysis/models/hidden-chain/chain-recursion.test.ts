import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import { BLOCK_ROWS, BlockEmission, makeColumns } from '../gaussian-hmm/block-emission.js';
import type { GaussianHmmParameters } from '../gaussian-hmm/expectation.js';
import { randomModel, sampleObservations } from '../gaussian-hmm/random-model.fixture.js';
import { createReferenceEngine } from '../gaussian-hmm/reference-engine.js';
import { ChainRecursion } from './chain-recursion.js';
import type { BlockDensities, MarkovChainParameters } from './markov-chain-parameters.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 300 : 30;

/** Densities given as a table, rows × K. */
function given(table: readonly (readonly number[])[]): BlockDensities {
  return {
    densities(from, rows, out) {
      for (let r = 0; r < rows; r += 1) {
        table[from + r]!.forEach((value, k) => {
          out[k * BLOCK_ROWS + r] = value;
        });
      }
    },
  };
}

const far = (a: Float64Array, b: Float64Array): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);

describe('recursions of a hidden Markov chain', () => {
  it('agree with the log-space engine: filter, smoother, transition counts, over several sequences', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, states) => {
        const random = new Random(seed);
        const parameters = randomModel(random, states, 2, 'full');
        const rows = sampleObservations(random, parameters, [700, 1, 60]);
        const reference = createReferenceEngine(rows);
        const recursion = new ChainRecursion(states, rows.rows, rows.lengths);
        const logLikelihood = recursion.forward(parameters, new BlockEmission(parameters, makeColumns(rows)));
        const expected = reference.filter(parameters);
        expect(Math.abs(logLikelihood - expected.logLikelihood)).toBeLessThan(1e-8);
        expect(far(recursion.alpha, expected.probabilities)).toBeLessThan(1e-9);
        expect(far(recursion.smoothed(parameters), reference.smooth(parameters).probabilities)).toBeLessThan(
          1e-9,
        );
        const transition = new Float64Array(states * states);
        recursion.backward(parameters, () => {}, transition);
        expect(far(transition, reference.expectation(parameters).transition)).toBeLessThan(1e-7);
      }),
      { numRuns: RUNS },
    );
  });

  it('explain a row that only an unlikely state can, far below what scaled arithmetic holds', () => {
    const chain: MarkovChainParameters = {
      states: 2,
      startProbability: Float64Array.of(1, 0),
      // State 1 cannot be entered.
      transitionMatrix: Float64Array.of(1, 0, 0.5, 0.5),
    };
    const recursion = new ChainRecursion(2, 3, [3]);
    const logLikelihood = recursion.forward(
      chain,
      given([
        [-1, -1],
        [-900, 0],
        [-2, -2],
      ]),
    );
    expect(logLikelihood).toBe(-903);
    expect([...recursion.alpha]).toEqual([1, 0, 1, 0, 1, 0]);
    expect([...recursion.smoothed(chain)]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('refuse a row that no state can explain, by its number', () => {
    const chain: MarkovChainParameters = {
      states: 2,
      startProbability: Float64Array.of(1, 0),
      transitionMatrix: Float64Array.of(1, 0, 0, 1),
    };
    const impossible = given([
      [-1, -1],
      [Number.NEGATIVE_INFINITY, 0],
    ]);
    expect(() => new ChainRecursion(2, 2, [2]).forward(chain, impossible)).toThrow(
      expect.objectContaining({ code: 'degenerate_data', details: { row: 1 } }),
    );
  });

  it('start the first sequence where they are told, the others by the chain', () => {
    const parameters: GaussianHmmParameters = randomModel(new Random(2), 3, 2, 'diag');
    const rows = sampleObservations(new Random(3), parameters, [5, 5]);
    const emission = new BlockEmission(parameters, makeColumns(rows));
    const certain = Float64Array.of(0, 0, 1);
    const told = new ChainRecursion(3, 10, rows.lengths);
    told.forward(parameters, emission, certain);
    const usual = new ChainRecursion(3, 10, rows.lengths);
    usual.forward(parameters, emission);
    expect([...told.alpha.subarray(0, 3)]).toEqual([0, 0, 1]);
    expect(told.alpha.subarray(15)).toEqual(usual.alpha.subarray(15));
  });
});
