import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { jumpModelFamily } from './jump-model.js';
import type { Observations } from './observations.js';
import { fitSparseJump, softThresholdWeights } from './sparse-jump.js';

/** Two slow waves, two features of noise, and a fifth that tells the first wave's sign; the library had the same. */
function waves(): Observations {
  const data: number[] = [];
  for (let t = 0; t < 120; t += 1) {
    const sign = Math.sign(Math.sin(t / 7));
    data.push(2 * Math.sin(t / 7) + 0.5 * Math.cos(3 * t), Math.sin(t / 11 + 1) + 0.3 * Math.sin(5 * t));
    data.push(Math.sin(7.7 * t * t), Math.cos(2.3 * t * t), sign + 0.2 * Math.sin(t * t * 1.3));
  }
  return { data: Float64Array.from(data), rows: 120, features: 5, lengths: [120] };
}

describe('feature weights', () => {
  const gains = Float64Array.of(1, 0.6, 0.3, 0.3, 0.05);

  it.each([
    [1.5, [0.8931369624253949, 0.43257077057535603, 0.08714612668782697, 0.08714612668782697, 0]],
    [1, [1, 0, 0, 0, 0]],
    [
      3,
      [
        0.8051696822284746, 0.48310180933708474, 0.24155090466854237, 0.24155090466854237,
        0.04025848411142373,
      ],
    ],
  ])('agree with jumpmodels at ‖w‖₁ ≤ %d', (kappa, expected) => {
    softThresholdWeights(gains, kappa).forEach((weight, d) => {
      expect(weight).toBeCloseTo(expected[d]!, 6);
    });
  });
});

describe('sparse jump model', () => {
  // jumpmodels 0.1.1, SparseJumpModel, 50 starts.
  it.each([
    [2, 1.5, 3, [0.9828152567890681, 0, 0, 0, 0.5087426019802865], 33.59011623575426, 5],
    [3, 1.2, 2, [0.9974648625665145, 0, 0, 0, 0.31703149908501804], 24.588132809004065, 11],
    [
      3,
      2.5,
      2,
      [
        0.9378011626684338, 0.025225896127688746, 0.04869385854037176, 0.021907088853290593,
        0.6898882989280638,
      ],
      26.05098257578978,
      11,
    ],
  ] as const)(
    'agrees with jumpmodels at %d states, %d features, penalty %d',
    (states, kept, penalty, weights, objective, jumps) => {
      const fit = fitSparseJump(waves(), states, penalty, kept, new Random(1), 20);
      weights.forEach((weight, d) => {
        expect(fit.featureWeights[d]).toBeCloseTo(weight, 5);
      });
      expect(fit.descent.objective).toBeCloseTo(objective, 4);
      const { path } = fit.descent;
      expect(path.filter((state, row) => row > 0 && state !== path[row - 1]).length).toBe(jumps);
    },
  );

  it('weighs noise down in the family too, and says with what', () => {
    const { model, report } = jumpModelFamily.fit(waves(), {
      states: 2,
      jumpPenalty: 3,
      effectiveFeatures: 1.5,
    });
    expect(report.featureWeights[2]! + report.featureWeights[3]!).toBeLessThan(0.2);
    expect(model.decode(waves()).path).toEqual(report.path);
  });

  it('refuses less than one feature', () => {
    expect(() => fitSparseJump(waves(), 2, 3, 0.5, new Random(1))).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    );
  });
});
