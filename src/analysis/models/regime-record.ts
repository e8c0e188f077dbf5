/**
 * What a training leaves behind, whatever the family of the model: everything needed to compute regimes again and to
 * say how much to trust them, as plain JSON with every digit (HMM spec §6, §8). Equal rows, options and engine give
 * equal bytes. What a family does not have (a likelihood, random starts, transitions) is null.
 *
 * Who the model is for (instrument, timeframe, id, time of creation, hash of the bars) is added by whoever stores it.
 * Version 1 held Gaussian HMMs only; it is read and brought to this shape (regime-record-upgrade.ts).
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { servedRuleSchema } from './decoding.js';
import { FAMILY_NAMES } from './families/model-family.js';
import { upgradeRecord } from './regime-record-upgrade.js';
import { PROFILES, SELECTIONS } from './training-profile.js';

export const REGIME_RECORD_VERSION = 2;

const optional = z.number().nullable();

const statisticsSchema = z.strictObject({
  state: z.int().nonnegative(),
  label: z.string(),
  volatility_label: z.enum(['Low', 'Mid', 'High', 'Unobserved']),
  colour: z.string(),
  count: z.int().nonnegative(),
  share: z.number(),
  avg_return: optional,
  volatility: optional,
  /** Means of the other features by name. */
  averages: z.record(z.string(), optional),
  t_statistic: optional,
  hit_rate: optional,
  runs: z.int().nonnegative(),
  mean_run_length: optional,
  annualised_return: optional,
  annualised_volatility: optional,
  max_drawdown: optional,
  next_bar_return: optional,
  next_bar_t_statistic: optional,
  /** 1 / (1 − A_kk) bars; null when the state is never left. */
  expected_duration: optional,
});

const candidateSchema = z.strictObject({
  k: z.int(),
  n_params: z.int().nullable(),
  loglik_train: optional,
  aic: optional,
  bic: optional,
  icl: optional,
  smallest_share: optional,
  /** Mean log-likelihood per row of the rows that follow each fold, nats; null where it was not computed. */
  oos_loglik_per_row: optional,
  /** Mean shortfall against the best candidate on the same folds, nats per row, and its standard error. */
  oos_shortfall: optional,
  oos_standard_error: optional,
  /** Why it was passed over; null for a candidate in the running. */
  skipped: z.string().nullable(),
});

const diagnosticsSchema = z.strictObject({
  mode: z.enum(['map', 'hmmlearn']).nullable(),
  k: z.int().positive(),
  n_train: z.int().positive(),
  n_val: z.int().nonnegative(),
  loglik_train: optional,
  /** Validation rows as a fresh sequence from the start distribution. */
  loglik_val: optional,
  /** Validation rows after the training rows: L(all) − L(train). */
  loglik_val_continued: optional,
  loglik_per_row_train: optional,
  loglik_per_row_val: optional,
  /** Nats per validation row gained over a model with one state, continued. */
  val_gain_over_one_state: optional,
  aic: optional,
  bic: optional,
  icl: optional,
  bic_reference: optional,
  n_params: z.int().nullable(),
  /** Training rows per state on the decoded path. */
  state_counts: z.array(z.int()),
  /** What the fit improved and its value at the end. */
  objective: z.strictObject({ name: z.string(), value: z.number() }),
  converged: z.boolean(),
  iterations: z.int(),
  /** Log-likelihood (or the family's objective) before each update of the winning run. */
  loglik_history: z.array(z.number()),
  restarts: z
    .strictObject({
      count: z.int(),
      followed: z.int(),
      dropped: z.int(),
      /** Best minus worst objective of the starts followed to convergence. */
      spread: optional,
      best_family: z.string(),
    })
    .nullable(),
  /** Probability of staying in the present state, weighted by the stationary distribution. */
  persistence: optional,
  stationary: z.array(z.number()).nullable(),
  candidates: z.array(candidateSchema),
  /** What the decoding rule does to the training rows; left out without one. */
  decoding: z
    .strictObject({
      changes_per_1000_bars: z.number(),
      /** The same for the most probable state. */
      plain_changes_per_1000_bars: z.number(),
      mean_delay_bars: z.number(),
      maximum_delay_bars: z.number(),
    })
    .exactOptional(),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
});

