/** What every model trains on and applies to: feature rows of one or several sequences of bars. */

/** Rows of one or several sequences, one after the other. No NaN. */
export interface Observations {
  /** Row-major rows × features. */
  readonly data: Float64Array;
  readonly rows: number;
  readonly features: number;
  /** Rows of each sequence; their sum is `rows`. No transition is counted from one sequence to the next. */
  readonly lengths: readonly number[];
}
