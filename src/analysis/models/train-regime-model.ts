/**
 * From a feature table to a record: scale by the training rows, fit every candidate K, choose by BIC, name the states,
 * and collect what tells whether to trust them (HMM spec §6, §7).
 *
 * Causality: scaler, K, parameters, labels and statistics come from the first part of the rows alone; the rest only
 * validates and the model is not fitted again on all rows. Deterministic: equal table, options and engine, equal JSON.
 */
import { TidewatchError } from '../../errors.js';
import { type FeatureTable, featureColumn } from '../features/feature-table.js';
import { Scaler } from '../features/scaler.js';
import { type FeatureRows, featureObservations } from './feature-observations.js';
import type { CovarianceType, ExpectationEngineFactory, Observations } from './gaussian-hmm/expectation.js';
import { type GaussianHmm, trainGaussianHmm } from './gaussian-hmm/gaussian-hmm.js';
import { gaussianHmmSchema } from './gaussian-hmm/gaussian-hmm-json.js';
import { kernelsAvailable } from './gaussian-hmm/wasm/kernel-module.js';
import { createWasmEngine } from './gaussian-hmm/wasm/wasm-engine.js';
import { labelColour, labelStates, labelVolatility } from './labels.js';
import { REGIME_RECORD_VERSION, type RecordedStatistics, type RegimeRecord } from './regime-record.js';
import { informationCriteria } from './selection.js';
import { mostProbablePath, type StateStatistics, stateStatistics } from './state-statistics.js';
import { diagnose, type Fitted } from './training-diagnostics.js';
import { PROFILE_RULES, type Profile, stateCandidates } from './training-profile.js';
import { type TrainingWarning, trainingWarnings } from './training-warnings.js';

export interface TrainRegimeOptions {
  /** `scaled` unless said. */
  readonly profile?: Profile;
  /** K; 3 unless said. */
  readonly states?: number;
  /** Candidates for K instead of one; 2 to 4 in profile `scaled_autok`. */
  readonly autoStates?: { readonly min: number; readonly max: number };
  /** That of the profile unless said. */
  readonly covarianceType?: CovarianceType;
  readonly seed?: number;
  readonly restarts?: number;
  readonly maxIterations?: number;
  /** Columns to learn from; all of the table unless said. */
  readonly features?: readonly string[];
  /** Name of the return column; `log_ret` unless said. */
  readonly returnFeature?: string;
  /** Name of the volatility column; `volatility` unless said. */
  readonly volatilityFeature?: string;
  readonly signAware?: boolean;
  /** For annualised numbers; a market that never closes unless said. */
  readonly barsPerYear?: number;
  readonly engineFactory?: ExpectationEngineFactory;
  /** Name of that engine, kept in the record; give it with `engineFactory`. */
  readonly engineName?: string;
}

/** Fewest feature rows that a model is trained on. */
export const FEWEST_ROWS = 200;
/** Share of the training rows below which a state makes its candidate unusable. */
const SMALLEST_SHARE = 0.01;
const YEAR_MS = 365 * 86_400_000;

/**
 * @throws TidewatchError `too_few_rows` below 200 rows, `degenerate_data` when no candidate is viable,
 *   `bad_parameter`, `non_finite_input`
 */
export function trainRegimeModel(table: FeatureRows, options: TrainRegimeOptions = {}): RegimeRecord {
  const profile = options.profile ?? 'scaled';
  const rules = PROFILE_RULES[profile];
  const rows = table.time.length;
  const candidates = stateCandidates(profile, options.states ?? 3, options.autoStates);
  if (rows < FEWEST_ROWS) {
    throw new TidewatchError(
      'too_few_rows',
      `${rows} feature rows are fewer than the ${FEWEST_ROWS} a model needs`,
      {
        hint: 'train on a longer window or a finer timeframe',
        details: { rows, needed: FEWEST_ROWS },
      },
    );
  }
  const names = options.features ?? table.names;
  const trainRows = Math.floor(rules.trainShare * rows);
  const columns = names.map((name) => featureColumn(table as FeatureTable, name));
  const scaler = rules.scaled ? Scaler.fit(columns, 0, trainRows) : undefined;
  const train = featureObservations(table, names, scaler, 0, trainRows);
  const all = featureObservations(table, names, scaler);

  const tried: RegimeRecord['diagnostics']['candidates'] = [];
  let best: Fitted | undefined;
  for (const states of candidates) {
    const attempt = tryCandidate(train, states, names, options, profile);
    tried.push(attempt.entry);
    if (attempt.fitted && (!best || attempt.fitted.bic < best.bic)) best = attempt.fitted;
  }
  if (!best) {
    const reasons = tried.map(({ k, skipped }) => `${k} states: ${skipped}`).join('; ');
    throw new TidewatchError('degenerate_data', `no viable model (${reasons})`, {
      hint: 'ask for fewer states or train on a longer window',
      details: { candidates: tried },
    });
  }
  const barsPerYear = options.barsPerYear ?? YEAR_MS / (table.availableAt[0]! - table.time[0]!);
  const statistics = describeStates(table, best.model, train, trainRows, options, barsPerYear);
  const diagnostics = diagnose(best, train, all, tried, {
    mode: rules.mode,
    covarianceType: options.covarianceType ?? rules.covarianceType,
    engineFactory: options.engineFactory ?? createWasmEngine,
  });
  const stats = recordStatistics(statistics, best.model, options.signAware ?? false);
  return {
    schema_version: REGIME_RECORD_VERSION,
    engine: options.engineName ?? (kernelsAvailable() ? 'wasm' : 'typescript'),
    config: {
      profile,
      covariance_type: options.covarianceType ?? rules.covarianceType,
      states: best.model.states,
      k_min: candidates[0]!,
      k_max: candidates[candidates.length - 1]!,
      seed: options.seed ?? 42,
      restarts: options.restarts ?? rules.restarts ?? null,
      max_iterations: options.maxIterations ?? 100,
      sign_aware: options.signAware ?? false,
      bars_per_year: barsPerYear,
      features: [...names],
    },
    scaler: scaler ? { mean: [...scaler.mean], deviation: [...scaler.deviation] } : null,
    params: gaussianHmmSchema.parse(best.model.toJSON()),
    labels: stats.map(({ label }) => label),
    stats,
    diagnostics: {
      ...diagnostics,
      warnings: trainingWarnings({ warnings: best.report.warnings, stats, candidates }) as TrainingWarning[],
    },
    train_start: table.time[0]!,
    train_end: table.time[trainRows - 1]!,
    rows,
  };
}

