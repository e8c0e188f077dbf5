/**
 * What the 0-to-100 score would have earned (majors-alts spec §12): long BTC, short the mean of the alts, sized by the
 * score of the day before, without costs. Three sizings: always 1, by bucket, by score. Fractions; a year has 252 days
 * here, as in the files that this reproduces.
 */
import type { LegacyBucket } from '../analysis/legacy-score/legacy-score.js';

const BUCKET_WEIGHT: Readonly<Record<LegacyBucket, number>> = {
  GREEN: 1.5,
  YELLOWGREEN: 1,
  YELLOW: 0.5,
  ORANGE: 0,
  RED: 0,
};

export const LEGACY_SIZINGS = ['always_on', 'bucket_sized', 'score_sized'] as const;
export type LegacySizing = (typeof LEGACY_SIZINGS)[number];

export interface LegacyDay {
  /** 0..100, decided at the end of the day. */
  readonly score: number;
  readonly bucket: LegacyBucket;
  /** Return of BTC and mean return of the alts into this day. */
  readonly btc: number;
  readonly alts: number;
}

/** One entry per traded day; returns are fractions before costs. */
export interface LegacyBacktest {
  /** BTC less the mean of the alts into the day; one more entry than the rest. */
  readonly longShort: Float64Array;
  /** Of the day after; the last day has none and is not traded. */
  readonly longShortNext: Float64Array;
  /** Size by bucket and by score, multiples of the book. */
  readonly bucketWeight: Float64Array;
  readonly scoreWeight: Float64Array;
  /** Return of each sizing, booked on the day that decides it. */
  readonly returns: Readonly<Record<LegacySizing, Float64Array>>;
  /** Compounded from 1. */
  readonly equity: Readonly<Record<LegacySizing, Float64Array>>;
  readonly summary: Readonly<
    Record<
      LegacySizing,
      { readonly sharpe: number; readonly total_return: number; readonly max_drawdown: number }
    >
  >;
}

/** Days in order; the last one only serves as the day after. */
export function legacyBacktest(days: readonly LegacyDay[]): LegacyBacktest {
  const rows = Math.max(0, days.length - 1);
  const longShort = Float64Array.from(days, ({ btc, alts }) => btc - alts);
  const next = longShort.slice(1);
  const bucketWeight = Float64Array.from({ length: rows }, (_, row) => BUCKET_WEIGHT[days[row]!.bucket]);
  const scoreWeight = Float64Array.from({ length: rows }, (_, row) => scoreSize(days[row]!.score));
  const returns = {
    always_on: next,
    bucket_sized: next.map((value, row) => value * bucketWeight[row]!),
    score_sized: next.map((value, row) => value * scoreWeight[row]!),
  };
  const each = <T>(work: (values: Float64Array) => T): Record<LegacySizing, T> => ({
    always_on: work(returns.always_on),
    bucket_sized: work(returns.bucket_sized),
    score_sized: work(returns.score_sized),
  });
  return {
    longShort: longShort.slice(0, rows),
    longShortNext: next,
    bucketWeight,
    scoreWeight,
    returns,
    equity: each(wealth),
    summary: each((values) => {
      const curve = wealth(values);
      return {
        sharpe: sharpe252(values),
        total_return: (curve.at(-1) ?? 1) - 1,
        max_drawdown: worstFall(curve),
      };
    }),
  };
}

/** 0 up to 50, 1.5 from 90, a line between. */
function scoreSize(score: number): number {
  return (Math.min(Math.max(score - 50, 0), 40) / 40) * 1.5;
}

function wealth(returns: Float64Array): Float64Array {
  let product = 1;
  return returns.map((value) => {
    product *= 1 + value;
    return product;
  });
}

/** From the highest point of the path so far. */
function worstFall(curve: Float64Array): number {
  let peak = Number.NEGATIVE_INFINITY;
  let worst = 0;
  for (const value of curve) {
    peak = Math.max(peak, value);
    worst = Math.min(worst, value / peak - 1);
  }
  return worst;
}

function sharpe252(returns: Float64Array): number {
  const count = returns.length;
  if (count < 2) return 0;
  const mean = returns.reduce((sum, value) => sum + value, 0) / count;
  const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  return deviation > 0 ? (mean / deviation) * Math.sqrt(252) : 0;
}
