/**
 * Whether a regime model is worth listening to (HMM spec §11.12): everything measured on filtered walk-forward states,
 * never on the rows a model was fitted to, and one sentence that says what the numbers say, "no better than one state"
 * included.
 *
 * Two likelihoods: of all features, for families that define one, against one state and against the same emissions
 * without memory; and of the next return alone, which every family and feature set can be compared by.
 * The t-values are Newey–West over bars (returns) or over folds (features).
 */
import { Random } from '../../../market/random.js';
import { meanSeparation, type NormalMoments } from '../bhattacharyya.js';
import { neweyWestT } from '../newey-west.js';
import type { Observations } from '../observations.js';
import { informationCriteria, totalEntropy } from '../selection.js';
import { type Calibration, calibration } from './calibration.js';
import { type EconomicValue, economicValue, type RuleName } from './economic-value.js';
import { trainingRows, type WalkForwardInput } from './fold-search.js';
import type { Revision } from './revision.js';
import { type SyntheticDelay, syntheticDelay } from './synthetic-switch.js';
import { shownLabels, type WalkForward } from './walk-forward.js';

/** Log-likelihood over a simpler model. */
export interface Gain {
  /** Nats per row. */
  readonly per_row: number;
  readonly t: number | null;
}

/** All of a walk-forward in numbers; rows are out of sample throughout. */
export interface Scorecard {
  readonly rows: number;
  readonly refits: number;
  readonly states: number;
  readonly likelihood: {
    /** Nats per row of the features in scaled units; null for a family without likelihood. */
    readonly in_sample: number | null;
    readonly out_of_sample: number | null;
    readonly over_one_state: Gain | null;
    readonly over_no_memory: Gain | null;
    /** Of the newest fit. */
    readonly aic: number | null;
    readonly bic: number | null;
    readonly icl: number | null;
  };
  readonly returns: {
    /** Nats per row of the next return. */
    readonly out_of_sample: number;
    readonly over_one_state: Gain;
    readonly over_no_memory: Gain;
  };
  readonly persistence: {
    readonly mean_run_length: number;
    readonly changes_per_1000_bars: number;
  };
  /** Mean pairwise Bhattacharyya distance of the newest fit's states. */
  readonly separation: number | null;
  /** 1 − mean entropy / ln K, 0 to 1; null for one state. */
  readonly certainty: number | null;
  readonly stability: {
    readonly adjusted_rand: number | null;
    readonly churn: number | null;
    /** Share of the refits with a label break. */
    readonly label_breaks: number | null;
  };
  readonly detection_delay: SyntheticDelay | null;
  readonly calibration: Calibration;
  readonly economic: EconomicValue;
  readonly verdict: { readonly code: VerdictCode; readonly sentence: string };
}

export type VerdictCode =
  | 'no_better_than_one_state'
  | 'no_better_than_no_memory'
  | 'risk_only'
  | 'direction_without_profit'
  | 'direction_and_profit';

/**
 * Costs in basis points of what is traded; `seed` draws the bootstrap, the shifted paths and the switches.
 */
export interface ScorecardOptions {
  readonly rule: RuleName;
  readonly costBps: number;
  readonly barsPerYear: number;
  /** States come with the rows: what the rows of a state tell of it (separation, synthetic switches) says nothing. */
  readonly givenStates?: boolean | undefined;
  /** Draws of the phase shifts and of the bootstrap; 1000 unless said. */
  readonly draws?: number;
  readonly seed: number;
}

/** Synthetic switches per ordered pair of states. */
const SWITCHES_PER_PAIR = 50;
/** From here on a t-value or p-value is believed. */
const BELIEVED_T = 2;
const BELIEVED_P = 0.05;

/** Everything a walk-forward is judged by; the newest fold stands for the model as it would be used now. */
export function scorecard(
  input: WalkForwardInput,
  result: WalkForward,
  revision: Revision,
  options: ScorecardOptions,
): Scorecard {
  const { folds, rows, regime } = result;
  const newest = folds[folds.length - 1]!;
  const training = trainingRows(input.table, newest.fold, newest.scaler);
  const probability = newest.model.filter(training).probability;
  const returns = returnLikelihood(result);
  const economic = economicValue({
    regime,
    labels: shownLabels(result),
    returns: result.returns,
    rule: options.rule,
    costBps: options.costBps,
    barsPerYear: options.barsPerYear,
    draws: options.draws ?? 1_000,
    seed: options.seed,
  });
  const runs = rows / (1 + result.decoding.changes);
  const refits = folds.slice(1);
  const broken = refits.filter(({ alignment }) => alignment && alignment.breaks.length > 0).length;
  const states = Math.max(...folds.map(({ model }) => model.states));
  return {
    rows,
    refits: folds.length,
    states,
    likelihood: featureLikelihood(result),
    returns,
    persistence: {
      mean_run_length: runs,
      changes_per_1000_bars: result.decoding.changesPer1000Bars,
    },
    separation: options.givenStates
      ? null
      : meanSeparation(stateMoments(training, probability, newest.model.states)),
    certainty: states > 1 ? 1 - totalEntropy(result.probability) / rows / Math.log(states) : null,
    stability: {
      adjusted_rand: revision.mean_adjusted_rand,
      churn: revision.mean_churn,
      label_breaks: refits.length > 0 ? broken / refits.length : null,
    },
    detection_delay: options.givenStates
      ? null
      : syntheticDelay(newest.model, training, new Random(options.seed).fork(3), SWITCHES_PER_PAIR),
    calibration: calibration(result),
    economic,
    verdict: verdict(states, returns, economic),
  };
}

function gain(differences: readonly number[], rows: number): Gain {
  return { per_row: differences.reduce((sum, value) => sum + value, 0) / rows, t: neweyWestT(differences) };
}

