import { expect, it } from 'vitest';
import { bucketMembers, isTaggable, MAX_MEMBERS, type TokenCap } from './bucket-members.js';
import { bucketNamed, bucketOf, mcapBucketOf, mcapTierOf } from './market-cap-labels.js';

it('labels a capitalisation with lower bounds that belong to the upper band', () => {
  const caps = [0, 9_999_999.99, 10e6, 49_999_999, 50e6, 199_999_999, 200e6, 1e12];
  expect(caps.map(bucketOf)).toEqual(['nano', 'nano', 'small', 'small', 'mid', 'mid', 'big', 'big']);
  expect([0, 1e5, 5e6, 5e7, 5e8, 1e9].map(mcapTierOf)).toEqual([
    'nano',
    'micro',
    'mid',
    'big',
    'large',
    'xl',
  ]);
  expect([499_999, 5e5, 1e6, 2e6, 5e6, 1e7, 5e7].map(mcapBucketOf)).toEqual([
    '<500k',
    '500k-1m',
    '1m-2m',
    '2m-5m',
    '5m-10m',
    '10m-50m',
    '50m+',
  ]);
});

it('refuses what is no capitalisation', () => {
  for (const cap of [-1, Number.NaN]) expect(() => bucketOf(cap)).toThrow(/has no label/);
});

it('understands tier words, and nothing else', () => {
  const names = ['nano', 'micro', 'small', 'mid', 'big', 'large', 'xl', '', 'NANO', 'toString', null];
  expect(names.map((name) => bucketNamed(name))).toEqual([
    'nano',
    'small',
    'small',
    'mid',
    'big',
    'big',
    'big',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

const HOUR = 3_600_000;
const cap = (id: string, market_cap_usd: number, hoursOld = 0): TokenCap => ({
  instrument_id: `dex:solana:${id}`,
  token_contract: id,
  bucket: bucketOf(market_cap_usd),
  market_cap_usd,
  updated_at: 100 * HOUR - hoursOld * HOUR,
});

it('takes the 64 greatest tokens of a bucket, ties by contract', () => {
  const caps = Array.from({ length: 80 }, (_, at) => cap(`t${at}`, 1e6 + 1000 * Math.floor(at / 2)));
  const { nano, big } = bucketMembers(caps.reverse(), 100 * HOUR);
  expect(nano).toHaveLength(MAX_MEMBERS);
  expect(nano.slice(0, 4)).toEqual(['t78', 't79', 't76', 't77'].map((id) => `dex:solana:${id}`));
  expect(big).toEqual([]);
});

it('leaves out tags older than 48 hours and capitalisations not worth one', () => {
  const caps = [cap('fresh', 2e7, 48), cap('old', 3e7, 48.001), cap('dust', 9_999)];
  expect(bucketMembers(caps, 100 * HOUR)).toMatchObject({ small: ['dex:solana:fresh'], nano: [] });
  expect([9_999, 10_000, Number.NaN, null].map(isTaggable)).toEqual([false, true, false, false]);
});
