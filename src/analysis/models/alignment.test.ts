import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlignableStates, alignStates, firstIdentities, weighStates } from './alignment.js';

/** States over one feature with deviation 1. */
function line(...means: number[]): AlignableStates {
  return {
    states: means.length,
    features: 1,
    means: Float64Array.from(means),
    deviations: new Float64Array(means.length).fill(1),
    shares: new Float64Array(means.length).fill(1 / means.length),
  };
}

const ALL = ['Bear', 'Chop', 'Bull'];
const old = firstIdentities(line(-1, 0, 1), ALL);

describe('alignment of states across refits', () => {
  it('undoes any permutation of the states, whatever the units of the features', () => {
    const permutation = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    const unit = fc.tuple(fc.constantFrom(1e-4, 1, 500), fc.constantFrom(1e-4, 1, 500));
    const offset = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(permutation, unit, offset, (order, units, offsets) => {
        const states = (means: number[]): AlignableStates => ({
          states: 4,
          features: 2,
          means: Float64Array.from(means, (value, i) => value * units[i % 2]!),
          deviations: Float64Array.from({ length: 8 }, (_, i) => units[i % 2]!),
          shares: new Float64Array(4).fill(0.25),
        });
        const before = [0, 0, 10, 0, 0, 10, 10, 10];
        const moved = before.map((value, i) => value + offsets[i]!);
        const next = states(order.flatMap((i) => [moved[2 * i]!, moved[2 * i + 1]!]));
        const labels = ['a', 'b', 'c', 'd'];
        const first = firstIdentities(states(before), labels);
        const result = alignStates(first, { ...next, labels: order.map((i) => labels[i]!) });
        expect(result.identities).toEqual(order);
        expect(result.breaks).toEqual([]);
        expect([...result.carry([0.1, 0.2, 0.3, 0.4])]).toEqual(order.map((i) => (i + 1) / 10));
      }),
    );
  });

  it('gives a state that continues nothing an identity never used before', () => {
    const next = { ...line(1, 0.2, -1, 9), labels: ['Bull', 'Chop', 'Bear', 'Strong Bull'] };
    const result = alignStates(old, next, { nextIdentity: 7 });
    expect(result.identities).toEqual([2, 1, 0, 7]);
    expect(result.nextIdentity).toBe(8);
    expect([...result.oldStateOfNew]).toEqual([2, 1, 0, -1]);
    expect(result.costOfNew[3]).toBeNaN();
    expect(result.cost).toBeCloseTo(0.04, 12);
  });

  it('ends an identity when there are fewer states, and gives its probability to the nearest one', () => {
    const result = alignStates(old, { ...line(0.9, -1), labels: ['Bull', 'Bear'] });
    expect(result.identities).toEqual([2, 0]);
    expect(result.ended).toEqual([1]);
    // Chop (mean 0) is nearer to 0.9 than to −1.
    expect([...result.carry([0.2, 0.5, 0.3])]).toEqual([0.8, 0.2]);
  });

  it('reports a break when a match is far, when a label changed, or both', () => {
    const next = { ...line(-1.5, 0, 4), labels: ['Strong Bear', 'Chop', 'Bull'] };
    const { breaks } = alignStates(old, next, { scale: Float64Array.of(1) });
    expect(breaks).toEqual([
      { identity: 0, cause: 'label', cost: 0.25, oldLabel: 'Bear', newLabel: 'Strong Bear' },
      { identity: 2, cause: 'cost', cost: 9, oldLabel: 'Bull', newLabel: 'Bull' },
    ]);
    const both = alignStates(
      old,
      { ...line(-4, 0, 1), labels: ['Chop', 'Bear', 'Bull'] },
      {
        scale: Float64Array.of(1),
      },
    );
    expect(both.breaks.map(({ cause }) => cause)).toEqual(['cost_and_label', 'label']);
  });

  it('tells states apart by variance alone when asked', () => {
    const calmWild = (a: number, b: number): AlignableStates => ({
      ...line(0, 0),
      deviations: Float64Array.of(a, b),
    });
    const first = firstIdentities(calmWild(1, 5), ['Chop', 'Chop']);
    const swapped = { ...calmWild(5, 1), labels: ['Chop', 'Chop'] };
    expect(alignStates(first, swapped).identities).toEqual([0, 1]);
    expect(alignStates(first, swapped, { compareVariances: true }).identities).toEqual([1, 0]);
  });

  it('matches no state that has no rows', () => {
    const next = { ...line(-1, Number.NaN, 1), labels: ['Bear', 'Unobserved', 'Bull'] };
    const result = alignStates(old, next);
    expect(result.identities).toEqual([0, 3, 2]);
    expect(result.ended).toEqual([1]);
    expect(result.cost).toBe(0);
  });

  it('refuses other features', () => {
    const other = { ...line(1), features: 2, labels: ['Chop'] };
    expect(() => alignStates(old, other)).toThrow(
      expect.objectContaining({ code: 'column_length_mismatch' }),
    );
  });
});

describe('moments of states from probabilities', () => {
  it('weighs rows by their probability; a state without rows has none', () => {
    const rows = { data: Float64Array.of(1, 3, 10), rows: 3, features: 1, lengths: [3] };
    const states = weighStates(rows, [1, 0, 0, 1, 0, 0, 0, 1, 0], 3);
    expect([...states.means]).toEqual([2, 10, Number.NaN]);
    expect([...states.deviations]).toEqual([1, 0, Number.NaN]);
    expect([...states.shares]).toEqual([2 / 3, 1 / 3, 0]);
    const half = weighStates(rows, [0.5, 0.5, 0.5, 0.5, 0, 1], 2);
    expect([...half.means]).toEqual([2, 6]);
  });
});
