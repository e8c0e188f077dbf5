/** The usual figures of a column of daily returns, for whatever made it. Crypto trades every day: a year has 365. */

export interface ReturnFigures {
  readonly total_return: number;
  readonly cagr: number;
  /** mean / population deviation × √periods; 0 for a flat column. */
  readonly sharpe: number;
  readonly sortino: number;
  readonly annual_vol: number;
  /** Below 0; from the highest wealth so far, the start included. */
  readonly max_drawdown: number;
  readonly calmar: number;
  readonly hit_rate: number;
}

/**
 * @param returns fractions per period
 * @param positions rows to take, in order; all when left out
 */
export function returnFigures(
  returns: Float64Array,
  positions?: Int32Array,
  periods = 365,
): ReturnFigures & Readonly<Record<string, number>> {
  const count = positions?.length ?? returns.length;
  let sum = 0;
  let squares = 0;
  let downside = 0;
  let wealth = 1;
  let peak = 1;
  let worst = 0;
  let hits = 0;
  for (let i = 0; i < count; i += 1) {
    const value = returns[positions === undefined ? i : positions[i]!]!;
    sum += value;
    squares += value * value;
    if (value < 0) downside += value * value;
    if (value > 0) hits += 1;
    wealth *= 1 + value;
    if (wealth > peak) peak = wealth;
    else worst = Math.min(worst, wealth / peak - 1);
  }
  const mean = count === 0 ? 0 : sum / count;
  const deviation = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean));
  const isFlat = deviation <= 1e-12 * Math.abs(mean) || deviation < 1e-300;
  const cagr = count === 0 || wealth <= 0 ? (count === 0 ? 0 : -1) : wealth ** (periods / count) - 1;
  return {
    total_return: wealth - 1,
    cagr,
    sharpe: isFlat ? 0 : (mean / deviation) * Math.sqrt(periods),
    sortino: downside === 0 ? 0 : (mean / Math.sqrt(downside / count)) * Math.sqrt(periods),
    annual_vol: deviation * Math.sqrt(periods),
    max_drawdown: worst,
    calmar: worst === 0 ? 0 : cagr / Math.abs(worst),
    hit_rate: count === 0 ? 0 : hits / count,
  };
}

/** Mean, population deviation, skewness and kurtosis (3 for a normal column); NaN moments of a flat column. */
export function returnMoments(returns: Float64Array): {
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
  readonly kurtosis: number;
} {
  const count = returns.length;
  const mean = returns.reduce((sum, value) => sum + value, 0) / count;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (const value of returns) {
    const d = value - mean;
    second += d * d;
    third += d * d * d;
    fourth += d * d * d * d;
  }
  const variance = second / count;
  return {
    mean,
    deviation: Math.sqrt(variance),
    skewness: third / count / variance ** 1.5,
    kurtosis: fourth / count / variance ** 2,
  };
}
