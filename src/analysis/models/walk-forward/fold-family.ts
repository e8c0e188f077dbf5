/**
 * What the walk-forward engine asks of a family of models. Registry entries satisfy it; a family that can continue
 * from older parameters adds `continueFrom`, any other starts afresh at every refit.
 */
import type { Scaler } from '../../features/scaler.js';
import type { CovarianceType } from '../gaussian-hmm/expectation.js';
import type { Stickiness } from '../gaussian-hmm/sticky-prior.js';
import type { Observations } from '../observations.js';
import type { Json, RegimeModel } from '../regime-model.js';

/** Options of a candidate, JSON: they travel to workers and into manifests. */
export interface Candidate {
  /** Name of the family as `--model` spells it. */
  readonly family: string;
  /** K, or a range from which each refit chooses by what its later training rows say. */
  readonly states: number | { readonly min: number; readonly max: number };
  readonly covariance?: CovarianceType;
  /** Starts of every refit. */
  readonly restarts: number;
  readonly seed: number;
  /** By pseudo-counts; a target duration is a setting as well. */
  readonly sticky?: Stickiness;
  /** The family's own settings; its usual ones unless said. */
  readonly settings?: Readonly<Record<string, Json>>;
}

/** What one fit of one refit is asked for; K is settled. */
export interface FoldRequest extends Omit<Candidate, 'family' | 'states'> {
  readonly states: number;
  /** Columns of the bar's return and of volatility among the features. */
  readonly returnColumn: number;
  /** Log return of each training row, raw units. */
  readonly logReturn: Float64Array;
  readonly volatilityColumn?: number;
  readonly featureNames: readonly string[];
}

export interface FoldModel {
  readonly model: RegimeModel;
  /** ln P(training rows), nats; null for a family without likelihood. */
  readonly logLikelihood: number | null;
  /** Free parameters; null where they are not counted. */
  readonly parameters: number | null;
}

export interface FoldFamily {
  readonly name: string;
  /** For prose. */
  readonly title: string;
  /** Its likelihood is that of the feature rows, comparable with a Gaussian of one state on the same rows. */
  readonly featureLikelihood: boolean;
  /** The rows hold the states themselves: not scaled, not matched at refits. */
  readonly givenStates?: boolean;
  /** @throws TidewatchError `too_few_rows`, `degenerate_data` */
  fit(train: Observations, request: FoldRequest): FoldModel;
  /**
   * Fits from the parameters of an older model, which were learned in units of another scaler.
   * Undefined when this older model cannot be continued on these rows.
   */
  continueFrom?(
    train: Observations,
    request: FoldRequest,
    older: { readonly model: RegimeModel; readonly scaler: Scaler },
    scaler: Scaler,
  ): FoldModel | undefined;
  /** The same emissions without memory, fitted to the same rows: a mixture. Undefined when it cannot be told. */
  withoutMemory?(train: Observations, request: FoldRequest, model: RegimeModel): RegimeModel | undefined;
  fromJson(json: unknown): RegimeModel;
}
