import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { regimeTable } from './feature-table.fixture.js';
import { chooseStates, expandingFolds } from './select-states.js';
import { trainRegimeModel } from './train-regime-model.js';

const table = regimeTable(new Random(5), [700, 500]);
const auto = { restarts: 2, autoStates: { min: 1, max: 4 } } as const;

describe('choosing the number of states', () => {
  it('cuts the second half of the training rows into folds that follow what they are fitted to', () => {
    expect(expandingFolds(960)).toEqual([
      { to: 480, end: 576 },
      { to: 576, end: 672 },
      { to: 672, end: 768 },
      { to: 768, end: 864 },
      { to: 864, end: 960 },
    ]);
  });

  it('finds the three states that made the rows, and shows every criterion beside', () => {
    const record = trainRegimeModel(table, auto);
    expect(record.config).toMatchObject({ states: 3, k_min: 1, k_max: 4, selection: 'out_of_sample' });
    const { candidates } = record.diagnostics;
    expect(candidates.map(({ k }) => k)).toEqual([1, 2, 3, 4]);
    const running = candidates.filter(({ skipped }) => skipped === null);
    expect(running.length).toBeGreaterThanOrEqual(3);
    for (const { aic, bic, icl, oos_loglik_per_row, n_params } of running) {
      expect([aic, bic, icl, oos_loglik_per_row, n_params].every(Number.isFinite)).toBe(true);
      expect(icl).toBeGreaterThanOrEqual(bic!);
    }
    const scores = candidates.map(({ oos_loglik_per_row: score }) => score!);
    expect(scores[2]).toBeGreaterThan(scores[0]! + 0.5);
  });

  it('looks at the training rows only', () => {
    const spoiled = table.columns.map((column) => column.map((value, row) => (row < 960 ? value : -value)));
    const one = trainRegimeModel(table, auto);
    const other = trainRegimeModel({ ...table, columns: spoiled }, auto);
    expect(other.diagnostics.candidates).toEqual(one.diagnostics.candidates);
    expect(other.params).toEqual(one.params);
  });

  it('is deterministic', () => {
    expect(JSON.stringify(trainRegimeModel(table, auto))).toBe(JSON.stringify(trainRegimeModel(table, auto)));
  });

  it('takes the fewest states that the best one does not clearly beat', () => {
    const scores = (states: number, perRow: number[]) => ({ states, perRow, failed: null });
    const { chosen, choices } = chooseStates([
      scores(1, [-9, -5, -8]),
      scores(2, [-4.1, -1.9, -3.1]),
      scores(3, [-4, -2, -3]),
    ]);
    expect(chosen).toBe(2);
    // against three states: +0.1, −0.1, +0.1
    expect(choices[1]!.shortfall).toBeCloseTo(0.1 / 3, 12);
    expect(choices[1]!.standardError).toBeCloseTo(0.2 / 3, 12);
    expect(choices[2]).toMatchObject({ shortfall: 0, standardError: 0 });
  });

  it('is not fooled by what the folds have in common', () => {
    const scores = (states: number, perRow: number[]) => ({ states, perRow, failed: null });
    const clear = chooseStates([scores(2, [-40.2, -2.2, -13.2]), scores(3, [-40, -2, -13])]);
    expect(clear.chosen).toBe(3);
  });

  it('chooses nothing when nothing could be fitted', () => {
    expect(chooseStates([{ states: 2, perRow: [], failed: 'not on the first 80 rows' }])).toEqual({
      chosen: undefined,
      choices: [],
    });
  });
});
