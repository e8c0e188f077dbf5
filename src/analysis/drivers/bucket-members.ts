/**
 * Which tokens make a bucket's composite (regime spec §7.2, §7.3): those tagged within 48 hours, the greatest
 * capitalisations first, at most 64.
 */
import { BUCKETS, type Bucket } from './driver.js';

export const MAX_MEMBERS = 64;
/** Members below which a composite is thin. */
export const THIN_MEMBERS = 8;
const TAG_MS = 48 * 3_600_000;
/** Smaller capitalisations are not tagged. */
const LEAST_CAP_USD = 10_000;

/** A token's size as last known and the bucket it was tagged with; capitalisation in USD. */
export interface TokenCap {
  readonly instrument_id: string;
  readonly token_contract: string;
  readonly bucket: Bucket;
  readonly market_cap_usd: number;
  /** UTC ms. */
  readonly updated_at: number;
}

/** Whether a token with this capitalisation gets a tag. */
export function isTaggable(marketCapUsd: number | null | undefined): marketCapUsd is number {
  return marketCapUsd != null && Number.isFinite(marketCapUsd) && marketCapUsd >= LEAST_CAP_USD;
}

/**
 * Instrument ids per bucket, greatest capitalisation first (ties by contract).
 * @param asOf UTC ms
 */
export function bucketMembers(
  caps: readonly TokenCap[],
  asOf: number,
  maxMembers: number = MAX_MEMBERS,
): Readonly<Record<Bucket, readonly string[]>> {
  const tagged = caps
    .filter((cap) => isTaggable(cap.market_cap_usd) && asOf - cap.updated_at <= TAG_MS)
    .sort(
      (a, b) =>
        b.market_cap_usd - a.market_cap_usd ||
        (a.token_contract < b.token_contract ? -1 : a.token_contract > b.token_contract ? 1 : 0),
    );
  const of = (bucket: Bucket): string[] =>
    tagged
      .filter((cap) => cap.bucket === bucket)
      .slice(0, maxMembers)
      .map(({ instrument_id }) => instrument_id);
  return Object.fromEntries(BUCKETS.map((bucket) => [bucket, of(bucket)])) as Record<Bucket, string[]>;
}
