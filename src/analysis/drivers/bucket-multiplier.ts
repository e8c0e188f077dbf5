/**
 * Strong buckets raise A and lower E, weak ones the reverse (regime spec §13): a multiplier from the rank of a bucket
 * and its slope. 1 wherever anything is unknown, too old or not sure enough.
 */
import { BUCKETS, type Bucket } from './driver.js';
import { bucketNamed } from './market-cap-labels.js';
import type { BucketOrdering } from './posture-config.js';

export interface BucketPhase {
  readonly score: number;
  /** Change of the score; times `slope_weight` it is added to the multiplier. */
  readonly slope: number;
  /** 0..1 */
  readonly confidence: number;
}

export interface BucketContext {
  readonly bucket_phases: Readonly<Partial<Record<Bucket, BucketPhase>>>;
  /** Strongest first. */
  readonly bucket_rank: readonly string[];
  /** When it was computed, UTC ms; left out: never too old. */
  readonly ts?: number | null | undefined;
}

/** Age after which a context says nothing. */
const CONTEXT_MS = 3 * 3_600_000;

/** What the context says of one bucket, and the factor that A is multiplied by; 1 where it says nothing. */
export interface BucketVerdict {
  readonly bucket: Bucket | null;
  /** 1 for the strongest; null when unknown. */
  readonly rank: number | null;
  readonly slope: number | null;
  readonly confidence: number | null;
  readonly multiplier: number;
}

/** Buckets by score, strongest first; equal scores in the order nano, small, mid, big. */
export function bucketRank(phases: BucketContext['bucket_phases']): Bucket[] {
  return BUCKETS.filter((bucket) => phases[bucket] !== undefined).sort(
    (a, b) => phases[b]!.score - phases[a]!.score,
  );
}

const finite = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) ? value : 0;

/**
 * @param name bucket of the position, tier words included
 * @param asOf UTC ms; null judges no age
 */
export function bucketVerdict(
  name: string | null | undefined,
  context: BucketContext | null | undefined,
  ordering: BucketOrdering | null,
  asOf: number | null,
): BucketVerdict {
  const bucket = bucketNamed(name) ?? null;
  const fresh = context != null && !(asOf !== null && context.ts != null && asOf - context.ts > CONTEXT_MS);
  if (bucket === null || !fresh || ordering === null) {
    return { bucket, rank: null, slope: null, confidence: null, multiplier: 1 };
  }
  const phase = context.bucket_phases[bucket];
  const place = context.bucket_rank.findIndex((ranked) => bucketNamed(ranked) === bucket);
  const rank = place < 0 ? null : place + 1;
  const slope = finite(phase?.slope);
  const confidence = finite(phase?.confidence);
  let multiplier = 1;
  if (confidence >= ordering.min_confidence) {
    const adjustments: Readonly<Record<string, number | undefined>> = ordering.rank_adjustments;
    multiplier += (rank === null ? 0 : (adjustments[String(rank)] ?? 0)) + ordering.slope_weight * slope;
  }
  multiplier = Math.min(ordering.max_multiplier, Math.max(ordering.min_multiplier, multiplier));
  return { bucket, rank, slope, confidence, multiplier };
}
