import { describe, expect, it } from 'vitest';
import { checkFetch, FIRST_FETCH, fetchRequest } from './fetch-request.js';

const TODAY = '2026-01-10';
const form = { ...FIRST_FETCH, market: 'BTC/USDT' };

describe('the form that asks for history', () => {
  it('asks for what is new of a market', () => {
    expect(checkFetch(form, TODAY)).toEqual({});
    expect(fetchRequest(form)).toEqual({
      exchange: 'binance',
      symbol: 'BTC/USDT',
      timeframe: '1m',
      options: { full_history: false },
    });
  });

  it.each(['', ' ', 'BTC USDT', 'BTC/USDT/PERP', '../etc'])('refuses the market "%s"', (market) => {
    expect(checkFetch({ ...form, market }, TODAY).market).toBe('A market such as BTC/USDT.');
    expect(checkFetch({ ...form, market, venue: 'hyperliquid' }, TODAY).market).toMatch(/HYPE/);
  });

  it('wants the days of a range in order, and sends them only then', () => {
    const range = { ...form, span: 'range' as const, from: '2025-03-01', to: '2025-04-01' };
    expect(checkFetch(range, TODAY)).toEqual({});
    expect(fetchRequest(range)).toMatchObject({ start_timestamp: '2025-03-01', end_timestamp: '2025-04-01' });
    expect(fetchRequest({ ...range, span: 'all' })).not.toHaveProperty('start_timestamp');
    expect(fetchRequest({ ...range, to: '' })).not.toHaveProperty('end_timestamp');
    expect(checkFetch({ ...range, from: '' }, TODAY).from).toBe('The first day.');
    expect(checkFetch({ ...range, from: TODAY }, TODAY).from).toBe('Before today.');
    expect(checkFetch({ ...range, to: '2025-03-01' }, TODAY).to).toBe('After the start.');
    expect(checkFetch({ ...range, span: 'new', from: '', to: '' }, TODAY)).toEqual({});
  });
});