export const regimeRecordSchema = z.strictObject({
  schema_version: z.literal(REGIME_RECORD_VERSION),
  /** Implementation of the recursions that fitted the model; another may differ in the last bits. */
  engine: z.string(),
  /** Family, as `--model` spells it. */
  model: z.enum(FAMILY_NAMES),
  /** The states of a bar follow from bars up to it; false for a family that looks at both sides. */
  causal: z.boolean(),
  config: z.strictObject({
    profile: z.enum(PROFILES),
    covariance_type: z.enum(['full', 'diag', 'tied', 'spherical']).nullable(),
    states: z.int(),
    k_min: z.int(),
    k_max: z.int(),
    /** How K was chosen. */
    selection: z.enum(SELECTIONS),
    seed: z.int(),
    restarts: z.int().nullable(),
    /** Null where the family's own limit holds. */
    max_iterations: z.int().nullable(),
    sign_aware: z.boolean(),
    bars_per_year: z.number(),
    features: z.array(z.string()),
    /** The family's own settings. */
    settings: z.record(z.string(), z.json()),
    /** How a bar's regime follows from filtered probabilities; left out: the most probable state. */
    decode: servedRuleSchema.exactOptional(),
  }),
  /** Null for a profile in raw units. */
  scaler: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }).nullable(),
  /** The model itself; its family reads it and checks the rest. */
  params: z
    .looseObject({ schema_version: z.int(), kind: z.string(), states: z.int(), features: z.int() })
    .catchall(z.json()),
  /** K × K, row i = P(next bar | i); null for a family that has none. */
  transition_matrix: z.array(z.array(z.number())).nullable(),
  labels: z.array(z.string()),
  stats: z.array(statisticsSchema),
  diagnostics: diagnosticsSchema,
  /** Open times of the first and last fitted bar, UTC ms. */
  train_start: z.number(),
  train_end: z.number(),
  /** Rows of the feature table, fitted and validating. */
  rows: z.int(),
});

/** All that a training leaves behind, as plain JSON; `parseRegimeRecord` reads it and older versions. */
export type RegimeRecord = z.infer<typeof regimeRecordSchema>;
export type RecordedStatistics = z.infer<typeof statisticsSchema>;

/**
 * Reads a record of this version or of version 1.
 * @throws TidewatchError `unsupported_schema_version`, `invalid_parameters`
 */
export function parseRegimeRecord(json: unknown): RegimeRecord {
  const version = (json as { schema_version?: unknown } | null)?.schema_version;
  if (version !== REGIME_RECORD_VERSION && version !== 1) {
    throw new TidewatchError(
      'unsupported_schema_version',
      `schema version ${String(version)} of a record is not known`,
      {
        hint: 'train the model again with this version',
        details: { schema_version: version ?? null, supported: REGIME_RECORD_VERSION },
      },
    );
  }
  const parsed = regimeRecordSchema.safeParse(version === 1 ? upgradeRecord(json) : json);
  const damage = parsed.success ? misfit(parsed.data) : z.prettifyError(parsed.error);
  if (parsed.success && damage === undefined) return parsed.data;
  throw damagedRecord(String(damage), parsed.error);
}

/** What is thrown for a record whose version is known and whose content makes no sense. */
export function damagedRecord(damage: string, cause?: unknown): TidewatchError {
  return new TidewatchError('invalid_parameters', `the record is damaged: ${damage}`, {
    hint: 'train the model again',
    cause,
  });
}

/** What does not belong together although each part is well formed; undefined in a sound record. */
function misfit({
  params,
  config,
  labels,
  stats,
  scaler,
  transition_matrix,
}: RegimeRecord): string | undefined {
  const { states, features } = params;
  if (labels.length !== states || stats.length !== states || config.states !== states) {
    return `${states} states, ${labels.length} labels, statistics of ${stats.length}`;
  }
  if (config.features.length !== features) {
    return `${features} features, names of ${config.features.length}`;
  }
  if (
    transition_matrix?.some((row) => row.length !== states) ||
    (transition_matrix?.length ?? states) !== states
  ) {
    return `${states} states, transitions of another shape`;
  }
  if (scaler === null) return undefined;
  const fits = scaler.mean.length === features && scaler.deviation.length === features;
  return fits && scaler.deviation.every((value) => value >= 0) ? undefined : 'the scaler fits no feature row';
}
