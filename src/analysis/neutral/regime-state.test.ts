import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_NEUTRAL_REGIME } from './neutral-settings.js';
import { NEUTRAL_REGIMES, type NeutralRegime, regimePath, staticRegime } from './regime-state.js';

const rule = DEFAULT_NEUTRAL_REGIME.composite;
const names = (scores: readonly number[], regimes: 3 | 5 = 5): NeutralRegime[] =>
  Array.from(regimePath(Float64Array.from(scores), rule, regimes), (code) => NEUTRAL_REGIMES[code]!);

describe('regimes with hysteresis', () => {
  it.each<[string, readonly number[], readonly NeutralRegime[]]>([
    ['a threshold itself is not beyond it', [0.5, -0.5], ['BALANCED', 'BALANCED']],
    ['a missing score is a score of 0', [2, Number.NaN], ['STRONG_RISK_ON_MAJORS', 'BALANCED']],
    // young: left below 0.5 − 0.45; from the third row on below 0.5 − 0.3
    [
      'a young regime is left later',
      [0.6, 0.06, 0.19],
      ['WEAK_RISK_ON_MAJORS', 'WEAK_RISK_ON_MAJORS', 'WEAK_RISK_ON_MAJORS'],
    ],
    [
      'an old one sooner',
      [0.6, 0.6, 0.6, 0.19],
      ['WEAK_RISK_ON_MAJORS', 'WEAK_RISK_ON_MAJORS', 'WEAK_RISK_ON_MAJORS', 'BALANCED'],
    ],
    ['weak becomes strong without a band', [0.6, 1.51], ['WEAK_RISK_ON_MAJORS', 'STRONG_RISK_ON_MAJORS']],
    ['strong alts fall back to weak ones', [-2, -1.01], ['STRONG_RISK_ON_ALTS', 'WEAK_RISK_ON_ALTS']],
    ['and can jump to the other side', [-2, 1.6], ['STRONG_RISK_ON_ALTS', 'STRONG_RISK_ON_MAJORS']],
    ['weak alts can become strong', [-0.6, -1.6], ['WEAK_RISK_ON_ALTS', 'STRONG_RISK_ON_ALTS']],
    ['strong majors can fall to alts', [1.6, -0.6], ['STRONG_RISK_ON_MAJORS', 'WEAK_RISK_ON_ALTS']],
  ])('%s', (_, scores, expected) => {
    expect(names(scores)).toEqual(expected);
  });

  it('has three regimes when three are asked for', () => {
    expect(names([-2, 0.4, 2, 0.3, -0.6], 3)).toEqual([
      'RISK_ON_ALTS',
      'BALANCED',
      'RISK_ON_MAJORS',
      'RISK_ON_MAJORS',
      'RISK_ON_ALTS',
    ]);
  });

  it('is the static map without bands, and never looks ahead', () => {
    const scores = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(scores, fc.constantFrom(3 as const, 5 as const), fc.nat(), (values, regimes, cut) => {
        const free = { ...rule, hysteresis: { lowBand: 0, highBand: 0, minRegimeDuration: 3 } };
        const score = Float64Array.from(values);
        // a score exactly on a threshold keeps a regime that it would not enter
        const isOff = values.every((value) => ![-1.5, -0.5, 0.5, 1.5].includes(value));
        if (isOff) {
          expect(Array.from(regimePath(score, free, regimes))).toEqual(
            values.map((value) => staticRegime(value, free, regimes)),
          );
        }
        const rows = cut % (values.length + 1);
        expect(regimePath(score.slice(0, rows), rule, regimes)).toEqual(
          regimePath(score, rule, regimes).slice(0, rows),
        );
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});
