/**
 * What a regime report is made of. Plain data: the caller fills it from a model, its statistics and its manifest,
 * so that the report depends on no model class. Times are UTC epoch milliseconds, returns and volatilities are
 * fractions per bar, durations are bars.
 */
import type { Series } from '../../market/series.js';

/** One colour per label of the label rules; further Chop states cycle through the last two. */
export const REGIME_COLORS = [
  'strong-bear',
  'bear',
  'chop',
  'chop-1',
  'chop-2',
  'chop-3',
  'chop-4',
  'bull',
  'strong-bull',
  'unobserved',
] as const;
export type RegimeColor = (typeof REGIME_COLORS)[number];

/** A mean with its t-statistic; `t` is null where it cannot be had. */
export interface MeanWithT {
  readonly mean: number;
  readonly t: number | null;
}

/** One state as the report describes it; returns and volatility are fractions per bar unless said. */
export interface ReportState {
  /** `Bear`, `Chop`, `Bull` … */
  readonly label: string;
  readonly color: RegimeColor;
  /** Rank of its volatility among the states: Low, Mid, High. */
  readonly volatilityLabel: string | null;
  /** Bars assigned to the state. */
  readonly bars: number;
  /** Share of all assigned bars, 0–1. */
  readonly share: number;
  readonly meanRun: number | null;
  /** Standard deviation of the log return per bar. */
  readonly volatility: number | null;
  /** Mean log return of the bars of the state: describes the past, since the bar's return is an input. */
  readonly sameBar: MeanWithT | null;
  /** Mean log return of the bar after a bar in the state. */
  readonly nextBar: MeanWithT | null;
  /** 1 / (1 − A_kk); Infinity for an absorbing state, null for a model without transitions. */
  readonly expectedDuration: number | null;
}

export interface ReportForecast {
  /** Bars ahead. */
  readonly bars: number;
  /** K probabilities, in the order of `states`. */
  readonly probabilities: ArrayLike<number>;
}

/** A number of states that was tried. */
export interface ReportCandidate {
  readonly states: number;
  /** Log-likelihood per row of later rows, and how far behind the best, with its standard error; nats. */
  readonly perRow: number | null;
  readonly shortfall: number | null;
  readonly standardError: number | null;
  readonly aic: number | null;
  readonly bic: number | null;
  readonly icl: number | null;
  /** Why it was passed over; null for one in the running. */
  readonly skipped: string | null;
}

/** What the training says of itself; null where the family has no such figure. */
export interface ReportDiagnostics {
  /** `Gaussian HMM`. */
  readonly modelName: string;
  /** Null for a model without covariances. */
  readonly covarianceType: string | null;
  /** False for a model that puts each bar into one state. */
  readonly probabilistic: boolean;
  /** Null when the number of states was given. */
  readonly choice: {
    readonly by: 'bic' | 'out_of_sample';
    readonly candidates: readonly ReportCandidate[];
  } | null;
  readonly profile: string;
  readonly features: readonly string[];
  /** Features were scaled with the mean and deviation of the training rows. */
  readonly scaled: boolean;
  readonly trainBars: number;
  readonly validationBars: number;
  /** Free parameters; null where they are not counted. */
  readonly parameters: number | null;
  readonly bic: number | null;
  readonly logLikelihoodPerRowTrain: number | null;
  readonly logLikelihoodPerRowValidation: number | null;
  readonly converged: boolean;
  readonly iterations: number;
  /** Share of bars on which the filtered and the smoothed state differ, 0–1. */
  readonly filteredDiffersFromSmoothed: number | null;
  /** Null for a method without random starts. */
  readonly restarts: number | null;
  /** Best minus worst total log-likelihood of the restarts. */
  readonly restartSpread: number | null;
  /** Sentences for people: `state Bear holds 3 % of the bars`. */
  readonly warnings: readonly string[];
}

/** What it takes to make the report again. */
export interface ReportManifest {
  readonly runId: string | null;
  readonly modelId: string;
  /** Hash of the input bars. */
  readonly dataHash: string;
  readonly seed: number;
  /** Version of Tidewatch that wrote the report. */
  readonly version: string;
  /** Command that makes this report again. */
  readonly reproduce: string;
}

/** All that a regime report shows, as plain data; `buildRegimeReport` refuses what does not fit together. */
export interface RegimeReportInput {
  /** `BTC/USDT 1h regimes`. */
  readonly title: string;
  /** How people read the instrument: `BTC/USDT`. */
  readonly symbol: string;
  /** Unit of the prices: `USDT`; null where the symbol does not tell. */
  readonly quote: string | null;
  /** Bars as stored, or resampled from a finer timeframe. */
  readonly source: 'native' | 'derived';
  /** The bars come from the data shipped with the product. */
  readonly sampleData: boolean;
  /** When the report was made. */
  readonly generatedAt: number;
  /** Every bar of the report; instrument and timeframe are read from it. */
  readonly series: Series;
  /** `filtered` is causal; `smoothed` knew later bars and is marked as lookahead. */
  readonly kind: 'filtered' | 'smoothed';
  /** Position in `series` of the bar that row 0 of `probabilities` belongs to; bars before it have no regime. */
  readonly firstBar: number;
  /** (series.length − firstBar) × K row-major; a row of NaN is a bar without a regime. */
  readonly probabilities: Float64Array;
  /** K states, in the order of the columns of `probabilities`. */
  readonly states: readonly ReportState[];
  /** Bars that the statistics of the states were taken from: `all 34,976 bars`. */
  readonly statisticsScope: string;
  /** K × K row-major, row i = P(next | i); null for a model without transitions. */
  readonly transitionMatrix: Float64Array | null;
  /** K long-run probabilities; null where the chain has none. */
  readonly stationary: ArrayLike<number> | null;
  /** From the last bar, nearest first; empty for a model that forecasts nothing. */
  readonly forecast: readonly ReportForecast[];
  /** Open time of the first bar that the model was not fitted on; null when it was fitted on all. */
  readonly trainEnd: number | null;
  readonly diagnostics: ReportDiagnostics;
  readonly manifest: ReportManifest;
}
