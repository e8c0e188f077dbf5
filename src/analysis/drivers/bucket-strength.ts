/**
 * How strong a bucket is against bitcoin and against the majors, hourly (regime spec §13.1). Residuals of logarithms,
 * u = ln bucket − ln BTC and v = ln bucket − ln ALT, smoothed by an EMA of 5; of each the level, the slope over the
 * last 12 values, the difference of the slopes of their two halves and the change over six, every one against the 30
 * last values of its own kind. Looks back seven days; needs eight members.
 *
 * Known limit: on common timestamps it counts values, so an hour that one of the two lacks makes twelve values span more
 * than twelve hours.
 */
import { lowerBound } from '../../market/series.js';
import { olsSlope } from '../indicators/ols-slope.js';
import { THIN_MEMBERS } from './bucket-members.js';
import { type BucketContext, type BucketPhase, bucketRank } from './bucket-multiplier.js';
import { BUCKETS, type Bucket } from './driver.js';

const LOOKBACK_MS = 7 * 24 * 3_600_000;
const ALPHA = 2 / 6;
const SLOPE_VALUES = 12;
const DELTA_VALUES = 6;
const Z_VALUES = 30;
const Z_LIMIT = 3;
/** Streams are differences of logarithms: what varies less is what rounding leaves of a constant. */
const LEAST_UNIT = 1e-12;
const SLOPE_LIMIT = 0.5;
const FULL_CONFIDENCE = 0.8;
const SHARE_BTC = 0.625;
const SHARE_ALT = 0.375;

const PHASES = [
  [1.2, 'Euphoria'],
  [0.4, 'Good'],
  [-0.2, 'Recover'],
  [-0.9, 'Dip'],
  [-1.3, 'Double-Dip'],
] as const;
export type BucketPhaseLabel = (typeof PHASES)[number][1] | 'Oh-Shit';

/** Closes on the hour. */
export interface HourlyCloses {
  /** Bar opens, UTC ms, increasing. */
  readonly time: Float64Array;
  readonly close: Float64Array;
}

/** A row of `bucket_snapshots`, without bucket and horizon. */
export interface BucketStrength extends BucketPhase {
  /** Open of the newest common hour, UTC ms. */
  readonly ts: number;
  /** For display only. */
  readonly phase: BucketPhaseLabel;
  readonly curvature: number;
  readonly delta_res: number;
  readonly population_count: number;
}

/**
 * @param members tokens in the bucket
 * @param asOf open of the newest hour that counts, UTC ms
 * @returns null with fewer than eight members, or before there are values to compare with
 */
export function bucketStrength(
  bucket: HourlyCloses,
  btc: HourlyCloses,
  alt: HourlyCloses,
  members: number,
  asOf: number,
): BucketStrength | null {
  if (members < THIN_MEMBERS) return null;
  const u = streamsOf(residual(bucket, btc, asOf));
  const v = streamsOf(residual(bucket, alt, asOf));
  if (u === null || v === null) return null;
  const score = SHARE_BTC * scoreOf(u) + SHARE_ALT * scoreOf(v);
  const distance = Math.min(...PHASES.map(([bound]) => Math.abs(score - bound)));
  return {
    ts: u.ts,
    score,
    slope: clip(u.slope, SLOPE_LIMIT),
    curvature: u.curvature,
    delta_res: u.delta,
    confidence: Math.min(1, distance / FULL_CONFIDENCE),
    phase: PHASES.find(([bound]) => score >= bound)?.[1] ?? 'Oh-Shit',
    population_count: members,
  };
}

/** What the multiplier reads, from the strengths that there are. @param ts when they were computed, UTC ms */
export function bucketContextOf(
  strengths: Readonly<Partial<Record<Bucket, BucketPhase | null>>>,
  ts: number,
): BucketContext {
  const bucket_phases: Partial<Record<Bucket, BucketPhase>> = {};
  for (const bucket of BUCKETS) {
    const strength = strengths[bucket];
    if (strength == null) continue;
    const { score, slope, confidence } = strength;
    bucket_phases[bucket] = { score, slope, confidence };
  }
  return { bucket_phases, bucket_rank: bucketRank(bucket_phases), ts };
}

interface Residual {
  readonly time: number[];
  readonly value: number[];
}

/** ln of the one less ln of the other at the hours that both have. */
function residual(of: HourlyCloses, against: HourlyCloses, asOf: number): Residual {
  const time: number[] = [];
  const value: number[] = [];
  let row = lowerBound(against.time, asOf - LOOKBACK_MS + 1);
  for (let at = lowerBound(of.time, asOf - LOOKBACK_MS + 1); at < of.time.length; at++) {
    const ts = of.time[at]!;
    if (ts > asOf) break;
    while (row < against.time.length && against.time[row]! < ts) row++;
    if (row >= against.time.length || against.time[row] !== ts) continue;
    const difference = Math.log(of.close[at]!) - Math.log(against.close[row]!);
    if (!Number.isFinite(difference)) continue;
    time.push(ts);
    value.push(difference);
  }
  return { time, value };
}

interface Streams {
  readonly ts: number;
  readonly level: number;
  readonly slope: number;
  readonly curvature: number;
  readonly delta: number;
}

/** The four streams at the newest hour, each as deviations from its own recent values. */
function streamsOf({ time, value }: Residual): Streams | null {
  if (value.length < SLOPE_VALUES) return null;
  const smooth: number[] = [value[0]!];
  for (let at = 1; at < value.length; at++) {
    smooth.push(ALPHA * value[at]! + (1 - ALPHA) * smooth[at - 1]!);
  }
  const half = SLOPE_VALUES / 2;
  const ends = smooth.map((_, at) => at + 1).filter((end) => end >= SLOPE_VALUES);
  const slopes = ends.map((end) => olsSlope(smooth, end, SLOPE_VALUES));
  const curvatures = ends.map((end) => olsSlope(smooth, end, half) - olsSlope(smooth, end - half, half));
  const deltas = smooth.slice(DELTA_VALUES).map((now, at) => now - smooth[at]!);
  return {
    ts: time.at(-1)!,
    level: deviation(smooth),
    slope: deviation(slopes),
    curvature: deviation(curvatures),
    delta: deviation(deltas),
  };
}

const scoreOf = ({ level, slope, curvature, delta }: Streams): number =>
  0.5 * slope + 0.3 * curvature + 0.2 * delta + 0.1 * level;

const clip = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));

/** The last value in population deviations of the last 30, clipped; 0 where there are fewer or they do not vary. */
function deviation(values: readonly number[]): number {
  if (values.length < Z_VALUES) return 0;
  const recent = values.slice(-Z_VALUES);
  const mean = recent.reduce((sum, value) => sum + value, 0) / Z_VALUES;
  const variance = recent.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Z_VALUES;
  const unit = Math.sqrt(variance);
  if (!(unit > LEAST_UNIT)) return 0;
  return clip((recent.at(-1)! - mean) / unit, Z_LIMIT);
}
