/**
 * How alike are two groupings of the same rows, whatever the groups are called? Adjusted Rand index (Hubert, Arabie
 * 1985): 1 for the same grouping, 0 on average for random ones, below 0 for worse than random.
 */

/** Null for no rows. Two groupings that both put everything in one group are equal: 1. */
export function adjustedRandIndex(first: ArrayLike<number>, second: ArrayLike<number>): number | null {
  const rows = first.length;
  if (rows === 0) return null;
  const joint = new Map<number, number>();
  const inFirst = new Map<number, number>();
  const inSecond = new Map<number, number>();
  for (let row = 0; row < rows; row += 1) {
    const a = first[row]!;
    const b = second[row]!;
    const cell = a * 65_536 + b;
    joint.set(cell, (joint.get(cell) ?? 0) + 1);
    inFirst.set(a, (inFirst.get(a) ?? 0) + 1);
    inSecond.set(b, (inSecond.get(b) ?? 0) + 1);
  }
  const together = pairs(joint);
  const firstPairs = pairs(inFirst);
  const secondPairs = pairs(inSecond);
  const all = (rows * (rows - 1)) / 2;
  const expected = all > 0 ? (firstPairs * secondPairs) / all : 0;
  const most = (firstPairs + secondPairs) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function pairs(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const n of counts.values()) sum += (n * (n - 1)) / 2;
  return sum;
}
