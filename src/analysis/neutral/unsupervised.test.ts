import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { NEUTRAL_FEATURES, type NeutralFeatureTable } from './feature-table.js';
import { DEFAULT_NEUTRAL_REGIME, ENHANCED_WEIGHTS } from './neutral-settings.js';
import { NEUTRAL_REGIMES } from './regime-state.js';
import { unsupervisedRegimes } from './unsupervised.js';

/** A table whose three z columns stay near one of several levels for a while. */
function tableOf(
  rows: number,
  levels: readonly number[],
  seed: number,
): { table: NeutralFeatureTable; truth: number[] } {
  const random = new Random(seed);
  const truth: number[] = [];
  const z = Object.fromEntries(
    NEUTRAL_FEATURES.map((name) => [name, new Float64Array(rows).fill(Number.NaN)]),
  ) as Record<(typeof NEUTRAL_FEATURES)[number], Float64Array>;
  for (let row = 0; row < rows; row += 1) {
    // each level for six rows in turn, so that equal chunks are a fair start
    const level = Math.floor(row / 6) % levels.length;
    truth.push(level);
    for (const name of ['alt_breadth_pct_up', 'btc_dominance', 'funding_skew'] as const) {
      z[name][row] = levels[level]! + 0.2 * random.normal();
    }
  }
  const day = Int32Array.from({ length: rows }, (_, i) => 20_000 + i);
  const table = {
    day,
    panelRow: day,
    raw: z,
    z,
    hasFunding: new Int8Array(rows),
    valid: new Uint8Array(rows),
  };
  return { table, truth };
}

const base = {
  ...DEFAULT_NEUTRAL_REGIME.unsupervised,
  trainRows: 252,
  refitRows: 63,
  weights: ENHANCED_WEIGHTS,
};

describe('unsupervised regimes', () => {
  it.each(['kmeans', 'hmm'] as const)('names five states by their place, %s', (method) => {
    const levels = [-2, -1, 0, 1, 2];
    const { table, truth } = tableOf(500, levels, 4);
    const { rawLabel, fits, warnings } = unsupervisedRegimes(table, { ...base, method, states: 5 });
    expect(warnings).toEqual([]);
    expect(fits.map(({ row }) => row)).toEqual([252, 315, 378, 441]);
    const order = [
      'STRONG_RISK_ON_ALTS',
      'WEAK_RISK_ON_ALTS',
      'BALANCED',
      'WEAK_RISK_ON_MAJORS',
      'STRONG_RISK_ON_MAJORS',
    ];
    const labelled = truth.flatMap((level, row) =>
      rawLabel[row]! < 0 ? [] : [[level, rawLabel[row]!] as const],
    );
    const right = labelled.filter(([level, code]) => NEUTRAL_REGIMES[code] === order[level]);
    expect(right.length / labelled.length).toBeGreaterThan(0.95);
    expect(Array.from(rawLabel.subarray(0, 252)).every((code) => code === -1)).toBe(true);
  });

  it('leaves incomplete rows unlabelled and keeps the regime over them', () => {
    const { table } = tableOf(400, [-1, 0, 1], 5);
    table.z.btc_dominance[300] = Number.NaN;
    const { rawLabel, regime, fits } = unsupervisedRegimes(table, { ...base, method: 'kmeans' });
    expect(rawLabel[300]).toBe(-1);
    expect(regime[300]).toBe(regime[299]);
    expect(fits[0]!.row).toBe(252);
  });

  it('switches on the third row of a new label', () => {
    const { table } = tableOf(420, [-1, 1], 6);
    const { rawLabel, regime } = unsupervisedRegimes(table, { ...base, method: 'kmeans' });
    for (let row = 1; row < regime.length; row += 1) {
      if (regime[row] === regime[row - 1]) continue;
      expect([...rawLabel.subarray(row - 2, row + 1)]).toEqual(Array(3).fill(regime[row]));
    }
    expect(new Set(regime).size).toBeGreaterThan(1);
  });

  it('goes without a label where a fit fails, and says so', () => {
    const { table } = tableOf(330, [0], 7);
    for (const name of ['alt_breadth_pct_up', 'btc_dominance', 'funding_skew'] as const)
      table.z[name].fill(1);
    const { rawLabel, warnings } = unsupervisedRegimes(table, { ...base, method: 'hmm' });
    expect(warnings.length + rawLabel.filter((code) => code >= 0).length).toBeGreaterThan(0);
    expect(rawLabel.every((code) => code >= -1)).toBe(true);
  });

  it('refuses a number of states without names, and features that do not exist', () => {
    const { table } = tableOf(300, [0, 1], 8);
    expect(() => unsupervisedRegimes(table, { ...base, states: 4 })).toThrow(/4 unsupervised states/);
    expect(() => unsupervisedRegimes(table, { ...base, features: ['nonsense'] })).toThrow(
      /no feature nonsense/,
    );
  });
});
