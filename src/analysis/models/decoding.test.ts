import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodingRule, decodeFiltered, RegimeDecoder, UNDECIDED } from './decoding.js';
import type { Json } from './regime-model.js';

/** Two states; the probability of the second one on each bar. */
function filtered(...second: number[]) {
  return {
    lookahead: false as const,
    states: 2,
    rows: second.length,
    probability: Float64Array.from(second.flatMap((p) => [1 - p, p])),
  };
}

const decode = (rule: DecodingRule, ...second: number[]): number[] => [
  ...decodeFiltered(filtered(...second), rule).regime,
];

describe('decoding of filtered probabilities', () => {
  it('takes the most probable state without a rule, the lowest on ties', () => {
    expect(decode({}, 0.5, 0.51, 0.5, 0.2)).toEqual([0, 1, 0, 0]);
  });

  it('changes only above the threshold', () => {
    expect(decode({ threshold: 0.6 }, 0.3, 0.55, 0.6, 0.61, 0.45, 0.4, 0.39)).toEqual([0, 0, 0, 1, 1, 1, 0]);
    expect(decode({ threshold: 0.6 }, 0.55)).toEqual([1]);
  });

  it('keeps a regime for the minimum dwell, then follows at once', () => {
    expect(decode({ minimumDwell: 3 }, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9)).toEqual([1, 1, 1, 0, 0, 0, 1]);
  });

  it('enters above one bound, leaves below another, and is undecided in between', () => {
    const hysteresis = { enter: 0.65, leave: 0.45 };
    expect(decode({ hysteresis }, 0.5, 0.6, 0.7, 0.5, 0.46, 0.44, 0.36, 0.34, 0.5, 0.9)).toEqual([
      UNDECIDED,
      UNDECIDED,
      1,
      1,
      1,
      UNDECIDED,
      UNDECIDED,
      0,
      0,
      1,
    ]);
  });

  it('starts afresh after missing bars', () => {
    const { regime, report } = decodeFiltered(filtered(0.9, 0.9, 0.4, 0.4), { threshold: 0.7 }, [2, 2]);
    expect([...regime]).toEqual([1, 1, 0, 0]);
    expect(report.changes).toBe(0);
  });

  it('reports changes saved and delay added', () => {
    // The second state leads from bar 2 on and passes the threshold on bar 4; the flicker on bar 6 is not followed.
    const { report } = decodeFiltered(filtered(0.1, 0.1, 0.55, 0.58, 0.7, 0.9, 0.45, 0.9, 0.9, 0.9), {
      threshold: 0.6,
    });
    expect(report).toEqual({
      changes: 1,
      changesPer1000Bars: 100,
      plainChangesPer1000Bars: 300,
      meanDelayBars: 2,
      maximumDelayBars: 2,
      undecidedShare: 0,
    });
    expect(decodeFiltered(filtered(), {}).report.changesPer1000Bars).toBe(0);
  });

  const bars = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 80 });
  const rules = fc.record(
    {
      threshold: fc.constantFrom(0.4, 0.6, 0.8),
      minimumDwell: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: [] },
  );
  const distribution = (weights: readonly number[]): Float64Array => {
    const sum = weights.reduce((a, b) => a + b + 0.1, 0);
    return Float64Array.from(weights, (w) => (w + 0.1) / sum);
  };

  it('gives bar by bar, over any restart, what it gives in one go; and never looks ahead', () => {
    fc.assert(
      fc.property(bars, rules, fc.nat(), (weights, rule, stop) => {
        const probability = weights.map(distribution);
        const batch = decodeFiltered(
          {
            lookahead: false,
            states: 3,
            rows: probability.length,
            probability: Float64Array.from(probability.flatMap((p) => [...p])),
          },
          rule,
        ).regime;
        let decoder = new RegimeDecoder(rule);
        probability.forEach((p, row) => {
          if (row === stop % probability.length) {
            decoder = new RegimeDecoder(rule, JSON.parse(JSON.stringify(decoder.snapshot())) as Json);
          }
          expect(decoder.next(p)).toBe(batch[row]);
        });
      }),
    );
  });

  it('never changes more often than the dwell allows', () => {
    fc.assert(
      fc.property(bars, fc.integer({ min: 1, max: 8 }), (weights, minimumDwell) => {
        const decoder = new RegimeDecoder({ minimumDwell });
        const path = weights.map((w) => decoder.next(distribution(w)));
        let entered = 0;
        path.forEach((regime, row) => {
          if (row === 0 || regime === path[row - 1]) return;
          expect(row - entered).toBeGreaterThanOrEqual(minimumDwell);
          entered = row;
        });
      }),
    );
  });

  it.each<[string, DecodingRule]>([
    ['a threshold of 1', { threshold: 1 }],
    ['a negative threshold', { threshold: -0.1 }],
    ['leave above enter', { hysteresis: { enter: 0.4, leave: 0.6 } }],
    ['both', { threshold: 0.6, hysteresis: { enter: 0.65, leave: 0.45 } }],
    ['no dwell', { minimumDwell: 0 }],
    ['half a bar', { minimumDwell: 1.5 }],
  ])('refuses %s', (_, rule) => {
    expect(() => new RegimeDecoder(rule)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });

  it('refuses a snapshot of something else', () => {
    expect(() => new RegimeDecoder({}, { kind: 'other' })).toThrow(/snapshot/);
  });
});
