/**
 * The section `monitor` of tidewatch.yaml: majors vs alts (majors-alts spec §16). Names are those of the reference's own
 * files, so that its configurations can be read; keys that it has without effect are accepted here and say so.
 */
import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const days = z.int().min(1).max(10_000);
const bps = z.number().min(0).max(10_000);
const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, 'low must not be above high');
const lag = z.int().min(0).max(30);
const NO_EFFECT = 'accepted without effect';

const data = z.strictObject({
  data_lake_dir: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Research lake; null: <home>/lake/panel/curated/data_lake'),
  duckdb_path: z
    .string()
    .nullable()
    .default(null)
    .describe('Database beside the lake; only tried for reading, nothing depends on it'),
  universe_snapshots_path: z
    .string()
    .nullable()
    .default(null)
    .describe('Snapshots of the universe; null: beside the lake'),
});

const altSelection = z.strictObject({
  enabled: z.boolean().default(true).describe('False: no filters, equal weights'),
  max_volatility: z.number().positive().default(1).describe('Annual, fraction'),
  min_correlation: fraction.default(0.3).describe('Largest of |ρ| with BTC and ETH'),
  max_momentum: z.number().default(0.5),
  min_momentum: z.number().default(-0.5),
  weight_by_inverse_vol: z.boolean().default(true),
  volatility_lookback_days: z.int().min(3).max(1000).default(20),
  correlation_lookback_days: z.int().min(12).max(1000).default(60),
  momentum_lookback_days: z.int().min(1).max(1000).default(7),
});

const universe = z.strictObject({
  majors: z.array(z.string().min(1)).min(1).max(2).default(['BTC', 'ETH']).describe('The long leg'),
  exclude_assets: z.array(z.string().min(1)).default([]).describe('Never alts'),
  min_mcap_usd: z.number().min(0).default(5e7),
  min_volume_usd: z.number().min(0).default(1e6).describe('Median of seven days'),
  basket_size: z.int().min(1).max(5000).default(20),
  per_name_cap: z.number().positive().max(1).default(0.1).describe('Share of the basket'),
  gross_cap: z.number().positive().max(10).default(1).describe('Σ|w| of the book'),
  vol_target: z.number().nullable().default(null).describe(NO_EFFECT),
  neutrality_mode: z.enum(['beta_neutral', 'dollar_neutral']).default('beta_neutral'),
  alt_selection: altSelection.prefault({}),
});

/** Majors against the largest alts, whatever the regime (majors-alts spec §11, `category_path: msm`). */
const msm = z.strictObject({
  top_n: z.int().min(1).max(5000).default(20).describe('Alts, the largest by market cap'),
  weighting: z.enum(['equal', 'cap']).default('equal'),
  min_volume_usd: z.number().min(0).default(1_000).describe('Median of seven days'),
  major_weights: z
    .record(z.string().min(1), z.number().min(0))
    .default({ BTC: 1 })
    .describe('Shares of the long leg'),
  rebalance_days: z.int().min(1).max(10_000).default(7),
});

const costs = z.strictObject({
  maker_fee_bps: bps.default(2),
  taker_fee_bps: bps.default(5),
  slippage_bps: bps.default(5),
  slippage_adv_multiplier: z.number().min(0).default(0.1).describe('Used with capital_usd'),
  funding_enabled: z.boolean().default(true),
  funding_8h_rate: z.boolean().default(true).describe('Rates are per 8 hours: three settlements a day'),
  capital_usd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Slippage by traded volume; null: flat'),
  maker_share: fraction.default(0).describe('Share of turnover that pays the maker fee'),
});

const gridSearch = z.strictObject({
  enabled: z.boolean().default(true).describe(NO_EFFECT),
  apply: z.boolean().default(false).describe('Trade each window with the candidate chosen before it'),
  lookback_window_days: days.default(252).describe(NO_EFFECT),
  test_window_days: days.default(63).describe(NO_EFFECT),
  eval_horizon_days: days.default(20).describe(NO_EFFECT),
  weight_ranges: z
    .record(z.string(), range)
    .default({
      alt_breadth: [0, 0.3],
      btc_dominance: [0, 0.4],
      funding_skew: [0, 0.3],
      liquidity: [0, 0.3],
      volatility_spread: [0, 0.3],
      momentum: [0, 0.2],
    })
    .describe('In the order in which they are drawn'),
  threshold_low: range.default([-2, 0]),
  threshold_high: range.default([0, 2]),
  threshold_strong_low: range.default([-3, -0.5]),
  threshold_strong_high: range.default([0.5, 3]),
  n_samples: z.int().min(1).max(100_000).default(50),
});

