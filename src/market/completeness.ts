/**
 * How much of a rolled-up bar is there (regime spec §5): the share of its source bars that exist, and whether that is
 * too little to call it whole. A partial bar is used (a hole would be worse), and counted.
 */

/** Share of the source bars below which a bar is partial. */
export const PARTIAL_THRESHOLD = 0.5;

/**
 * @param used distinct source bars @param expected source bars of a whole bar
 * @param threshold share of them, 0..1
 */
export function isPartialBar(used: number, expected: number, threshold: number = PARTIAL_THRESHOLD): boolean {
  return used < Math.max(1, Math.floor(expected * threshold));
}

/** Tokens that one minute of collection can read. */
const TOKENS_PER_MINUTE = 250;
const BY_INTERVAL = [0.5, 0.4, 0.33, 0.25, 0.2];

/** Threshold for low-cap tokens, which are read every ceil(tokens / 250) minutes. */
export function collectedThreshold(tokens: number): number {
  const interval = Math.max(1, Math.ceil(tokens / TOKENS_PER_MINUTE));
  return BY_INTERVAL[Math.min(interval, BY_INTERVAL.length) - 1]!;
}