/** Fits one K; a candidate that cannot be fitted or starves a state is passed over with its reason. */
function tryCandidate(
  train: Observations,
  states: number,
  names: readonly string[],
  options: TrainRegimeOptions,
  profile: Profile,
): { fitted?: Fitted; entry: RegimeRecord['diagnostics']['candidates'][number] } {
  const none = { k: states, bic: null, loglik_train: null, smallest_share: null };
  try {
    const fitted = fitCandidate(train, states, names, options, profile);
    const share = Math.min(...fitted.stateCounts) / train.rows;
    const entry = {
      k: states,
      bic: fitted.bic,
      loglik_train: fitted.report.logLikelihood,
      smallest_share: share,
      skipped: share < SMALLEST_SHARE ? 'a state holds less than 1 % of the training rows' : null,
    };
    return entry.skipped === null ? { fitted, entry } : { entry };
  } catch (error) {
    const passable = error instanceof TidewatchError && error.code === 'degenerate_data';
    if (!passable) throw error;
    return { entry: { ...none, skipped: error.message } };
  }
}

function fitCandidate(
  train: Observations,
  states: number,
  names: readonly string[],
  options: TrainRegimeOptions,
  profile: Profile,
): Fitted {
  const rules = PROFILE_RULES[profile];
  const restarts = options.restarts ?? rules.restarts;
  const volatilityColumn = names.indexOf(options.volatilityFeature ?? 'volatility');
  const { model, report } = trainGaussianHmm(train, {
    states,
    covarianceType: options.covarianceType ?? rules.covarianceType,
    mode: rules.mode,
    maxIterations: options.maxIterations ?? 100,
    seed: options.seed ?? 42,
    minimumShare: SMALLEST_SHARE,
    returnColumn: Math.max(0, names.indexOf(options.returnFeature ?? 'log_ret')),
    ...(volatilityColumn >= 0 ? { volatilityColumn } : {}),
    featureNames: names,
    engineFactory: options.engineFactory ?? createWasmEngine,
    ...(restarts === undefined ? {} : { restarts }),
  });
  const stateCounts = new Array<number>(states).fill(0);
  for (const state of model.decode(train, { from: 'startProbability' }).path) stateCounts[state]! += 1;
  const { bic } = informationCriteria(report.logLikelihood, model.parameterCount, train.rows, 0);
  return { model, report, bic, stateCounts };
}

/** Statistics of the training rows by filtered state: what a reader of the history will see. */
function describeStates(
  table: FeatureRows,
  model: GaussianHmm,
  train: Observations,
  trainRows: number,
  options: TrainRegimeOptions,
  barsPerYear: number,
): StateStatistics[] {
  const path = mostProbablePath(model.filter(train).probability, model.states);
  const returnFeature = options.returnFeature ?? 'log_ret';
  const others = table.names.flatMap((name, i) =>
    name === returnFeature ? [] : [[name, table.columns[i]!.subarray(0, trainRows)] as const],
  );
  return stateStatistics({
    states: model.states,
    path,
    filteredPath: path,
    logReturn: featureColumn(table as FeatureTable, returnFeature).subarray(0, trainRows),
    others: Object.fromEntries(others),
    lengths: train.lengths,
    barsPerYear,
  });
}

function recordStatistics(
  statistics: readonly StateStatistics[],
  model: GaussianHmm,
  signAware: boolean,
): RecordedStatistics[] {
  const labels = labelStates(statistics, { signAware });
  const volatilityLabels = labelVolatility(statistics.map(({ volatility }) => volatility));
  const durations = model.expectedDurations;
  return statistics.map((state, k) => ({
    state: k,
    label: labels[k]!,
    volatility_label: volatilityLabels[k]!,
    colour: labelColour(labels[k]!),
    count: state.count,
    share: state.share,
    avg_return: state.averageReturn,
    volatility: state.volatility,
    averages: { ...state.averages },
    t_statistic: state.tStatistic,
    hit_rate: state.hitRate,
    runs: state.runs,
    mean_run_length: state.meanRunLength,
    annualised_return: state.annualisedReturn,
    annualised_volatility: state.annualisedVolatility,
    max_drawdown: state.maxDrawdown,
    next_bar_return: state.nextBarReturn,
    next_bar_t_statistic: state.nextBarTStatistic,
    expected_duration: Number.isFinite(durations[k]!) ? durations[k]! : null,
  }));
}