const composite = z.strictObject({
  default_weights: z
    .record(z.string(), z.number())
    .default({
      alt_breadth: 0.18,
      btc_dominance: 0.22,
      funding_skew: 0.12,
      funding_heating: 0.1,
      liquidity: 0.13,
      volatility_spread: 0.13,
      momentum: 0.08,
      oi_risk: 0.04,
    })
    .describe('Feature, then its weight in the score; negative ones turn its sign'),
  threshold_low: z.number().default(-0.5),
  threshold_high: z.number().default(0.5),
  threshold_strong_low: z.number().default(-1.5),
  threshold_strong_high: z.number().default(1.5),
  grid_search: gridSearch.prefault({}),
  hysteresis: z
    .strictObject({
      low_band: z.number().max(0).default(-0.3),
      high_band: z.number().min(0).default(0.3),
      min_regime_duration: z.int().min(0).max(1000).default(3).describe('Rows with a wider band'),
    })
    .prefault({}),
});

const unsupervised = z.strictObject({
  method: z.enum(['hmm', 'kmeans']).default('hmm'),
  n_states: z.union([z.literal(3), z.literal(5)]).default(3),
  min_state_persistence_days: z.int().min(1).max(1000).default(3),
  features_for_clustering: z
    .array(z.string().min(1))
    .min(1)
    .default(['alt_breadth', 'btc_dominance', 'funding_skew']),
  train_rows: z
    .int()
    .min(20)
    .max(100_000)
    .nullable()
    .default(null)
    .describe('null: the lookback of the backtest'),
  refit_rows: z.int().min(1).max(100_000).nullable().default(null).describe('null: its test window'),
});

const gate = z.strictObject({
  kind: z
    .enum(['none', 'uptrend', 'hmm'])
    .default('none')
    .describe('When a traded regime is held: always, or while this agrees (profile corrected)'),
  uptrend: z
    .strictObject({
      group: z.enum(['alts', 'majors']).default('alts').describe('Whose daily uptrend states are counted'),
      least_share: fraction.default(0).describe('Share of the group in S2 or S3'),
      most_share: fraction.default(0.5),
    })
    .refine(({ least_share, most_share }) => least_share <= most_share, {
      message: 'least_share must not be above most_share',
    })
    .prefault({}),
  hmm: z
    .strictObject({
      least_probability: fraction
        .default(0.5)
        .describe('Filtered, of the regimes of the majors; the model is that of regime.unsupervised'),
    })
    .prefault({}),
});

const risk = z.strictObject({
  stop_loss: z
    .strictObject({
      enabled: z.boolean().default(true),
      daily_loss_threshold: z.number().max(0).default(-0.05),
      lookback_days: z.int().min(1).max(365).default(3),
      volatility_adjusted: z.boolean().default(true),
    })
    .prefault({}),
  take_profit: z
    .strictObject({
      enabled: z.boolean().default(true),
      profit_threshold: z.number().positive().default(0.1),
      time_based_exit_days: z.int().min(1).max(10_000).default(30),
      partial_profit_taking: z.boolean().default(false).describe('Halve once instead of closing'),
    })
    .prefault({}),
  volatility_targeting: z
    .strictObject({
      enabled: z.boolean().default(true),
      target_volatility: z.number().positive().default(0.2).describe('Annual, fraction'),
      lookback_days: z.int().min(2).max(1000).default(20),
      min_scale: fraction.default(0.1),
      max_scale: z.number().positive().max(10).default(1),
    })
    .prefault({}),
  trailing_stop: z
    .strictObject({
      enabled: z.boolean().default(false),
      drawdown_threshold: z.number().max(0).default(-0.15),
      lookback_days: z.int().min(1).max(1000).default(20),
    })
    .prefault({}),
  cooldown_days: z.int().min(0).max(365).default(3).describe('Days without entry after an exit'),
});

