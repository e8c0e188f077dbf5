import { describe, expect, it } from 'vitest';
import { readStates } from '../api/run-tables.js';
import { knownOn, labelRuns } from './as-known.js';

const HOUR = 3_600_000;
const CSV = [
  'ts,available_at,fold,regime,label,p_0,p_1',
  ...['Bear', 'Bear', 'Bull', 'Bull', 'Bull', 'Bear'].map(
    (label, row) =>
      `${new Date(row * HOUR).toISOString()},${new Date((row + 1) * HOUR).toISOString()},${row < 3 ? 0 : 1},0,${label},0.5,0.5`,
  ),
].join('\n');

const fold = (index: number, first: number, labels: Record<string, string>) => ({
  index,
  first_ts: first,
  labels,
  train_start: 0,
  train_end: first - HOUR,
  last_ts: first + 2 * HOUR,
  states: 2,
  continued: false,
  alignment_cost: null,
  events: [],
  loglik_train: null,
  loglik: null,
});

const REPORT = {
  folds: [fold(0, 0, { 0: 'Bear', 1: 'Bull' }), fold(1, 3 * HOUR, { 0: 'Bear', 1: 'Bull' })],
  views: [
    { fold: 0, first_ts: -2 * HOUR, runs: [[1, 2]] as [number, number][] },
    {
      fold: 1,
      first_ts: 0,
      runs: [
        [0, 1],
        [1, 2],
      ] as [number, number][],
    },
  ],
};

describe('the chart of a day', () => {
  const shown = readStates(CSV);

  it('is the view of the newest refit, then what was shown since', () => {
    const day = knownOn(REPORT, shown, 4, HOUR)!;
    expect(day.fold).toBe(1);
    expect(day.rows.map(({ known }) => known)).toEqual(['Bear', 'Bull', 'Bull', 'Bull', 'Bull']);
    expect(day.rows.map(({ first }) => first)).toEqual(['Bear', 'Bear', 'Bull', 'Bull', 'Bull']);
    expect([day.revised, day.compared]).toEqual([1, 5]);
  });

  it('never knows a later bar or a later refit', () => {
    const day = knownOn(REPORT, shown, 1, HOUR)!;
    expect(day.fold).toBe(0);
    expect(day.rows.map(({ time, known }) => [time / HOUR, known])).toEqual([
      [-2, 'Bull'],
      [-1, 'Bull'],
      [0, 'Bear'],
      [1, 'Bear'],
    ]);
    expect([day.revised, day.compared]).toEqual([0, 2]);
  });

  it('is nothing beyond the rows', () => {
    expect(knownOn(REPORT, shown, 6, HOUR)).toBeUndefined();
  });

  it('becomes runs that end where nothing was shown', () => {
    expect(labelRuns(['Bear', 'Bear', null, 'Bear', 'Bull'])).toEqual([
      { from: 0, to: 2, label: 'Bear' },
      { from: 3, to: 4, label: 'Bear' },
      { from: 4, to: 5, label: 'Bull' },
    ]);
  });
});
