/** Pauses between attempts to connect: 500 ms × 2ⁿ, at most 30 s, ±20 % (pipelines spec §3). */
import type { Random } from '../../../market/random.js';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const JITTER = 0.2;

/** @param failures in a row before this pause */
export function backoffMs(failures: number, random: Random): number {
  const plain = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return Math.round(plain * (1 + JITTER * (2 * random.uniform() - 1)));
}
