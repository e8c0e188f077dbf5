/**
 * Intervals of figures of a backtest by resampling blocks of its days, so that runs of good and bad days stay together.
 *
 * Two ways of drawing: circular (Politis, Romano 1992: blocks of one length, the end joined to the beginning) and
 * stationary (Politis, Romano 1994, J. Am. Stat. Assoc. 89: block lengths geometric with the given mean). Whole rows are
 * drawn, so that figures made of several columns stay consistent. Intervals are percentiles (linear between order
 * statistics); Efron's p is two-sided from the share of draws on the other side of zero, the original counted in.
 *
 * Limits: percentile intervals are a little too short for few days, and the maximal drawdown of resampled days is that
 * of other orders of the same days; both are said where they are shown. Seeded, so a run gives the same interval again.
 */
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';

export interface BootstrapOptions {
  readonly method: 'circular' | 'stationary';
  /** Days of a block; the mean for `stationary`. */
  readonly blockLength: number;
  readonly draws: number;
  readonly seed: number;
  /** Coverage of the interval. */
  readonly level: number;
}

export const DEFAULT_BOOTSTRAP: BootstrapOptions = {
  method: 'stationary',
  blockLength: 10,
  draws: 1000,
  seed: 42,
  level: 0.95,
};

/** The figure of the days as they were and its percentile interval, in the figure's own unit. */
export interface BootstrapInterval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided, of the figure being zero; the original counts as one draw. */
  readonly p: number;
  /** Draws in which the figure had a value. */
  readonly draws: number;
}

/** One resample: positions of rows, written into `into`. */
export function drawRows(
  into: Int32Array,
  random: Random,
  { method, blockLength }: Pick<BootstrapOptions, 'method' | 'blockLength'>,
): void {
  const count = into.length;
  const length = Math.max(1, Math.min(count, Math.round(blockLength)));
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const begins = method === 'circular' ? i % length === 0 : i === 0 || random.uniform() < 1 / length;
    at = begins ? random.below(count) : at + 1 === count ? 0 : at + 1;
    into[i] = at;
  }
}

/**
 * @param rows number of days
 * @param figures of the days at the given positions, in that order; NaN where a figure has no value
 * @throws TidewatchError `too_few_rows` for fewer than two days, `bad_parameter` for settings that are none
 */
export function bootstrapIntervals(
  rows: number,
  figures: (positions: Int32Array) => Readonly<Record<string, number>>,
  options: BootstrapOptions = DEFAULT_BOOTSTRAP,
): Readonly<Record<string, BootstrapInterval>> {
  const { draws, level, seed } = options;
  if (rows < 2) {
    throw new TidewatchError('too_few_rows', `an interval needs two days at least, there are ${rows}`);
  }
  if (!(draws >= 1) || !(level > 0 && level < 1) || !(options.blockLength >= 1)) {
    throw new TidewatchError(
      'bad_parameter',
      'draws, level or block length of the bootstrap are out of range',
    );
  }
  const random = new Random(seed);
  const positions = Int32Array.from({ length: rows }, (_, row) => row);
  const estimates = figures(positions);
  const names = Object.keys(estimates);
  const drawn = new Map(names.map((name) => [name, new Float64Array(draws)]));
  for (let draw = 0; draw < draws; draw += 1) {
    drawRows(positions, random, options);
    const values = figures(positions);
    for (const name of names) drawn.get(name)![draw] = values[name] ?? Number.NaN;
  }
  return Object.fromEntries(names.map((name) => [name, interval(estimates[name]!, drawn.get(name)!, level)]));
}

function interval(estimate: number, drawn: Float64Array, level: number): BootstrapInterval {
  const values = drawn.filter((value) => !Number.isNaN(value)).sort();
  const count = values.length;
  if (count === 0) return { estimate, low: Number.NaN, high: Number.NaN, p: 1, draws: 0 };
  let below = 0;
  let above = 0;
  for (const value of values) {
    if (value <= 0) below += 1;
    if (value >= 0) above += 1;
  }
  return {
    estimate,
    low: sortedQuantile(values, (1 - level) / 2),
    high: sortedQuantile(values, (1 + level) / 2),
    p: Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + count)),
    draws: count,
  };
}

/** Linear between order statistics (type 7 of Hyndman, Fan 1996). */
function sortedQuantile(values: Float64Array, share: number): number {
  const place = (values.length - 1) * share;
  const low = Math.floor(place);
  const high = Math.min(values.length - 1, low + 1);
  return values[low]! + (place - low) * (values[high]! - values[low]!);
}
