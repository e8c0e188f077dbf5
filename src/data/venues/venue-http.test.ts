/** A venue that does not answer: it is said once per pause, why and until when. */
import { getEventListeners } from 'node:events';
import { types } from 'node:util';
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

it('leaves nothing behind on a signal that lives as long as a feed', async () => {
  const timer = new SkippingTimer(0);
  const http = new VenueHttp({
    venue: 'binanceusdm',
    budget: new RateBudget('binanceusdm', { default: { weight: 1000, perMs: 60_000 } }, timer),
    timer,
    random: new Random(1),
    exchange: async (_, { aborted }) => ({
      status: aborted ? 500 : 200,
      header: () => null,
      body: Buffer.from('7'),
    }),
    timeoutMs: 1_000,
    tries: 1,
    backoffMs: 1_000,
    longestWaitMs: 60_000,
  });
  const { signal } = new AbortController();
  for (let call = 0; call < 100; call += 1) {
    const ask = http.ask(
      { url: 'http://venue', method: 'GET' },
      { weight: 1 },
      ({ body }) => String(body),
      signal,
    );
    expect(await ask).toBe('7');
  }
  // signals derived by AbortSignal.any are kept in a set of the signal for good
  const held = Object.getOwnPropertySymbols(signal).map(
    (name) => (signal as unknown as Record<symbol, unknown>)[name],
  );
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(held.flatMap((value) => (types.isSet(value) ? [value.size] : []))).not.toContain(100);
});

it('gives up after the time that it was given, and at once when it is called off', async () => {
  const timer = new SkippingTimer(0);
  const http = new VenueHttp({
    venue: 'binanceusdm',
    budget: new RateBudget('binanceusdm', { default: { weight: 1000, perMs: 60_000 } }, timer),
    timer,
    random: new Random(1),
    exchange: (_, signal) =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    timeoutMs: 20,
    tries: 1,
    backoffMs: 1_000,
    longestWaitMs: 60_000,
  });
  const ask = (signal?: AbortSignal) =>
    http.ask({ url: 'http://venue', method: 'GET' }, { weight: 1 }, () => 0, signal);
  await expect(ask()).rejects.toThrow('no answer within 0.02 s');
  const off = new AbortController();
  const asked = ask(off.signal);
  off.abort(new Error('called off'));
  await expect(asked).rejects.toThrow('called off');
});
