/** A venue that does not answer: it is said once per pause, why and until when. */
import { expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { RateBudget } from './rate-budget.js';
import { SkippingTimer } from './timer.fixture.js';
import { VenueHttp } from './venue-http.js';

it('tells why it waits while the network is away', async () => {
  const timer = new SkippingTimer(0);
  const budget = new RateBudget('binanceusdm', { default: { weight: 1000, perMs: 60_000 } }, timer);
  const told: string[] = [];
  budget.onBlocked(({ venue, reason, until }) => told.push(`${venue}: ${reason}, ${until > timer.now()}`));
  const http = new VenueHttp({
    venue: 'binanceusdm',
    budget,
    timer,
    random: new Random(1),
    exchange: () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ENETUNREACH') })),
    timeoutMs: 1_000,
    tries: 5,
    backoffMs: 1_000,
    longestWaitMs: 60_000,
  });
  await expect(
    http.ask({ url: 'http://nowhere', method: 'GET' }, { weight: 1 }, () => 0),
  ).rejects.toMatchObject({ code: 'venue_unavailable' });
  // pauses of 1, 2, 4 and 8 s, of which the first is no news
  expect(told.length).toBeGreaterThanOrEqual(2);
  expect(new Set(told)).toEqual(new Set(['binanceusdm: no answer: ENETUNREACH, true']));
});
