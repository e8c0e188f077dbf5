/**
 * Are these values uniform on [0, 1]? Kolmogorov–Smirnov against the uniform distribution, with the tail of its limit
 * distribution and Stephens' correction for short samples (Stephens 1970). Used on probability integral transforms.
 * Known limit: the p-value assumes independent values; transforms of a good one-step forecast are, others are not.
 */

export interface KolmogorovSmirnov {
  /** Largest distance between the two distribution functions, 0 to 1. */
  readonly statistic: number;
  readonly p: number;
}

/** Null without values. */
export function uniformityTest(values: ArrayLike<number>): KolmogorovSmirnov | null {
  const count = values.length;
  if (count === 0) return null;
  const sorted = Float64Array.from(values).sort();
  let statistic = 0;
  for (let i = 0; i < count; i += 1) {
    statistic = Math.max(statistic, (i + 1) / count - sorted[i]!, sorted[i]! - i / count);
  }
  const root = Math.sqrt(count);
  return { statistic, p: limitTail((root + 0.12 + 0.11 / root) * statistic) };
}

/** P(K > λ) of the Kolmogorov distribution. */
function limitTail(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j += 1) {
    const term = Math.exp(-2 * j * j * lambda * lambda);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}
