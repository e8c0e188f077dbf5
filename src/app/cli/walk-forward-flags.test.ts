import { describe, expect, it } from 'vitest';
import {
  decodingRule,
  familyOf,
  limitsOf,
  type ScheduleFlags,
  schedule,
  statesOf,
} from './walk-forward-flags.js';

const usual: ScheduleFlags = {
  window: 'expanding',
  restarts: '10',
  rule: 'long_short',
  costBps: '10',
  draws: '1000',
};
const refused = (code = 'bad_parameter') => expect.objectContaining({ code, hint: expect.any(String) });

describe('walk-forward flags', () => {
  it('states are a number, a range or left to each refit', () => {
    expect([statesOf('3'), statesOf('2-4'), statesOf('auto')]).toEqual([
      3,
      { min: 2, max: 4 },
      { min: 1, max: 5 },
    ]);
    for (const typed of ['0', '13', '4-2', '2-', 'three']) expect(() => statesOf(typed)).toThrow(refused());
  });

  it.each([
    ['1d', 750, 21],
    ['4h', 2_190, 126],
    ['1h', 8_760, 504],
    ['1m', 10_000, 2_000],
  ] as const)(
    'a schedule of %s bars is about a year and 21 days, within bounds',
    (timeframe, train, refit) => {
      expect(schedule(usual, timeframe)).toEqual({ window: 'expanding', train, refit });
    },
  );

  it('a schedule takes what is typed', () => {
    expect(schedule({ ...usual, window: 'rolling', train: '400', refit: '7' }, '1d')).toEqual({
      window: 'rolling',
      train: 400,
      refit: 7,
    });
    expect(() => schedule({ ...usual, window: 'sliding' }, '1d')).toThrow(refused());
    expect(() => schedule({ ...usual, train: '100' }, '1d')).toThrow(refused());
  });

  it('decoding rules are probabilities and bars', () => {
    expect(decodingRule({})).toEqual({});
    expect(decodingRule({ hysteresis: '0.65,0.45', dwell: '5' })).toEqual({
      hysteresis: { enter: 0.65, leave: 0.45 },
      minimumDwell: 5,
    });
    expect(decodingRule({ threshold: '0.6' })).toEqual({ threshold: 0.6 });
    for (const flags of [
      { threshold: 'high' },
      { threshold: '1.5' },
      { threshold: '' },
      { hysteresis: '0.6' },
      { hysteresis: '0.6,0.5,0.4' },
      { dwell: '0' },
    ]) {
      expect(() => decodingRule(flags)).toThrow(refused());
    }
  });

  it('only causal families walk forward', () => {
    expect(familyOf('hmm')).toBe('hmm');
    expect(() => familyOf('oracle')).toThrow(refused());
  });

  it('limits are workers and megabytes', () => {
    expect(limitsOf({ ...usual, workers: '3', memory: '500' })).toEqual({ workers: 3, memoryLimit: 5e8 });
    expect(limitsOf(usual).workers).toBeGreaterThan(0);
    expect(() => limitsOf({ ...usual, workers: '0' })).toThrow(refused());
  });
});
