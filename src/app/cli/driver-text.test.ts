import { describe, expect, it } from 'vitest';
import type { DriverCell, DriversHealth, PostureAnswer, VerifyAnswer } from '../drivers/driver-answers.js';
import { coverageWord, healthText, leversText, verifyText } from './driver-text.js';
import type { Style } from './output.js';

const plainStyle: Style = { unicode: true, color: false };

const channel = {
  driver: 'BTC',
  timeframe: '1m',
  status: 'stale',
  state: 'S0',
  bar_ts: 0,
  raw_delta_a: 0,
  raw_delta_e: 0,
  weight: 0.015,
  delta_a: 0,
  delta_e: 0,
} as const;
const answer = {
  bucket_driver: 'nano',
  bucket_defaulted: false,
  timeframe: '1h',
  a: 0.533,
  e: 0.6425,
  regime_delta_a: 0.033,
  regime_delta_e: 0.1425,
  bucket_multiplier: 1,
  bucket_rank: null,
  coverage: 0.9961,
  channels_live: 14,
  degraded: false,
  channels: [channel],
} as unknown as PostureAnswer;
const cell = { driver: 'BTC', timeframe: '1m', reason: 'the newest bar closed 9 min ago' } as DriverCell;

describe('A and E in words', () => {
  it('are those of the worked example of the specification', () => {
    expect(leversText(answer, null, plainStyle)).toBe(
      'Regime A/E for bucket=nano, exec_tf=1h\nA (Aggressiveness): 0.533\nE (Exitness): 0.643',
    );
  });

  it('come with the reason of each channel that does not count, and of a multiplier that is none', () => {
    const explained = leversText(answer, [cell], plainStyle);
    expect(explained).toMatch(/^BTC +1m +S0 +stale +\+0\.0150 +the newest bar closed 9 min ago$/m);
    expect(explained).toContain('Bucket multiplier: 1.00, because no strength of this bucket is known');
    expect(explained).toContain('Coverage: 99.6%, 14 of 15 channels live');
    const ranked = { ...answer, bucket_rank: 2, bucket_multiplier: 1.06 };
    expect(leversText(ranked, [], plainStyle)).toContain('Bucket multiplier: 1.06, rank 2');
  });

  it('never call the weight whole that is not', () => {
    expect([1, 0.99999, 0.5, 0].map(coverageWord)).toEqual(['100%', '99.9%', '50.0%', '0.0%']);
  });
});

describe('checks in words', () => {
  it('name cells that are filled and too old', () => {
    const late = { driver: 'ALT', timeframe: '1h', status: 'late', reason: 'fewer than 3 coins' } as const;
    const words = verifyText(
      {
        bars: [],
        records: [],
        posture: [],
        empty: [],
        late: [late],
        passed: true,
      } as unknown as VerifyAnswer,
      plainStyle,
    );
    expect(words).toContain('late  ALT 1h: fewer than 3 coins');
    expect(words).toContain('24 of 24 cells are filled; BTC and ALT are complete; 1 late or stale');
  });

  it('say when dominance was asked, renewed and other', () => {
    const health = (dominance: object): string =>
      healthText(
        { as_of: 3_600_000, cells: [], alerts: [], status: 'ok', dominance } as unknown as DriversHealth,
        plainStyle,
      );
    expect(health({ sampled_at: 3_540_000, age_ms: 480_000, unchanged_ms: 540_000 })).toContain(
      'Dominance: last sampled 1 min ago, renewed by the provider 8 min ago, both shares have changed within 9 min',
    );
    expect(health({ sampled_at: null })).toContain('no sample of the last day is stored');
  });
});
