/**
 * Could this have been luck? Two tests that keep the persistence of both sides and break only their tie:
 *
 * - phase shift: the same positions, moved round the circle of bars by a random distance, earn what they earn by chance;
 * - circular block bootstrap (Politis, Romano 1992): blocks of returns are drawn again and laid under unchanged states.
 *
 * p-values count the original among the draws, so they are never 0: (1 + draws at least as extreme) / (1 + draws).
 */
import type { Random } from '../../market/random.js';

/**
 * Share of shifted copies that do at least as well as the original.
 * @param score of the path moved by `shift` places
 * @returns null when the path is too short to be shifted
 */
export function phaseShiftTest(
  length: number,
  draws: number,
  random: Random,
  score: (shift: number) => number,
): { readonly p: number; readonly median: number; readonly draws: number } | null {
  if (length < 3) return null;
  const original = score(0);
  const shifted = Float64Array.from({ length: draws }, () => score(1 + random.below(length - 1)));
  const atLeast = shifted.filter((value) => value >= original).length;
  shifted.sort();
  const middle = draws >> 1;
  const median = draws % 2 === 1 ? shifted[middle]! : (shifted[middle - 1]! + shifted[middle]!) / 2;
  return { p: (1 + atLeast) / (1 + draws), median, draws };
}

/**
 * Two-sided p-value per group that its mean differs from the mean of all values, when the values owe nothing to the
 * groups. @returns null for an empty group
 */
export function blockBootstrapMeans(
  values: Float64Array,
  group: ArrayLike<number>,
  groups: number,
  options: { readonly draws: number; readonly blockLength: number; readonly random: Random },
): (number | null)[] {
  const { draws, random } = options;
  const count = values.length;
  const blockLength = Math.max(1, Math.min(count, Math.round(options.blockLength)));
  const size = new Float64Array(groups);
  const observed = new Float64Array(groups);
  let mean = 0;
  for (let i = 0; i < count; i += 1) {
    size[group[i]!]! += 1;
    observed[group[i]!]! += values[i]!;
    mean += values[i]! / count;
  }
  const extreme = new Float64Array(groups);
  const sums = new Float64Array(groups);
  for (let draw = 0; draw < draws; draw += 1) {
    sums.fill(0);
    let total = 0;
    let from = 0;
    for (let i = 0; i < count; i += 1) {
      if (i % blockLength === 0) from = random.below(count) - i;
      let at = from + i;
      if (at >= count) at -= count;
      const value = values[at]!;
      sums[group[i]!]! += value;
      total += value;
    }
    for (let g = 0; g < groups; g += 1) {
      const drawn = Math.abs(sums[g]! / size[g]! - total / count);
      if (drawn >= Math.abs(observed[g]! / size[g]! - mean)) extreme[g]! += 1;
    }
  }
  return Array.from(extreme, (hits, g) => (size[g]! > 0 ? (1 + hits) / (1 + draws) : null));
}
