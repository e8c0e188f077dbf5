/** What a majors-vs-alts run takes and gives (spec majors-alts-monitor §§2–11). Columns, days as UTC day numbers. */
import type { NeutralFeatureTable } from '../../analysis/neutral/feature-table.js';
import type { GridSearchResult } from '../../analysis/neutral/grid-search.js';
import type { NeutralRegime } from '../../analysis/neutral/regime-state.js';
import type { UnsupervisedResult } from '../../analysis/neutral/unsupervised.js';
import type { AssetPanel } from '../../market/asset-panel.js';

/** A daily panel and what of it may be traded; days are whole days since the Unix epoch, UTC. */
export interface MajorsAltsInput {
  readonly panel: AssetPanel;
  /** Ids that are never alts under the profile (stablecoins, wrapped tokens, blacklist); the majors are not among them. */
  readonly excluded: ReadonlySet<string>;
  /** First and last day, inclusive; the first and last price day when left out. */
  readonly startDay?: number | undefined;
  readonly endDay?: number | undefined;
  /** Betas on each major from elsewhere; they win over the estimate when they hold every major. */
  readonly trackerBetas?: ReadonlyMap<string, Readonly<Record<string, number>>> | undefined;
}

export const EXIT_REASONS = ['stop_loss', 'take_profit', 'time_exit', 'trailing_stop'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** Number columns of the daily table, in the order of `bt_daily_pnl.csv`; fractions of equity. */
export const DAILY_NUMBERS = [
  'score',
  'pnl',
  'cost',
  'funding',
  'r_ls_gross',
  'r_ls_net',
  'alt_turnover',
  'major_turnover',
  'alt_gross',
  'major_gross',
  'total_gross',
] as const;

/** Those that only the corrected profile has, after the common ones. */
export const CORRECTED_DAILY_NUMBERS = ['beta_err_btc', 'beta_err_eth', 'net_exposure'] as const;
export type DailyNumber = (typeof DAILY_NUMBERS)[number] | (typeof CORRECTED_DAILY_NUMBERS)[number];

/** One row per traded day. */
export interface DailyBook {
  readonly day: Int32Array;
  /** Regime decided at the close of the day. */
  readonly regime: readonly NeutralRegime[];
  /** Regime of the day before, under which the return was earned; '' on the first row. */
  readonly heldRegime: readonly (NeutralRegime | '')[];
  readonly exitReason: readonly (ExitReason | '')[];
  readonly rebalanced: readonly boolean[];
  readonly numbers: Readonly<Record<DailyNumber, Float64Array>>;
  /** Σ|w| held over the day whose funding rate the lake lacks; such names owe 0 in `funding`. */
  readonly unfundedGross: Float64Array;
  /** Π(1 + r_ls_net), the row's own day included. */
  readonly equity: Float64Array;
}

/** Rows of (day, asset, value…), sorted by day, then asset id. */
export interface AssetDayValues<Name extends string> {
  readonly day: Int32Array;
  readonly asset: readonly string[];
  readonly values: Readonly<Record<Name, Float64Array>>;
}

/** Missing funding rates of names that were held. */
export interface FundingCoverage {
  /** Name-days held over. */
  readonly due: number;
  readonly missing: number;
  /** missing / due by name-days; 0 when nothing was held. */
  readonly missingShare: number;
  /** The same, weighted by |w|. */
  readonly missingGrossShare: number;
}

/** Net daily returns of the book in one regime, fractions per day. */
export interface RegimeMetric {
  readonly regime: NeutralRegime;
  readonly days: number;
  readonly meanReturn: number;
  readonly medianReturn: number;
  /** Sample deviation; NaN for one row. */
  readonly stdReturn: number;
  /** mean / std, not annualised; NaN when the deviation is 0 or NaN. */
  readonly sharpeLike: number;
  /** Compounded; the corrected profile's column. */
  readonly totalReturn: number;
}

/** One row per feature date. */
export interface RegimeTimeline {
  readonly day: Int32Array;
  readonly score: Float64Array;
  readonly regime: readonly NeutralRegime[];
}

/** All tables of one run; days are UTC day numbers, weights shares of equity, returns fractions per day. */
export interface MajorsAltsResult {
  /** Ids of the alt set, ascending. */
  readonly alts: readonly string[];
  readonly features: NeutralFeatureTable;
  readonly timeline: RegimeTimeline;
  readonly daily: DailyBook;
  /** Signed weights after each day's close, zeros absent. */
  readonly weights: AssetDayValues<'weight'>;
  /** Days on which a target was built. */
  readonly basket: AssetDayValues<'basket_weight'>;
  readonly betas: AssetDayValues<'beta_btc' | 'beta_eth'>;
  /** Empty when no day was traded; keys of `kpis.json` in its order. */
  readonly kpis: Readonly<Record<string, number>>;
  readonly regimeMetrics: readonly RegimeMetric[];
  readonly fundingCoverage: FundingCoverage;
  /** Return of the plain book that is always on, by trading day; the regime evaluation's yardstick. */
  readonly alwaysOn: { readonly day: Int32Array; readonly return: Float64Array };
  /** Of the variant with a fixed rebalance: return of its basket less that of the first major, by row of `daily`. */
  readonly target?: Float64Array;
  readonly gridSearch: GridSearchResult | null;
  readonly unsupervised: UnsupervisedResult | null;
  /** Degradations, one sentence each. */
  readonly warnings: readonly string[];
}
