/**
 * What every regime model can do, whatever its mathematics: learn states from feature rows, tell the probability of
 * each state causally, study the past with lookahead (and say so in the type), look ahead h bars, run bar by bar,
 * and be written to JSON and read again.
 *
 * Causality: `filter` and `online` use rows up to t only. `smooth` and `decode` use rows after t; their results carry
 * `lookahead: true` in the type, so that a backtest that accepts `Causal` refuses them at compile time.
 * One suite (regime-model.contract.test.ts) holds every model to these promises.
 */
import type { Observations } from './observations.js';

/** Probabilities rows × K, row-major, with the rows they are allowed to know. */
interface StateProbability {
  readonly states: number;
  readonly rows: number;
  readonly probability: Float64Array;
  /** ln P(rows | model), natural logarithm; NaN where the model defines no likelihood. */
  readonly logLikelihood: number;
}

/** P(state at t | rows up to t). */
export interface FilteredProbability extends StateProbability {
  readonly kind: 'filtered';
  readonly lookahead: false;
}

/** P(state at t | all rows): for study only. */
export interface SmoothedProbability extends StateProbability {
  readonly kind: 'smoothed';
  readonly lookahead: true;
}

/** The most likely path given all rows: for study only. */
export interface DecodedPath {
  readonly kind: 'viterbi';
  readonly lookahead: true;
  /** State of each row. */
  readonly path: Uint8Array;
  /** ln P(path, rows); NaN where the model defines none. */
  readonly logProbability: number;
}

/** What a backtest accepts. */
export type Causal = { readonly lookahead: false };

/** Where filtering starts: not at the start distribution of training, which is one-hot after a fit (HMM spec §5.7). */
export type FilterStart =
  /** The stationary distribution: a window in the middle of history. The default. */
  | { readonly from: 'stationary' }
  /** The model's start distribution: the training rows themselves, or a comparison with another library. */
  | { readonly from: 'startProbability' }
  /** The filtered distribution of the row just before the first one. */
  | { readonly from: 'carried'; readonly probability: Float64Array };

/** Where a study of a whole window starts. */
export type StudyStart = Exclude<FilterStart, { from: 'carried' }>;

export interface Capabilities {
  /** Tells the state of a bar from bars up to it. When false, `filter` and `online` throw `not_causal`. */
  readonly causal: boolean;
  /** Filtered values are probabilities, not a 0/1 assignment. */
  readonly probabilistic: boolean;
  /** States depend on the states before them. */
  readonly temporal: boolean;
  /** Rows have a likelihood, so that models can be compared by it. */
  readonly likelihood: boolean;
  /** NaN features can be marginalised. */
  readonly missing: boolean;
}

/** JSON value: what `toJSON` gives and `JSON.stringify` keeps without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One row as a stream delivers it. */
export interface OnlineRow {
  /** Open time of the bar, UTC ms. */
  readonly time: number;
  /** D features in the units the model was trained on. */
  readonly values: ArrayLike<number>;
  readonly startsSegment?: boolean;
}

/** A filter that runs bar by bar. */
export interface OnlineFilter {
  /** UTC ms of the last row taken in; NaN before the first. */
  readonly lastTime: number;
  /** Filtered probability of the last row; K values, the caller's to keep. */
  readonly probability: Float64Array;
  /** How often `revise` has rewritten history; 0 at the start. */
  readonly revision: number;
  /**
   * Takes in one row of D features and returns the filtered probability.
   * @param startsSegment true when bars are missing before this one: filtering starts afresh, as in a batch
   * @throws TidewatchError `time_not_increasing` when `time` is not after the last row, `non_finite_input`
   */
  next(time: number, row: ArrayLike<number>, startsSegment?: boolean): Float64Array;
  /**
   * A bar came late or was corrected: forgets everything from the first given row on and takes in the given rows,
   * which must be all rows from there to now (a corrected bar changes the features of later bars too).
   * @returns the new revision and the filtered probability of each given row
   * @throws TidewatchError `bad_parameter` when that bar is older than what the filter still remembers
   */
  revise(rows: readonly OnlineRow[]): {
    readonly revision: number;
    readonly probability: readonly Float64Array[];
  };
  /** State probabilities h bars ahead. */
  forecast(horizon: number): Float64Array;
  /** Everything a restart needs, as JSON; `online(snapshot)` resumes bit for bit. */
  snapshot(): Json;
}

/**
 * A trained model over K states and D features. Probabilities are rows × K, row-major, and sum to 1 in each row.
 */
export interface RegimeModel {
  /** Family name: `gaussian_hmm`, `kmeans`, … */
  readonly kind: string;
  /** K. */
  readonly states: number;
  /** D. */
  readonly features: number;
  readonly capabilities: Capabilities;
  /**
   * Causal probability of each state at each row; several sequences each start afresh.
   * @throws TidewatchError `not_causal` when the model needs later rows to tell a state (capability `causal`)
   */
  filter(observations: Observations, start?: FilterStart): FilteredProbability;
  smooth(observations: Observations, start?: StudyStart): SmoothedProbability;
  decode(observations: Observations, start?: StudyStart): DecodedPath;
  /** P(state h bars ahead) given a filtered distribution; K values. `horizon` ≥ 0 whole bars. */
  forecast(probability: Float64Array, horizon: number): Float64Array;
  /**
   * Starts (or, given a snapshot, resumes) a bar-by-bar filter.
   * @throws TidewatchError `not_causal` when the model has none
   */
  online(snapshot?: Json): OnlineFilter;
  toJSON(): Json;
}

/** How a family of models is made: by fitting, or from JSON. */
export interface RegimeModelFamily<Options, Report> {
  readonly kind: string;
  /** Learns from rows; equal rows, options and seed give equal models. */
  fit(observations: Observations, options: Options): { readonly model: RegimeModel; readonly report: Report };
  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  fromJson(json: unknown): RegimeModel;
}
