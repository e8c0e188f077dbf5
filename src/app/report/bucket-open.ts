/** Where a bucket of bars begins: aligned to UTC, weeks on Monday. Runs in the page too, so it needs nothing. */

const BUCKET_WEEK = 604_800_000;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 345_600_000;

/** Both in ms. */
export function openOfBucket(time: number, bucket: number): number {
  const origin = bucket % BUCKET_WEEK === 0 ? FIRST_MONDAY : 0;
  return Math.floor((time - origin) / bucket) * bucket + origin;
}
