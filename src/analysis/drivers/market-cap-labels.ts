/**
 * Labels of a market capitalisation (regime spec §7.1; `mcap_bucket`: learning spec §1.3), the one table for every
 * reader. USD, lower bound inclusive. The words of the first two rows overlap with different bands, so their columns
 * never mix: `bucket_of` selects a driver, the other two are scopes of learning.
 */
import { TidewatchError } from '../../errors.js';
import { BUCKETS, type Bucket } from './driver.js';

const BUCKET_BOUNDS = [
  ['big', 200e6],
  ['mid', 50e6],
  ['small', 10e6],
  ['nano', 0],
] as const satisfies readonly (readonly [Bucket, number])[];

const TIER_BOUNDS = [
  ['xl', 1e9],
  ['large', 500e6],
  ['big', 50e6],
  ['mid', 5e6],
  ['micro', 100e3],
  ['nano', 0],
] as const;
export type MarketCapTier = (typeof TIER_BOUNDS)[number][0];

const ENTRY_BOUNDS = [
  ['50m+', 50e6],
  ['10m-50m', 10e6],
  ['5m-10m', 5e6],
  ['2m-5m', 2e6],
  ['1m-2m', 1e6],
  ['500k-1m', 500e3],
  ['<500k', 0],
] as const;
export type MarketCapBucket = (typeof ENTRY_BOUNDS)[number][0];

function labelOf<Label extends string>(bounds: readonly (readonly [Label, number])[], cap: number): Label {
  for (const [label, bound] of bounds) if (cap >= bound) return label;
  throw new TidewatchError('bad_parameter', `a market capitalisation of ${cap} has no label`, {
    hint: 'give USD, at least 0',
    details: { market_cap_usd: String(cap) },
  });
}

/** @throws TidewatchError `bad_parameter` for a negative number or none */
export function bucketOf(marketCapUsd: number): Bucket {
  return labelOf(BUCKET_BOUNDS, marketCapUsd);
}

/** @throws TidewatchError `bad_parameter` for a negative number or none */
export function mcapTierOf(marketCapUsd: number): MarketCapTier {
  return labelOf(TIER_BOUNDS, marketCapUsd);
}

/** @throws TidewatchError `bad_parameter` for a negative number or none */
export function mcapBucketOf(marketCapUsd: number): MarketCapBucket {
  return labelOf(ENTRY_BOUNDS, marketCapUsd);
}

const ALIASES: Readonly<Record<string, Bucket>> = {
  ...Object.fromEntries(BUCKETS.map((bucket) => [bucket, bucket])),
  micro: 'small',
  large: 'big',
  xl: 'big',
};

/** Bucket that a name stands for, tier words included; undefined for any other or no name. */
export function bucketNamed(name: string | null | undefined): Bucket | undefined {
  return name != null && Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}
