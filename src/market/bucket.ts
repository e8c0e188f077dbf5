/**
 * Lengths of the rows in which a chart shows a long series, and where such rows begin: aligned to UTC from the Unix
 * epoch, weeks to Monday.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4 * DAY;
const BUCKETS = [5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, WEEK];
/** Without a bucket of a usual length (13 m), each level is four times the one before. */
const PLAIN_FACTOR = 4;
const PLAIN_LEVELS = 6;

/** Lengths of rows that a series can be shown in, finest first; each divides the last. */
export function ladderOf(barLength: number): number[] {
  const usual = BUCKETS.filter((bucket) => bucket > barLength && bucket % barLength === 0);
  if (usual.length > 0) return [barLength, ...usual];
  return Array.from({ length: PLAIN_LEVELS }, (_, level) => barLength * PLAIN_FACTOR ** level);
}

/** Where the row begins that holds `time` (UTC ms); `bucket` is its length, ms. */
export function openOfBucket(time: number, bucket: number): number {
  const origin = bucket % WEEK === 0 ? FIRST_MONDAY : 0;
  return Math.floor((time - origin) / bucket) * bucket + origin;
}
