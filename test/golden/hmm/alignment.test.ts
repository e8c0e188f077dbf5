import { afterAll, describe, expect, it } from 'vitest';
import { type AlignableStates, alignmentCost } from '../../../src/analysis/models/alignment.js';
import { minimumAssignment } from '../../../src/analysis/models/minimum-assignment.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';
import { compareAll, FOLDER, flat } from './golden-hmm.js';

interface AlignmentCase {
  /** Left out when the case is a matrix of costs alone. */
  readonly old_means?: readonly number[][];
  readonly new_means?: readonly number[][];
  readonly cost: readonly number[][];
  readonly new_index_for_old: readonly number[];
  readonly total: number;
}

const files = goldenFiles(FOLDER, /^alignment.*\.json$/);
const cases = files.flatMap((file) => goldenJson<{ cases: AlignmentCase[] }>(FOLDER, file).cases);

const statesOf = (means: readonly number[][]): AlignableStates => ({
  states: means.length,
  features: means[0]!.length,
  means: flat(means),
  deviations: flat(means).fill(1),
  shares: new Float64Array(means.length).fill(1 / means.length),
});

/** Whether every other assignment costs more: forbidding any chosen pair raises the total. */
function isUnique({ cost, new_index_for_old: chosen, total }: AlignmentCase): boolean {
  const [rows, columns] = [cost.length, cost[0]!.length];
  return chosen.every((column, row) => {
    if (column < 0) return true;
    const without = flat(cost);
    without[row * columns + column] = 1e9;
    return minimumAssignment(without, rows, columns).total > total + 1e-9;
  });
}

describe('golden alignment', () => {
  const total = new Deviation();
  afterAll(() => console.info(total.summary('hmm alignment')));

  it('has cases, or the folder holds none', () => {
    expect(cases.length > 0).toBe(files.length > 0);
  });

  it.each(cases.map((golden, i) => [`case ${i}: ${golden.cost.length} × ${golden.cost[0]!.length}`, golden]))(
    '%s',
    (_, given) => {
      const golden = given as AlignmentCase;
      const deviation = new Deviation();
      const { old_means, new_means } = golden;
      if (old_means && new_means) {
        const [before, after] = [statesOf(old_means), statesOf(new_means)];
        const cost = alignmentCost(before, after, new Float64Array(before.features).fill(1), false);
        compareAll(deviation, 'cost', cost, flat(golden.cost), 1e-9);
      }
      const result = minimumAssignment(flat(golden.cost), golden.cost.length, golden.cost[0]!.length);
      deviation.compare('total', result.total, golden.total, 1e-9, 1e-12);
      total.add(deviation);
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
      if (isUnique(golden)) expect([...result.columnOfRow]).toEqual(golden.new_index_for_old);
    },
  );
});
