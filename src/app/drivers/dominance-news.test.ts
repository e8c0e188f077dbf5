import { describe, expect, it } from 'vitest';
import { dominanceNews } from './dominance-news.js';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 2, 12);

/** Asked every five minutes up to `asked` minutes ago; the provider's time is `behind` minutes before each asking. */
function sampled(value: (minutesAgo: number) => number, { asked = 0, behind = 0 } = {}) {
  return Array.from({ length: 100 }, (_, at) => asked + 5 * (99 - at)).map((ago) => ({
    ts: NOW - ago * MINUTE,
    value: value(ago),
    provider_updated_at: NOW - (ago + behind) * MINUTE,
  }));
}
const renewed = (ago: number): number => 50 + Math.floor(ago / 10) / 7;
const newsOf = (btc: ReturnType<typeof sampled>, usdt = btc) =>
  dominanceNews(
    new Map([
      ['BTC.d', btc],
      ['USDT.d', usdt],
    ]),
    NOW,
  );

describe('dominance that stands still', () => {
  it('is none while shares change every ten minutes', () => {
    expect(newsOf(sampled(renewed))).toMatchObject({ unchangedMs: 5 * MINUTE, still: null });
  });

  it('is a provider that has not answered, one that renews nothing, and one that only says so', () => {
    const messages = [
      newsOf(sampled(renewed, { asked: 41 })),
      newsOf(sampled(renewed, { behind: 45 })),
      newsOf(
        sampled(renewed),
        sampled((ago) => (ago > 150 ? renewed(ago) : 5.25)),
      ),
    ].map(({ still }) => still?.message);
    expect(messages).toEqual([
      'no sample of dominance has come for 41 min: its provider was not asked, or has not answered',
      'the provider of dominance last renewed its numbers 45 min ago',
      'the provider of dominance says that its numbers are new, and USDT.d has been 5.25 for 2 h',
    ]);
  });

  it('begins after thirty minutes, and lasts since the share was first said', () => {
    const since = (minutes: number) => newsOf(sampled((ago) => (ago > minutes ? renewed(ago) : 60)));
    expect(since(30).still).toBeNull();
    expect(since(35).still?.ms).toBe(35 * MINUTE);
    expect(newsOf(sampled(() => 60)).unchangedMs).toBe(495 * MINUTE);
  });

  it('is not known without a sample, and of one driver alone where the other has none', () => {
    expect(newsOf([])).toEqual({ providerUpdatedAt: null, sampledAt: null, unchangedMs: null, still: null });
    expect(newsOf(sampled(renewed), []).unchangedMs).toBe(5 * MINUTE);
  });
});