function featureLikelihood({ folds, rows }: WalkForward): Scorecard['likelihood'] {
  const { training } = folds[folds.length - 1]!;
  const { loglik, parameters, entropy } = training;
  const criteria =
    loglik === null || parameters === null
      ? { aic: null, bic: null, icl: null }
      : informationCriteria(loglik, parameters, training.rows, entropy);
  const total = folds.every((fold) => fold.loglik !== null)
    ? folds.reduce((sum, fold) => sum + fold.loglik!, 0)
    : null;
  const over = (other: 'oneStateLoglik' | 'mixtureLoglik'): Gain | null => {
    if (total === null || folds.some((fold) => fold[other] === null)) return null;
    return gain(
      folds.map((fold) => fold.loglik! - fold[other]!),
      rows,
    );
  };
  return {
    in_sample: loglik === null ? null : loglik / training.rows,
    out_of_sample: total === null ? null : total / rows,
    over_one_state: over('oneStateLoglik'),
    over_no_memory: over('mixtureLoglik'),
    aic: criteria.aic,
    bic: criteria.bic,
    icl: criteria.icl,
  };
}

function returnLikelihood({ folds }: WalkForward): Scorecard['returns'] {
  const own: number[] = [];
  const overPlain: number[] = [];
  const overShares: number[] = [];
  for (const { returnDensity, plainReturnDensity, memorylessReturnDensity } of folds) {
    returnDensity.forEach((density, row) => {
      if (!Number.isFinite(density)) return;
      own.push(density);
      overPlain.push(density - plainReturnDensity[row]!);
      overShares.push(density - memorylessReturnDensity[row]!);
    });
  }
  return {
    out_of_sample: own.reduce((sum, value) => sum + value, 0) / own.length,
    over_one_state: gain(overPlain, own.length),
    over_no_memory: gain(overShares, own.length),
  };
}

/** Weighted mean and covariance of each state's rows, for states that hold more rows than features. */
function stateMoments(
  { data, rows, features }: Observations,
  probability: Float64Array,
  states: number,
): NormalMoments[] {
  return Array.from({ length: states }, (_, k) => {
    const mean = new Float64Array(features);
    const covariance = new Float64Array(features * features);
    let mass = 0;
    for (let row = 0; row < rows; row += 1) {
      const weight = probability[row * states + k]!;
      mass += weight;
      for (let d = 0; d < features; d += 1) mean[d]! += weight * data[row * features + d]!;
    }
    for (let d = 0; d < features; d += 1) mean[d]! /= mass;
    for (let row = 0; row < rows; row += 1) {
      const weight = probability[row * states + k]! / mass;
      if (weight === 0) continue;
      for (let d = 0; d < features; d += 1) {
        const left = weight * (data[row * features + d]! - mean[d]!);
        for (let e = 0; e < features; e += 1) {
          covariance[d * features + e]! += left * (data[row * features + e]! - mean[e]!);
        }
      }
    }
    for (let d = 0; d < features; d += 1) covariance[d * features + d]! += 1e-6;
    return { mean, covariance, mass };
  }).filter(({ mass }) => mass > features);
}

const believed = ({ per_row: perRow, t }: Gain): boolean => perRow > 0 && (t ?? 0) >= BELIEVED_T;
const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
const shown = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);
const tValue = ({ t }: Gain): string => (t === null ? 'no t' : `t = ${t.toFixed(1).replace('-', '−')}`);

/** The numbers in one sentence; the code is the least favourable thing that is true. */
export function verdict(
  states: number,
  returns: Scorecard['returns'],
  economic: EconomicValue,
): Scorecard['verdict'] {
  const { over_one_state: plain, over_no_memory: memory } = returns;
  const overPlain = `${signed(plain.per_row)} nats per bar, ${tValue(plain)}`;
  if (states === 1) {
    return {
      code: 'no_better_than_one_state',
      sentence: 'One state: the baseline that the others are held against.',
    };
  }
  if (!believed(plain)) {
    return {
      code: 'no_better_than_one_state',
      sentence: `No better than one state at forecasting the next return (${overPlain}).`,
    };
  }
  if (!believed(memory)) {
    return {
      code: 'no_better_than_no_memory',
      sentence: `Better than one state at the shape of returns (${overPlain}), but knowing the present state adds nothing (${signed(memory.per_row)} nats per bar, ${tValue(memory)}).`,
    };
  }
  const knowsSize = `Knows how large the next move will be (${overPlain} over one state)`;
  const { direction, states: outlook, phase_shift: shift, strategy, buy_and_hold: hold } = economic;
  const directionP = direction?.p ?? 1;
  const least = Math.min(1, ...outlook.map(({ bootstrap_p: p }) => p ?? 1)) * outlook.length;
  if (directionP > BELIEVED_P || least > BELIEVED_P) {
    return {
      code: 'risk_only',
      sentence: `${knowsSize}, but not which way: for direction it is no better than one state (Kruskal–Wallis ${shown(directionP)}, best state ${shown(Math.min(1, least))} after correction).`,
    };
  }
  const beats = (shift?.p ?? 1) <= BELIEVED_P && strategy.net_return > Math.max(0, hold.net_return);
  return beats
    ? {
        code: 'direction_and_profit',
        sentence: `${knowsSize} and which way (Kruskal–Wallis ${shown(directionP)}); the fixed rule earned more than holding after costs and than the same path at other dates (${shown(shift?.p ?? 1)}).`,
      }
    : {
        code: 'direction_without_profit',
        sentence: `${knowsSize} and something of which way (Kruskal–Wallis ${shown(directionP)}), but the fixed rule after costs did not earn more than holding and than the same path at other dates (${shown(shift?.p ?? 1)}).`,
      };
}
