/**
 * The older majors-vs-alts score of 0 to 100 (majors-alts spec §12), for comparison: is BTC ahead of the alts over a
 * week, less three risks (heated alt funding, open interest that runs up, a broad alt market)?
 *
 * Returns, funding and changes here are PERCENT, as the monitor stored them; the constant 0.0005 of the heating was meant
 * for fractions, so its risk mostly sits at 0 or 1. That is kept, so that stored histories are reproduced.
 */

export const LEGACY_BUCKETS = ['GREEN', 'YELLOWGREEN', 'YELLOW', 'ORANGE', 'RED'] as const;
export type LegacyBucket = (typeof LEGACY_BUCKETS)[number];

/** What one day of the score is made of, in PERCENT where the rest of the product has fractions. */
export interface LegacyInput {
  /** Returns of one and seven days, percent. */
  readonly btc1d: number;
  readonly btc7d: number;
  readonly alts: readonly { readonly return1d: number; readonly return7d: number }[];
  /** Funding of the day, percent: mean over alts, and BTC. */
  readonly altFunding: number;
  readonly btcFunding: number;
  /** Alt less BTC funding of this and earlier days, oldest first, this day last. */
  readonly spreads: readonly number[];
  /** Change of BTC open interest over three days, percent; 0 when unknown. */
  readonly oiChange3d: number;
}

/** One row of the history, without its date; names are those of the file. */
export interface LegacyRow {
  readonly btc_1d: number;
  readonly btc_7d: number;
  readonly alt_7d_avg: number;
  readonly spread7: number;
  readonly avg_alt_funding: number;
  readonly btc_funding: number;
  readonly funding_spread: number;
  readonly funding_heating: number;
  readonly funding_risk: number;
  readonly oi_change_3d: number;
  readonly breadth_3d: number;
  readonly regime_score: number;
  readonly bucket: LegacyBucket;
}

/** The numbers of a row, in the order of the file. */
export const LEGACY_NUMBERS = [
  'btc_1d',
  'btc_7d',
  'alt_7d_avg',
  'spread7',
  'avg_alt_funding',
  'btc_funding',
  'funding_spread',
  'funding_heating',
  'funding_risk',
  'oi_change_3d',
  'breadth_3d',
  'regime_score',
] as const satisfies readonly (keyof LegacyRow)[];

const HEATING_FULL = 0.0005;
const SHORT_DAYS = 10;
const LONG_DAYS = 20;

/**
 * One row of the history from what was known at the end of its day (majors-alts spec §12); never throws, NaN
 * stays NaN.
 */
export function legacyRow(input: LegacyInput): LegacyRow {
  const { btc1d, btc7d, alts, altFunding, btcFunding, spreads, oiChange3d } = input;
  const btc3d = threeDayReturn(btc1d, btc7d);
  const altAverage = alts.reduce((sum, { return7d }) => sum + return7d, 0) / Math.max(1, alts.length);
  const ahead = alts.filter((alt) => threeDayReturn(alt.return1d, alt.return7d) > btc3d).length;
  const breadth = alts.length === 0 ? 0 : ahead / alts.length;
  const { heating, risk } = fundingRisk(spreads);
  const score = legacyScore({
    btc1d,
    btc7d,
    spread7: btc7d - altAverage,
    fundingRisk: risk,
    oiChange3d,
    breadth,
  });
  return {
    btc_1d: btc1d,
    btc_7d: btc7d,
    alt_7d_avg: altAverage,
    spread7: btc7d - altAverage,
    avg_alt_funding: altFunding,
    btc_funding: btcFunding,
    funding_spread: altFunding - btcFunding,
    funding_heating: heating,
    funding_risk: risk,
    oi_change_3d: oiChange3d,
    breadth_3d: breadth,
    regime_score: score,
    bucket: legacyBucket(score),
  };
}

/** Half of what the week says of three days, half of what three days like today would. */
function threeDayReturn(return1d: number, return7d: number): number {
  return 0.5 * ((return7d * 3) / 7 + return1d / 3);
}

/** Rising funding of alts against BTC: 0 when it falls, 1 from 0.0005 on; one half while there are too few days. */
export function fundingRisk(spreads: readonly number[]): { readonly heating: number; readonly risk: number } {
  if (spreads.length < LONG_DAYS) return { heating: 0, risk: 0.5 };
  const heating = mean(spreads.slice(-SHORT_DAYS)) - mean(spreads.slice(-LONG_DAYS));
  return { heating, risk: clamp(heating / HEATING_FULL, 0, 1) };
}

/** The score from the features of a row; 0 favours alts, 100 BTC. */
export function legacyScore(features: {
  readonly btc1d: number;
  readonly btc7d: number;
  readonly spread7: number;
  readonly fundingRisk: number;
  readonly oiChange3d: number;
  readonly breadth: number;
}): number {
  const { btc1d, btc7d, spread7, oiChange3d, breadth } = features;
  const trend = clamp(spread7 / (Math.abs(btc7d) + 0.001) / 3, -1, 1);
  const rising = threeDayReturn(btc1d, btc7d) > 0 ? 1 : 0.5;
  const oiRisk = oiChange3d > 0 ? clamp(oiChange3d / 50, 0, 1) * rising : 0;
  const combined = clamp(trend - 0.25 * features.fundingRisk - 0.15 * oiRisk - 0.1 * breadth, -1, 1);
  const score = (combined + 1) * 50;
  return Math.abs(btc7d) > 15 && score > 60 ? 60 : score;
}

/** Bucket of a score of 0..100; its lower bound belongs to it (70, 55, 45, 30). */
export function legacyBucket(score: number): LegacyBucket {
  if (score >= 70) return 'GREEN';
  if (score >= 55) return 'YELLOWGREEN';
  if (score >= 45) return 'YELLOW';
  return score >= 30 ? 'ORANGE' : 'RED';
}

/** z of the newest value against all earlier ones (population deviation); 0 before twenty of them, or when flat. */
export function legacyZ(earlier: readonly number[], value: number): number {
  if (earlier.length < LONG_DAYS) return 0;
  const centre = mean(earlier);
  const deviation = Math.sqrt(mean(earlier.map((each) => (each - centre) ** 2)));
  return deviation > 0 ? (value - centre) / deviation : 0;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
