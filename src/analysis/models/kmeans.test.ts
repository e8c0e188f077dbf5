import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { kmeans, lloyd, seedCentres } from './kmeans.js';
import type { Observations } from './observations.js';

function cloud(random: Random, rows: number, features: number): Observations {
  const data = new Float64Array(rows * features).map(() => random.normal());
  return { data, rows, features, lengths: [rows] };
}

const distance = (o: Observations, row: number, centres: Float64Array, k: number): number => {
  let sum = 0;
  for (let d = 0; d < o.features; d += 1) {
    sum += (o.data[row * o.features + d]! - centres[k * o.features + d]!) ** 2;
  }
  return sum;
};

describe('k-means', () => {
  it('ends with every row at its nearest centre and every centre at the mean of its rows', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (seed, k, d) => {
          const rows = cloud(new Random(seed), 60, d);
          const start = seedCentres(rows, k, new Random(seed + 1));
          const { centres, labels, counts, inertia } = lloyd(rows, start, { tolerance: 0 });
          let sum = 0;
          for (let row = 0; row < 60; row += 1) {
            const own = distance(rows, row, centres, labels[row]!);
            for (let other = 0; other < k; other += 1) {
              expect(own).toBeLessThanOrEqual(distance(rows, row, centres, other) + 1e-9);
            }
            sum += own;
          }
          expect(inertia).toBeCloseTo(sum, 9);
          for (let cluster = 0; cluster < k; cluster += 1) {
            const members = [...labels].flatMap((label, row) => (label === cluster ? [row] : []));
            expect(members.length).toBe(counts[cluster]);
            const mean = members.reduce((total, row) => total + rows.data[row * d]!, 0) / members.length;
            expect(centres[cluster * d]).toBeCloseTo(mean, 9);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the loop written out for three clusters of five features and the general one the same answer', () => {
    const five = cloud(new Random(3), 500, 5);
    const start = seedCentres(five, 3, new Random(4));
    // A sixth feature that is always 0 changes no distance but takes the general loop.
    const six = { ...five, features: 6, data: new Float64Array(3000) };
    for (let row = 0; row < 500; row += 1) six.data.set(five.data.subarray(row * 5, row * 5 + 5), row * 6);
    const startSix = new Float64Array(18);
    for (let k = 0; k < 3; k += 1) startSix.set(start.subarray(k * 5, k * 5 + 5), k * 6);
    const quick = lloyd(five, start, { tolerance: 0 });
    const general = lloyd(six, startSix, { tolerance: 0 });
    expect(quick.labels).toEqual(general.labels);
    expect(quick.inertia).toBeCloseTo(general.inertia, 9);
  });

  it('never gets worse with more starts, and repeats itself for a seed', () => {
    const rows = cloud(new Random(5), 200, 2);
    const one = kmeans(rows, 4, new Random(1), { starts: 1 });
    const many = kmeans(rows, 4, new Random(1), { starts: 10 });
    expect(many.inertia).toBeLessThanOrEqual(one.inertia);
    expect(kmeans(rows, 4, new Random(1), { starts: 10 })).toEqual(many);
  });

  it('gives an empty cluster a row', () => {
    const rows = { data: Float64Array.of(0, 1, 2, 10), rows: 4, features: 1, lengths: [4] };
    const { counts } = lloyd(rows, Float64Array.of(1, 1000));
    expect([...counts]).toEqual([3, 1]);
  });

  it('survives fewer different rows than clusters', () => {
    const rows = { data: Float64Array.of(1, 1, 1, 1), rows: 4, features: 1, lengths: [4] };
    const { centres } = kmeans(rows, 2, new Random(1));
    expect([...centres]).toEqual([1, 1]);
  });

  it('refuses fewer rows than clusters', () => {
    const rows = { data: Float64Array.of(1, 2), rows: 2, features: 1, lengths: [2] };
    expect(() => lloyd(rows, Float64Array.of(0, 1, 2))).toThrow(
      expect.objectContaining({ code: 'too_few_rows' }),
    );
  });
});
