import { describe, expect, it } from 'vitest';
import { knownRows, knownRuns } from './known-runs.js';
import { postureQuestion, readOverrides, withOverride, writeOverrides } from './posture-question.js';
import { temperOf, verdictOf } from './posture-words.js';

describe('the question of the page', () => {
  it('is a big token on 1h over 30 days when the address says nothing, or nonsense', () => {
    const usual = { bucket: 'big', timeframe: '1h', days: '30', overrides: [] };
    expect(postureQuestion(new URLSearchParams(''))).toEqual(usual);
    expect(postureQuestion(new URLSearchParams('bucket=huge&order=2h&days=-1&if=BTC:2h:S9'))).toEqual(usual);
  });

  it('keeps what-ifs in the address, one per channel', () => {
    const read = readOverrides('BTC:1h:S0,USDT.d:1d:none,BTC:1h:S3,x,ALT:1m');
    expect(read).toEqual([
      { driver: 'BTC', timeframe: '1h', state: 'S3' },
      { driver: 'USDT.d', timeframe: '1d', state: null },
    ]);
    expect(writeOverrides(read)).toBe('BTC:1h:S3,USDT.d:1d:none');
    const without = withOverride(read, { driver: 'BTC', timeframe: '1h' }, undefined);
    expect(writeOverrides(without)).toBe('USDT.d:1d:none');
    expect(
      writeOverrides(withOverride(without, { driver: 'USDT.d', timeframe: '1d' }, undefined)),
    ).toBeUndefined();
  });
});

describe('the words of A and E', () => {
  it.each([
    [0.8, 0.5, 'Risk-on'],
    [0.6, 0.5, 'Leaning risk-on'],
    [0.55, 0.5, 'Neutral'],
    [0.368, 0.623, 'Leaning risk-off'],
    [0.1, 0.9, 'Risk-off'],
  ])('%s and %s lean %s', (a, e, words) => expect(verdictOf(a, e)).toBe(words));

  it('take the lower bounds in', () => {
    expect([0.7, 0.69, 0.3, 0.29].map(temperOf)).toEqual(['aggressive', 'normal', 'normal', 'patient']);
  });
});

describe('the states over the past', () => {
  const HOUR = 3_600_000;
  const runs = [
    { from: 0, state: 'S0' },
    { from: 3 * HOUR, state: 'S3' },
    { from: 5 * HOUR, state: 'S2' },
  ];

  it('begin at the close of the first bar in them: earlier nobody knew', () => {
    expect(knownRuns(runs, '1h', 2 * HOUR, 10 * HOUR)).toEqual([
      { from: 2 * HOUR, to: 4 * HOUR, state: 0 },
      { from: 4 * HOUR, to: 6 * HOUR, state: 3 },
      { from: 6 * HOUR, to: 10 * HOUR, state: 2 },
    ]);
    expect(knownRuns(runs, '1d', 0, 28 * HOUR).map(({ from }) => from / HOUR)).toEqual([24, 27]);
  });

  it('are bands over the rows that were read in them, the newest in the last', () => {
    const moments = [2, 3, 4, 5, 6, 7].map((hour) => hour * HOUR);
    expect(knownRows(knownRuns(runs, '1h', moments[0]!, moments.at(-1)!), moments)).toEqual([
      { from: 0, to: 1, state: 0 },
      { from: 2, to: 3, state: 3 },
      { from: 4, to: 5, state: 2 },
    ]);
    expect(knownRows([], moments)).toEqual([]);
  });
});
