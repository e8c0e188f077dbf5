import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimumAssignment } from './minimum-assignment.js';

/** Cheapest total over every way to assign the shorter side. */
function bruteForce(cost: readonly number[], rows: number, columns: number): number {
  const search = (row: number, used: Set<number>, skips: number): number => {
    if (row === rows) return 0;
    let best = skips > 0 ? search(row + 1, used, skips - 1) : Number.POSITIVE_INFINITY;
    for (let j = 0; j < columns; j += 1) {
      if (used.has(j)) continue;
      used.add(j);
      best = Math.min(best, cost[row * columns + j]! + search(row + 1, used, skips));
      used.delete(j);
    }
    return best;
  };
  return search(0, new Set(), Math.max(0, rows - columns));
}

describe('cheapest assignment', () => {
  it('is as cheap as the best of all assignments, one to one, of any shape', () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
    const problem = shape.chain(([rows, columns]) =>
      fc.tuple(
        fc.constant(rows),
        fc.constant(columns),
        // Small whole numbers make ties.
        fc.array(fc.integer({ min: -4, max: 9 }), { minLength: rows * columns, maxLength: rows * columns }),
      ),
    );
    fc.assert(
      fc.property(problem, ([rows, columns, cost]) => {
        const { columnOfRow, total } = minimumAssignment(cost, rows, columns);
        const assigned = [...columnOfRow].filter((column) => column >= 0);
        expect(new Set(assigned).size).toBe(Math.min(rows, columns));
        expect(assigned.length).toBe(Math.min(rows, columns));
        expect(total).toBe(bruteForce(cost, rows, columns));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses costs that are not finite or not a matrix', () => {
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => minimumAssignment([1, Number.NaN], 1, 2)).toThrow(refused);
    expect(() => minimumAssignment([1, 2, 3], 2, 2)).toThrow(refused);
  });
});
