/** The middle of some values; of an even number, the upper one of the two in the middle. 0 where there are none. */
export function upperMedian(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
