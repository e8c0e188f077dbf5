import { describe, expect, it } from 'vitest';
import type { DataJobAnswer } from '../../../src/app/server/api-types.js';
import { downloadWords, rateOf } from './download-words.js';

const job = (change: Partial<DataJobAnswer>): DataJobAnswer => ({
  id: 'a',
  kind: 'data',
  key: 'binance:spot:BTCUSDT 1m',
  status: 'running',
  progress: 0.25,
  measure: { done: 10_000, expected: 40_000, unit: 'bars', blocked: null },
  attempt: 1,
  created_at: 0,
  updated_at: 0,
  started_at: 1_000,
  finished_at: null,
  result: null,
  error: null,
  exchange: 'binance',
  symbol: 'BTCUSDT',
  timeframe: '1m',
  start_ts: null,
  end_ts: null,
  options: { full_history: false },
  ...change,
});

const words = (told: DataJobAnswer, now: number): string =>
  downloadWords(told, now).replaceAll('\u00a0', ' ');

describe('the words of a download', () => {
  it('tell rows, rate and time left', () => {
    expect(rateOf(job({}), 6_000)).toBe(2_000);
    expect(words(job({}), 6_000)).toBe('10,000 of 40,000 bars · 2,000 a second · 15 s left');
    expect(words(job({}), 2_000)).toBe('10,000 of 40,000 bars');
  });

  it('tell what holds it up', () => {
    const measure = {
      done: 5,
      expected: null,
      unit: 'bars',
      blocked: 'binance: banned (418), until 12:00:00 UTC',
    };
    expect(words(job({ measure }), 9_000)).toBe('Held up by binance: banned (418), until 12:00:00 UTC');
  });

  it('tell how it ended, in the words of the server', () => {
    const result = {
      rows: 3_000,
      missing: 2,
      fetched: { rows: 1, absent: 4, warnings: [{ message: 'odd page' }] },
    };
    expect(words(job({ status: 'completed', result }), 0)).toBe(
      '1 bar fetched · 3,000 stored in the range · 2 missing between them · 4 not traded, says the exchange · odd page',
    );
    const error = { code: 'venue_unreachable', message: 'okx does not answer', hint: 'check the network' };
    expect(words(job({ status: 'failed', error }), 0)).toBe('okx does not answer · check the network');
    expect(words(job({ status: 'cancelled' }), 0)).toBe('Stopped. What was fetched is kept.');
  });
});
