import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { ContinuousJumpModel, continuousJumpFamily, descendContinuousJump } from './jump-continuous-model.js';
import { jumpLosses } from './jump-path.js';
import { JumpSimplex } from './jump-simplex.js';
import type { Observations } from './observations.js';

const ROWS = [0, 5, 13, 22, 37, 50, 66, 80, 99, 119];

/** Two slow waves with a fast one on each; the same formula went into the library. */
function waves(): Observations {
  const data = new Float64Array(240);
  for (let t = 0; t < 120; t += 1) {
    data[2 * t] = 2 * Math.sin(t / 7) + 0.5 * Math.cos(3 * t);
    data[2 * t + 1] = Math.sin(t / 11 + 1) + 0.3 * Math.sin(5 * t);
  }
  return { data, rows: 120, features: 2, lengths: [120] };
}

/** jumpmodels 0.1.1, `cont=True`, from the given centres: its E and M steps until its own stop rule. */
const LIBRARY = [
  {
    states: 2,
    penalty: 5.0,
    gridStep: 0.05,
    start: [1, 0, -1, 0.5],
    history: [90.99924803357025, 79.03917511403496, 78.91162259138106, 78.90962835610169],
    centres: [1.260432421036572, 0.022597639714272724, -1.2570032509752278, -0.07423847660283585],
    smoothed: [
      [1.0, 0.0],
      [1.0, 0.0],
      [1.0, 0.0],
      [0.6, 0.4],
      [0.0, 1.0],
      [1.0, 0.0],
      [0.6, 0.4],
      [0.0, 1.0],
      [1.0, 0.0],
      [0.0, 1.0],
    ],
    filtered: [
      [1.0, 0.0],
      [1.0, 0.0],
      [1.0, 0.0],
      [0.85, 0.15],
      [0.0, 1.0],
      [1.0, 0.0],
      [0.9, 0.1],
      [0.0, 1.0],
      [1.0, 0.0],
      [0.0, 1.0],
    ],
  },
  {
    states: 3,
    penalty: 3.0,
    gridStep: 0.05,
    start: [1.5, 0, 0, 0.5, -1.5, 0],
    history: [
      74.35573695059567, 72.72306121498745, 72.58574620892475, 72.57448270091496, 72.57176460545374,
      72.54344382569496, 72.51313942892867, 72.49233896951631, 72.47902761572205, 72.47505903163383,
      72.47406589718088, 72.47351907362682, 72.47269450828436,
    ],
    centres: [
      1.5292169842994452, -0.17869767015142773, 0.3743784231423654, 0.5551011721818782, -1.3795867099974213,
      -0.17259685164986088,
    ],
    smoothed: [
      [0.0, 1.0, 0.0],
      [0.25, 0.75, 0.0],
      [1.0, 0.0, 0.0],
      [0.0, 1.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 1.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
    ],
    filtered: [
      [0.0, 1.0, 0.0],
      [0.0, 1.0, 0.0],
      [1.0, 0.0, 0.0],
      [0.0, 1.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 1.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
    ],
  },
  {
    states: 3,
    penalty: 20.0,
    gridStep: 0.1,
    start: [1.5, 0, 0, 0.5, -1.5, 0],
    history: [105.10132013601601, 101.00735366212518, 100.99176570080245, 100.9889224838709],
    centres: [
      1.2614050613278622,
      0.03503422083706251,
      Number.NaN,
      Number.NaN,
      -1.2095003966755107,
      -0.08741353107123967,
    ],
    smoothed: [
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [0.4, 0.0, 0.6],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.5, 0.0, 0.5],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
    ],
    filtered: [
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
      [1.0, 0.0, 0.0],
      [0.0, 0.0, 1.0],
    ],
  },
];

describe('continuous jump model', () => {
  it.each(LIBRARY)('agrees with jumpmodels at $states states, penalty $penalty', (golden) => {
    const rows = waves();
    const { states } = golden;
    const simplex = new JumpSimplex(states, golden.penalty, golden.gridStep);
    const fit = descendContinuousJump(rows, Float64Array.from(golden.start), simplex);
    expect(fit.history.length).toBe(golden.history.length);
    golden.history.forEach((value, i) => {
      expect(fit.history[i]).toBeCloseTo(value, 9);
    });
    golden.centres.forEach((value, i) => {
      if (Number.isNaN(value)) expect(fit.centres[i]).toBeNaN();
      else expect(fit.centres[i]).toBeCloseTo(value, 9);
    });
    const chain = new Float64Array(states * states).fill(1 / states);
    const model = new ContinuousJumpModel(fit.centres, chain, simplex);
    const filtered = model.filter(rows).probability;
    const smoothed = model.smooth(rows).probability;
    ROWS.forEach((row, i) => {
      expect([...filtered.subarray(row * states, row * states + states)]).toEqual(golden.filtered[i]);
      expect([...smoothed.subarray(row * states, row * states + states)]).toEqual(golden.smoothed[i]);
    });
  });

  it('searches as well as all pairs would', () => {
    const random = new Random(5);
    const simplex = new JumpSimplex(3, 7, 0.1);
    const { points, count } = simplex;
    const half = (p: number, q: number): number =>
      [0, 1, 2].reduce((sum, k) => sum + Math.abs(points[p * 3 + k]! - points[q * 3 + k]!), 0) / 2;
    const move = (p: number, q: number): number => 7 * half(p, q) ** 2;
    const all = Array.from({ length: count }, (_, i) => i);
    const mode = all.map((p) => Math.log(all.reduce((sum, q) => sum + Math.exp(-move(p, q)), 0)));
    const values = Float64Array.from({ length: count }, () => 10 * random.uniform());
    const next = new Float64Array(count);
    simplex.advance(values, next);
    for (const q of all) {
      const expected = Math.min(...all.map((p) => values[p]! + mode[p]! - mode[0]! + move(p, q)));
      expect(next[q]).toBeCloseTo(expected, 10);
    }
  });

  it('is the discrete model when the grid holds only certain states', () => {
    const rows = waves();
    const { model, report } = continuousJumpFamily.fit(rows, { states: 2, jumpPenalty: 5, gridStep: 1 });
    const { centres } = model as ContinuousJumpModel;
    const losses = jumpLosses(rows, centres);
    expect(report.probability.every((p) => p === 0 || p === 1)).toBe(true);
    const paid = model.decode(rows).path.reduce((sum, state, row, path) => {
      const jumped = row > 0 && state !== path[row - 1] ? 5 : 0;
      return sum + losses[row * 2 + state]! + jumped;
    }, 0);
    expect(report.objective).toBeCloseTo(paid, 9);
  });

  it('refuses a grid that is too fine for its states, or no grid', () => {
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => new JumpSimplex(5, 50, 0.05)).toThrow(refused);
    expect(() => new JumpSimplex(3, 50, 0.3)).toThrow(refused);
  });
});
