import { describe, expect, it } from 'vitest';
import type { MonitorSeriesAnswer } from '../../../src/app/server/api-types.js';
import { majorsColumns, rowAt, sideBands } from './majors-columns.js';

const DAY = 86_400_000;

const series = {
  timeline: { ts: [0, DAY, 2 * DAY], score: [0.1, null, -0.6], regime: [1, 1, 0] },
  daily: {
    ts: [DAY, 2 * DAY],
    equity: [1, 0.99],
    drawdown: [0, -0.01],
    numbers: {
      r_ls_net: [0, -0.01],
      total_gross: [0.4, 0.2],
      beta_err_btc: [0.01, -0.03],
      beta_err_eth: [0.02, null],
    },
  },
} as unknown as MonitorSeriesAnswer;

describe('the columns of a run', () => {
  it('shares one axis with the others', () => {
    expect(majorsColumns(series)).toMatchObject({
      ts: [0, DAY, 2 * DAY],
      equity: [null, 1, 0.99],
      neutralityError: [null, 0.02, 0.03],
    });
    expect(rowAt([0, DAY], DAY - 1)).toBe(0);
    expect(rowAt([DAY], 0)).toBe(-1);
  });

  it('bands only days that favour a side', () => {
    const side = (regime: number) => (regime - 1) as -1 | 0 | 1;
    expect(sideBands([2, 2, 1, null, 0, 2], side)).toEqual([
      { from: 0, to: 1, side: 1 },
      { from: 4, to: 4, side: -1 },
      { from: 5, to: 5, side: 1 },
    ]);
  });
});
