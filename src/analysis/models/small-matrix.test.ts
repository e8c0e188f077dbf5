import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import {
  choleskyFactor,
  covarianceFactor,
  invertLower,
  logDeterminant,
  solveLower,
  solveLowerTransposed,
} from './cholesky.js';
import { covarianceMatrix } from './gaussian-hmm/parameters.js';
import { randomModel } from './gaussian-hmm/random-model.fixture.js';
import { symmetricEigen } from './symmetric-eigen.js';

const covariance = (seed: number, size: number): Float64Array =>
  covarianceMatrix(randomModel(new Random(seed), 1, size, 'full'), 0);

const each = (check: (matrix: Float64Array, size: number) => void): void => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (seed, size) =>
      check(covariance(seed, size), size),
    ),
    { numRuns: 100 },
  );
};

describe('Cholesky factor', () => {
  it('multiplies back to the matrix, and solves what it stands for', () => {
    each((matrix, size) => {
      const factor = choleskyFactor(matrix, size)!;
      const inverse = invertLower(factor, size);
      const vector = Float64Array.from({ length: size }, (_, i) => i + 1);
      const solved = vector.slice();
      solveLower(factor, size, solved);
      solveLowerTransposed(factor, size, solved);
      for (let i = 0; i < size; i += 1) {
        let back = 0;
        let unit = 0;
        for (let j = 0; j < size; j += 1) {
          back += matrix[i * size + j]! * solved[j]!;
          unit += factor[i * size + j]! * inverse[j * size + i]!;
        }
        expect(back).toBeCloseTo(vector[i]!, 9);
        expect(unit).toBeCloseTo(1, 10);
      }
    });
  });

  it('is undefined for a matrix that is not positive definite; one ridge saves a singular one', () => {
    expect(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(choleskyFactor(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
    expect(covarianceFactor(Float64Array.of(1, 1, 1, 1), 2).every(Number.isFinite)).toBe(true);
    expect(() => covarianceFactor(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/not positive definite/);
    expect(choleskyFactor(Float64Array.of(Number.NaN), 1)).toBeUndefined();
  });
});

describe('symmetric eigenvalues', () => {
  it('rebuild the matrix, and multiply to its determinant', () => {
    each((matrix, size) => {
      const { values, vectors } = symmetricEigen(matrix, size);
      for (let i = 0; i < size; i += 1) {
        for (let j = 0; j < size; j += 1) {
          let sum = 0;
          for (let k = 0; k < size; k += 1)
            sum += values[k]! * vectors[i * size + k]! * vectors[j * size + k]!;
          expect(sum).toBeCloseTo(matrix[i * size + j]!, 10);
        }
      }
      const logProduct = values.reduce((sum, value) => sum + Math.log(value), 0);
      expect(logProduct).toBeCloseTo(logDeterminant(choleskyFactor(matrix, size)!, size), 8);
    });
  });
});
