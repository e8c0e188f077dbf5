/**
 * How sure a Sharpe ratio is, and how much of it is the luck of having tried many.
 *
 * Probabilistic Sharpe ratio (Bailey, López de Prado 2012, "The Sharpe ratio efficient frontier", J. of Risk 15): the
 * probability that the true ratio is above a benchmark, given length, skewness and kurtosis of the sample. Deflated
 * Sharpe ratio (the same, 2014, J. of Portfolio Management 40): the benchmark is the highest ratio that as many
 * worthless trials would be expected to show, from the spread of the trials' ratios:
 *
 *   E[max] ≈ σ(SR) · ((1 − γ) · Φ⁻¹(1 − 1/N) + γ · Φ⁻¹(1 − 1/(N e)))     γ = Euler–Mascheroni
 *
 * All ratios per period, not annualised; kurtosis 3 is normal. Limit: N counts independent trials. Variants of one idea
 * are not, so N overstates the deflation for a fine grid and understates it for what was tried and not recorded.
 */
import { normalProbability } from '../../analysis/statistics/error-function.js';
import { normalQuantile } from '../../analysis/statistics/normal-quantile.js';
import { TidewatchError } from '../../errors.js';
import { returnMoments } from './return-figures.js';

const EULER_MASCHERONI = 0.5772156649015329;

export interface SharpeSample {
  /** Per period. */
  readonly sharpe: number;
  readonly periods: number;
  readonly skewness: number;
  /** Not in excess: 3 is normal. */
  readonly kurtosis: number;
}

/** Sharpe ratio per period with the moments that its error depends on; 0 for a flat column. */
export function sharpeSample(returns: Float64Array): SharpeSample {
  const { mean, deviation, skewness, kurtosis } = returnMoments(returns);
  const isFlat = !(deviation > 0);
  return {
    sharpe: isFlat ? 0 : mean / deviation,
    periods: returns.length,
    skewness: isFlat ? 0 : skewness,
    kurtosis: isFlat ? 3 : kurtosis,
  };
}

/**
 * P(true ratio > benchmark).
 * @throws TidewatchError `too_few_rows` for fewer than two periods
 */
export function probabilisticSharpe(sample: SharpeSample, benchmark: number): number {
  const { sharpe, periods, skewness, kurtosis } = sample;
  if (periods < 2) throw new TidewatchError('too_few_rows', 'a Sharpe ratio needs two periods at least');
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return normalProbability(
    ((sharpe - benchmark) * Math.sqrt(periods - 1)) / Math.sqrt(Math.max(variance, 1e-12)),
  );
}

/** Highest ratio to expect of `trials` worthless ones whose ratios have this variance; 0 for a single trial. */
export function expectedMaximumSharpe(trials: number, variance: number): number {
  if (trials <= 1 || !(variance > 0)) return 0;
  const first = normalQuantile(1 - 1 / trials);
  const second = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

/** How likely a Sharpe ratio is more than the luck of so many trials. */
export interface DeflatedSharpe {
  /** Probability that the true ratio is above what luck alone would show. */
  readonly probability: number;
  /** What luck alone would show, per period. */
  readonly benchmark: number;
  readonly trials: number;
}

/** @param variance of the ratios of all trials, per period (sample variance) */
export function deflatedSharpe(sample: SharpeSample, trials: number, variance: number): DeflatedSharpe {
  const benchmark = expectedMaximumSharpe(trials, variance);
  return { probability: probabilisticSharpe(sample, benchmark), benchmark, trials };
}
