import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelColour, labelStates, labelVolatility, returnOrder } from './labels.js';

const states = (...returns: (number | null)[]) => returns.map((averageReturn) => ({ averageReturn }));

describe('labels', () => {
  it('name six and more states with numbered chops', () => {
    expect(labelStates(states(1, 2, 3, 4, 5, 6, 7))).toEqual([
      'Strong Bear',
      'Bear',
      'Chop 1',
      'Chop 2',
      'Chop 3',
      'Bull',
      'Strong Bull',
    ]);
  });

  it('follow the order of returns, whatever the order of states', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 12 }),
        (returns) => {
          const labels = labelStates(states(...returns));
          const sorted = [...returns].sort((a, b) => a - b);
          const expected = labelStates(states(...sorted));
          returns.forEach((value, state) => {
            expect(labels[state]).toBe(expected[sorted.indexOf(value)]);
          });
          expect(new Set(labels).size).toBe(returns.length);
        },
      ),
    );
  });

  it('leave states without bars out of the order', () => {
    expect(labelStates(states(0.2, null, -0.1))).toEqual(['Bull', 'Unobserved', 'Bear']);
    expect(labelStates(states(null, null))).toEqual(['Unobserved', 'Unobserved']);
    expect(returnOrder(states(0.2, null, -0.1))).toEqual([2, 0]);
  });

  it('break ties by index', () => {
    expect(labelStates(states(1, 1, -1))).toEqual(['Chop', 'Bull', 'Bear']);
  });

  it('believe a sign only with |t| of at least 2, when told to', () => {
    const evidence = [
      { averageReturn: -0.01, tStatistic: -2.5 },
      { averageReturn: 0.0005, tStatistic: 0.4 },
      { averageReturn: 0.003, tStatistic: 1.9 },
    ];
    expect(labelStates(evidence, { signAware: true })).toEqual(['Bear', 'Chop', 'Chop']);
    expect(labelStates(evidence)).toEqual(['Bear', 'Chop', 'Bull']);
    const rising = [
      { averageReturn: 0.001, tStatistic: 3 },
      { averageReturn: 0.002, tStatistic: 3 },
    ];
    expect(labelStates(rising, { signAware: true })).toEqual(['Chop', 'Bull']);
    expect(
      labelStates([{ averageReturn: 1, tStatistic: null }, { averageReturn: 2 }], { signAware: true }),
    ).toEqual(['Chop', 'Chop']);
  });

  it('rank volatility beside the return', () => {
    expect(labelVolatility([0.3, 0.1, 0.2, 0.25])).toEqual(['High', 'Low', 'Mid', 'Mid']);
    expect(labelVolatility([0.3])).toEqual(['Mid']);
    expect(labelVolatility([0.3, null, 0.2])).toEqual(['High', 'Unobserved', 'Low']);
  });

  it('have one colour each; further chops take turns, anything else is white', () => {
    expect(['Strong Bull', 'Bull', 'Chop', 'Chop 1', 'Chop 2'].map(labelColour)).toEqual([
      '#00ff99',
      '#00cc66',
      '#808080',
      '#5c7a99',
      '#556b2f',
    ]);
    expect(['Chop 3', 'Chop 4', 'Chop 5'].map(labelColour)).toEqual(['#7a6a99', '#8a7f5c', '#7a6a99']);
    expect(['Unobserved', 'constructor', 'Chop 0', 'bull'].map(labelColour)).toEqual(
      new Array<string>(4).fill('#ffffff'),
    );
  });
});
