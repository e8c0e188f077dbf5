/**
 * Do several groups share one distribution? Rank test of Kruskal and Wallis (1952) with the usual correction for ties;
 * the p-value is the χ² limit with (groups − 1) degrees of freedom. Known limit: it assumes independent values.
 */
import { chiSquaredTail } from './error-function.js';

export interface KruskalWallis {
  /** H, corrected for ties; p from χ² with one degree less than groups. */
  readonly statistic: number;
  readonly p: number;
  /** Groups that hold at least one value. */
  readonly groups: number;
}

/**
 * @param group of each value, a whole number ≥ 0
 * @returns null when fewer than two groups hold values, or all values are equal
 */
export function kruskalWallis(values: ArrayLike<number>, group: ArrayLike<number>): KruskalWallis | null {
  const count = values.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const rankSum: number[] = [];
  const size: number[] = [];
  let ties = 0;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && values[order[to]!] === values[order[from]!]) to += 1;
    const rank = (from + 1 + to) / 2;
    const equal = to - from;
    ties += equal ** 3 - equal;
    for (let i = from; i < to; i += 1) {
      const g = group[order[i]!]!;
      rankSum[g] = (rankSum[g] ?? 0) + rank;
      size[g] = (size[g] ?? 0) + 1;
    }
    from = to;
  }
  const groups = size.filter((n) => n > 0).length;
  const correction = 1 - ties / (count ** 3 - count);
  if (groups < 2 || !(correction > 0)) return null;
  let squares = 0;
  size.forEach((n, g) => {
    squares += rankSum[g]! ** 2 / n;
  });
  const statistic = ((12 / (count * (count + 1))) * squares - 3 * (count + 1)) / correction;
  return { statistic, p: chiSquaredTail(statistic, groups - 1), groups };
}