const backtest = z.strictObject({
  walk_forward: z.boolean().default(true).describe('False: all days are one window'),
  lookback_window_days: days.default(252),
  test_window_days: days.default(63),
  min_test_days: days.default(20).describe(NO_EFFECT),
  regime_position_scaling: z
    .strictObject({
      enabled: z.boolean().default(true),
      strong_risk_on_majors: z.number().min(0).default(1),
      weak_risk_on_majors: z.number().min(0).default(0.6),
      risk_on_majors: z.number().min(0).default(1),
      use_score_magnitude: z.boolean().default(true),
    })
    .prefault({}),
  risk_management: risk.prefault({}),
});

export const monitorSchema = z.strictObject({
  profile: z
    .enum(['corrected', 'reference'])
    .default('corrected')
    .describe('`reference` keeps the faults of the original'),
  data: data.prefault({}),
  funding: z
    .strictObject({
      unit: z
        .enum(['fraction', 'percent', 'auto'])
        .default('fraction')
        .describe('Unit of the funding table; auto divides days that look like percent'),
    })
    .prefault({}),
  universe: universe.prefault({}),
  costs: costs.prefault({}),
  features: z
    .strictObject({
      burn_in_days: z.int().min(0).max(10_000).default(60),
      lookback_days: days.default(252),
      derivatives_lag_days: z
        .union([lag, z.strictObject({ corrected: lag, reference: lag })])
        .default({ corrected: 1, reference: 0 })
        .describe('Days from the date of a funding or open-interest row to its publication'),
      dominance_of: z
        .enum(['first_major', 'majors'])
        .default('first_major')
        .describe('Whose market value btc_dominance is the share of; majors: BTC and ETH'),
    })
    .prefault({}),
  regime: z
    .strictObject({
      mode: z
        .enum(['composite', 'unsupervised', 'legacy'])
        .default('composite')
        .describe('legacy: the regimes of the older score of 0 to 100, made from the lake'),
      n_regimes: z.union([z.literal(3), z.literal(5)]).default(5),
      composite: composite.prefault({}),
      unsupervised: unsupervised.prefault({}),
      gate: gate.prefault({}),
    })
    .prefault({}),
  beta: z
    .strictObject({
      lookback_days: z.int().min(10).max(1000).default(60),
      ridge_alpha: z.number().min(0).default(0.1),
      winsorize_pct: z.number().min(0).max(0.49).default(0.05),
      beta_clamp: range.default([0, 3]),
      default_beta: z.number().default(1),
      use_tracker_betas: z.boolean().default(true).describe(NO_EFFECT),
    })
    .prefault({}),
  backtest: backtest.prefault({}),
  msm: msm
    .nullable()
    .default(null)
    .describe('Always on with a fixed rebalance, in place of regimes; null: off'),
  evaluation: z
    .strictObject({
      horizons_days: z.array(z.int().min(1).max(1000)).min(1).default([5, 10, 20, 40, 60]),
      bootstrap: z
        .strictObject({
          enabled: z.boolean().default(true),
          block_size: z.int().min(1).max(1000).default(10),
          n_boot: z.int().min(1).max(100_000).default(300),
        })
        .prefault({}),
    })
    .prefault({}),
  outputs: z
    .strictObject({
      reports_dir: z.string().min(1).nullable().default(null).describe('null: <home>/reports/majors-alts'),
      artifacts_dir: z.string().min(1).nullable().default(null).describe('null: <home>/runs'),
      cache_dir: z.string().min(1).nullable().default(null).describe('null: <home>/runs/cache'),
    })
    .prefault({}),
});

export type MonitorConfig = z.infer<typeof monitorSchema>;

/** Keys under which one value stands for the whole, not a section: it is replaced, not merged. */
export const MONITOR_WHOLE_KEYS: readonly string[] = [
  'monitor.features.derivatives_lag_days',
  'monitor.msm.major_weights',
  'monitor.regime.composite.default_weights',
  'monitor.regime.composite.grid_search.weight_ranges',
];
