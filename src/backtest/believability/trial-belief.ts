/**
 * How much of the best of several trials of one question is the luck of having tried them all: its Sharpe ratio deflated by
 * their number and spread (deflated-sharpe.ts), and the probability that choosing the best was overfitting
 * (overfitting-probability.ts), over the periods that all of them have.
 */
import { deflatedSharpe, sharpeSample } from './deflated-sharpe.js';
import { overfittingProbability } from './overfitting-probability.js';

export interface Trial {
  readonly name: string;
  /** Names of the periods, equal among trials for equal periods. */
  readonly period: ArrayLike<number>;
  /** Net return of each. */
  readonly returns: Float64Array;
}

/** Probability of backtest overfitting over `days` periods, 0..1; `choices` ways of taking half of them. */
export interface Overfitting {
  readonly probability: number;
  readonly variants: number;
  readonly days: number;
  readonly choices: number;
}

/** Whether the best of several tried variants is more than the luckiest of them. */
export interface TrialBelief {
  readonly best: string;
  /** Probability that the best ratio is more than the best of as many worthless ones. */
  readonly deflated_sharpe: number;
  /** Highest ratio a year to expect of worthless trials. */
  readonly luck_sharpe: number;
  readonly trials: number;
  /** Null where the days are too few to be split. */
  readonly overfitting: Overfitting | null;
}

const LEAST_FOR_RATIO = 30;
const LEAST_FOR_SPLITS = 64;

/** Null for fewer than two trials with thirty periods. */
export function trialBelief(all: readonly Trial[], perYear = 365): TrialBelief | null {
  const trials = all
    .filter(({ returns }) => returns.length >= LEAST_FOR_RATIO)
    .map((trial) => ({ trial, sample: sharpeSample(trial.returns) }));
  if (trials.length < 2) return null;
  const ratios = trials.map(({ sample }) => sample.sharpe);
  const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
  const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (ratios.length - 1);
  const best = trials.reduce((winner, each) => (each.sample.sharpe > winner.sample.sharpe ? each : winner));
  const { probability, benchmark } = deflatedSharpe(best.sample, trials.length, variance);
  return {
    best: best.trial.name,
    deflated_sharpe: probability,
    luck_sharpe: benchmark * Math.sqrt(perYear),
    trials: trials.length,
    overfitting: overfittingOfTrials(trials.map(({ trial }) => trial)),
  };
}

/** Null for fewer than two trials, or too few periods that all have. */
export function overfittingOfTrials(trials: readonly Omit<Trial, 'name'>[]): Overfitting | null {
  const [first, ...others] = trials;
  if (first === undefined || others.length === 0) return null;
  const common = others.reduce((periods, { period }) => {
    const known = new Set(Array.from(period));
    return periods.filter((each) => known.has(each));
  }, Array.from(first.period));
  if (common.length < LEAST_FOR_SPLITS) return null;
  const variants = trials.map(({ period, returns }) => {
    const at = new Map(Array.from(period, (each, row) => [each, row]));
    return Float64Array.from(common, (each) => returns[at.get(each)!] ?? 0);
  });
  const { probability, choices } = overfittingProbability(variants);
  return { probability, variants: variants.length, days: common.length, choices };
}
