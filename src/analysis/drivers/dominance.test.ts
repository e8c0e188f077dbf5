import { expect, it } from 'vitest';
import { dominanceMinutes, dominanceOf, isRepeat, samplesToMinutes } from './dominance.js';

const MINUTE = 60_000;

it('takes each share on its own, and never a zero', () => {
  const global = { market_cap_percentage: { btc: 57.24, usdt: 0 }, total_market_cap: { usd: 2.6e12 } };
  expect(dominanceOf(global, 1.56e11)).toEqual({ 'BTC.d': 57.24, 'USDT.d': 6 });
  expect(dominanceOf(global)).toEqual({ 'BTC.d': 57.24, 'USDT.d': null });
  expect(dominanceOf({ market_cap_percentage: { btc: 100, usdt: 6 } })).toEqual({
    'BTC.d': null,
    'USDT.d': 6,
  });
  expect(dominanceOf({}, 1e11)).toEqual({ 'BTC.d': null, 'USDT.d': null });
  // a share in fractions instead of percent is not recognisable as such; one of a wrong kind is
  expect(dominanceOf({ market_cap_percentage: { btc: -3, usdt: Number.NaN } })).toEqual({
    'BTC.d': null,
    'USDT.d': null,
  });
});

it('knows a repeated answer by the time of the provider, else by its value', () => {
  const sample = { ts: 5, value: 57, provider_updated_at: 3 };
  expect(isRepeat(sample, undefined)).toBe(false);
  expect(isRepeat({ ...sample, ts: 6 }, sample)).toBe(true);
  expect(isRepeat({ ...sample, ts: 6, provider_updated_at: 6 }, sample)).toBe(false);
  expect(isRepeat({ ts: 6, value: 57 }, sample)).toBe(true);
  expect(isRepeat({ ts: 6, value: 58 }, sample)).toBe(false);
});

it('carries a value until the provider is 30 minutes old at the close of the minute', () => {
  const samples = [{ ts: 2 * MINUTE, value: 57, provider_updated_at: 0 }];
  const bars = dominanceMinutes(samples, 0, 60 * MINUTE);
  expect(bars[0]).toMatchObject({ ts: 2 * MINUTE, samples: 1 });
  expect(bars.at(-1)).toMatchObject({ ts: 29 * MINUTE, close: 57, samples: 0 });
  expect(bars).toHaveLength(28);
});

it('takes the time of asking where the provider tells none', () => {
  const bars = dominanceMinutes([{ ts: 90_000, value: 6 }], MINUTE, 60 * MINUTE);
  expect(bars.at(-1)!.ts).toBe(30 * MINUTE);
});

it('carries samples from before the range into it, and makes no minute that has not closed', () => {
  const samples = [
    { ts: 0, value: 57 },
    { ts: 10 * MINUTE + 5, value: 58 },
    { ts: 12 * MINUTE, value: Number.NaN },
  ];
  const bars = dominanceMinutes(samples, 9 * MINUTE, 12 * MINUTE + 59_999);
  expect(bars.map(({ ts, close, samples: count }) => [ts / MINUTE, close, count])).toEqual([
    [9, 57, 0],
    [10, 58, 1],
    [11, 58, 0],
  ]);
  expect(samplesToMinutes(samples).map(({ ts }) => ts / MINUTE)).toEqual([0, 10]);
});
