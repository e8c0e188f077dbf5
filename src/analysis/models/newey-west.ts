/**
 * t-statistic of a mean under autocorrelation: Newey, West 1987 with Bartlett weights and lag
 * floor(4 (T/100)^(2/9)) (HMM spec §7.2).
 */

/** Number of autocovariances that are taken in for T values. */
export function neweyWestLag(count: number): number {
  return Math.floor(4 * (count / 100) ** (2 / 9));
}

/** Mean divided by its long-run standard error; null for fewer than two values or no variation. */
export function neweyWestT(values: ArrayLike<number>): number | null {
  const count = values.length;
  if (count < 2) return null;
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += values[i]!;
  const mean = sum / count;
  const lags = Math.min(neweyWestLag(count), count - 1);
  let variance = 0;
  for (let lag = 0; lag <= lags; lag += 1) {
    let covariance = 0;
    for (let i = lag; i < count; i += 1) covariance += (values[i]! - mean) * (values[i - lag]! - mean);
    variance += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * (covariance / count);
  }
  return variance > 0 ? mean / Math.sqrt(variance / count) : null;
}
