/**
 * From a feature table to a record, for every family of models: scale by the training rows, fit every candidate K,
 * choose one, name the states, and collect what tells whether to trust them (HMM spec §6, §7, §11.1).
 *
 * Causality: scaler, K, parameters, labels and statistics come from the first part of the rows alone; the rest only
 * validates and the model is not fitted again on all rows. Deterministic: equal table, options and engine, equal JSON.
 */
import { TidewatchError } from '../../errors.js';
import { Scaler } from '../features/scaler.js';
import { checkServedRule, type ServedRule, servedRuleJson } from './decoding.js';
import type { FamilyFitRequest, FamilyName, ModelFamily } from './families/model-family.js';
import { checkSettingNames } from './families/settings.js';
import { type FeatureRows, featureObservations, namedColumns } from './feature-observations.js';
import type { CovarianceType, ExpectationEngineFactory } from './gaussian-hmm/expectation.js';
import { kernelsAvailable } from './gaussian-hmm/wasm/kernel-module.js';
import { createWasmEngine } from './gaussian-hmm/wasm/wasm-engine.js';
import { modelFamily } from './model-families.js';
import type { Observations } from './observations.js';
import type { Json } from './regime-model.js';
import { parseRegimeRecord, REGIME_RECORD_VERSION, type RegimeRecord } from './regime-record.js';
import { chooseStates, type FoldScores, type StateChoice, scoreStates } from './select-states.js';
import { criteriaOf, diagnose, type Fitted, transitionsOf } from './training-diagnostics.js';
import { PROFILE_RULES, type Profile, type Selection, stateCandidates } from './training-profile.js';
import { describeStates, recordStatistics } from './training-statistics.js';
import { trainingWarnings } from './training-warnings.js';

/** What is trained and on which part of the rows; everything may be left out (HMM spec §6, §11.1). */
export interface TrainRegimeOptions {
  /** Family, as `--model` spells it; `hmm` unless said. */
  readonly model?: FamilyName;
  /** `scaled` unless said. */
  readonly profile?: Profile;
  /** K; 3 unless said. */
  readonly states?: number;
  /**
   * Candidates for K instead of one: by the likelihood of later rows (select-states.ts), in profile `scaled_autok` by
   * BIC (there 2 to 4 unless said).
   */
  readonly autoStates?: { readonly min: number; readonly max: number };
  /** That of the profile unless said. */
  readonly covarianceType?: CovarianceType;
  readonly seed?: number;
  readonly restarts?: number;
  readonly maxIterations?: number;
  /** The family's own settings; its usual ones unless said. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Columns to learn from; those of the family, else all of the table, unless said. */
  readonly features?: readonly string[];
  /** Name of the return column; `log_ret` unless said. */
  readonly returnFeature?: string;
  /** Name of the volatility column; `volatility` unless said. */
  readonly volatilityFeature?: string;
  readonly signAware?: boolean;
  /** How a bar's regime follows from filtered probabilities; the most probable state unless said. */
  readonly decode?: ServedRule;
  /** For annualised numbers; a market that never closes unless said. */
  readonly barsPerYear?: number;
  readonly engineFactory?: ExpectationEngineFactory;
  /** Name of that engine, kept in the record; give it with `engineFactory`. */
  readonly engineName?: string;
}

type Candidate = RegimeRecord['diagnostics']['candidates'][number];

/** Fewest feature rows that a model is trained on. */
export const FEWEST_ROWS = 200;
/** Share of the training rows below which a state makes its candidate unusable. */
const SMALLEST_SHARE = 0.01;
/** Name of the return column unless said. */
const RETURN = 'log_ret';
const YEAR_MS = 365 * 86_400_000;

/**
 * @throws TidewatchError `too_few_rows` below 200 rows, `degenerate_data` when no candidate is viable,
 *   `bad_parameter`, `non_finite_input`
 */
export function trainRegimeModel(table: FeatureRows, options: TrainRegimeOptions = {}): RegimeRecord {
  const family = modelFamily(options.model ?? 'hmm');
  const profile = options.profile ?? 'scaled';
  const rules = PROFILE_RULES[profile];
  const rows = table.time.length;
  checkOptions(family, profile, options);
  const candidates = stateCandidates(profile, options.states ?? 3, options.autoStates);
  const selection = selectionOf(profile, candidates);
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
  const names = options.features ?? family.features ?? table.names;
  const trainRows = Math.floor(rules.trainShare * rows);
  const columns = namedColumns(table, names);
  const isScaled = rules.scaled && family.givenStates !== true;
  const scaler = isScaled ? Scaler.fit(columns, 0, trainRows) : undefined;
  const train = featureObservations(table, names, scaler, 0, trainRows);
  const all = featureObservations(table, names, scaler);
  const logReturn = namedColumns(table, [options.returnFeature ?? RETURN])[0]!.subarray(0, trainRows);
  const request = fitRequest(family, names, profile, logReturn, options);
  const attempts = candidates.map((states) => tryCandidate(family, train, { ...request, states }));
  const viable = attempts.flatMap(({ fitted }) => (fitted ? [fitted] : []));
  let tried = attempts.map(({ entry }) => entry);
  let best: Fitted | undefined;
  if (selection === 'out_of_sample') {
    const counts = viable.map(({ model }) => model.states);
    const scores = scoreStates(family, table, trainRows, counts, request, rules.scaled);
    const { chosen, choices } = chooseStates(scores);
    tried = tried.map((entry) => withScores(entry, scores, choices));
    best = viable.find(({ model }) => model.states === chosen);
  } else {
    best = viable.reduce<Fitted | undefined>(
      (a, b) => (a === undefined || b.criteria.bic! < a.criteria.bic! ? b : a),
      undefined,
    );
  }
  if (!best) {
    const reasons = tried.map(({ k, skipped }) => `${k} states: ${skipped}`).join('; ');
    throw new TidewatchError('degenerate_data', `no viable model (${reasons})`, {
      hint: 'ask for fewer states or train on a longer window',
      details: { candidates: tried },
    });
  }
  const { model } = best;
  const barsPerYear = options.barsPerYear ?? YEAR_MS / (table.availableAt[0]! - table.time[0]!);
  const matrix = transitionsOf(family, model);
  const { statistics, decoding } = describeStates(family, table, model, train, {
    returnFeature: options.returnFeature ?? RETURN,
    barsPerYear,
    rule: options.decode,
  });
  const diagnostics = diagnose(family, best, train, all, request, tried);
  const stats = recordStatistics(statistics, matrix, options.signAware ?? false);
  return parseRegimeRecord({
    schema_version: REGIME_RECORD_VERSION,
    engine: family.takes.engine
      ? (options.engineName ?? (kernelsAvailable() ? 'wasm' : 'typescript'))
      : 'typescript',
    model: family.name,
    causal: family.capabilities.causal,
    config: {
      profile,
      covariance_type: request.covarianceType ?? null,
      states: model.states,
      k_min: family.takes.states ? candidates[0]! : model.states,
      k_max: family.takes.states ? candidates[candidates.length - 1]! : model.states,
      selection,
      seed: request.seed,
      restarts: request.restarts ?? null,
      max_iterations: request.maxIterations ?? null,
      sign_aware: options.signAware ?? false,
      bars_per_year: barsPerYear,
      features: [...names],
      settings: request.settings,
      ...(options.decode === undefined ? {} : { decode: servedRuleJson(options.decode) }),
    },
    scaler: scaler ? { mean: [...scaler.mean], deviation: [...scaler.deviation] } : null,
    params: model.toJSON(),
    transition_matrix: matrix === null ? null : rowsOf(matrix, model.states),
    labels: stats.map(({ label }) => label),
    stats,
    diagnostics: {
      ...diagnostics,
      ...(decoding === undefined ? {} : { decoding }),
      warnings: trainingWarnings({ warnings: best.story.warnings, stats, candidates }),
    },
    train_start: table.time[0]!,
    train_end: table.time[trainRows - 1]!,
    rows,
  });
}

function selectionOf(profile: Profile, candidates: readonly number[]): Selection {
  if (PROFILE_RULES[profile].automaticStates) return 'bic';
  return candidates.length === 1 ? 'given' : 'out_of_sample';
}

/** A candidate's row of the record with what the folds said of it. */
function withScores(
  entry: Candidate,
  scores: readonly FoldScores[],
  choices: readonly StateChoice[],
): Candidate {
  const failed = scores.find(({ states }) => states === entry.k)?.failed ?? null;
  const choice = choices.find(({ states }) => states === entry.k);
  return {
    ...entry,
    oos_loglik_per_row: choice?.perRow ?? null,
    oos_shortfall: choice?.shortfall ?? null,
    oos_standard_error: choice?.standardError ?? null,
    skipped: entry.skipped ?? failed,
  };
}

/** Refuses options that mean nothing to the family: ignoring them would let a person believe they did something. */
function checkOptions(family: ModelFamily, profile: Profile, options: TrainRegimeOptions): void {
  const { takes, title } = family;
  const refuse = (what: string, hint: string): never => {
    throw new TidewatchError('bad_parameter', `${title} ${what}`, { hint, details: { model: family.name } });
  };
  if (profile === 'legacy' && family.name !== 'hmm') {
    refuse('has no profile legacy · it repeats an old Gaussian HMM', 'use profile scaled');
  }
  if (options.covarianceType !== undefined && !takes.covariance) {
    refuse('has no covariance type', 'leave the covariance out');
  }
  if (options.restarts !== undefined && !takes.restarts) {
    refuse('has no random starts', 'leave the number of restarts out');
  }
  if (options.autoStates !== undefined || PROFILE_RULES[profile].automaticStates) {
    if (!takes.states) refuse('finds the number of its states itself', 'leave the number of states out');
    if (!takes.autoStates) {
      refuse('has no likelihood that speaks of the number of states', 'give a number of states');
    }
  }
  if (options.decode !== undefined) {
    const { causal, probabilistic } = family.capabilities;
    if (!causal) refuse('has no filtered probabilities to decode', 'leave decode out');
    if (options.decode.threshold !== undefined && !probabilistic) {
      refuse('is certain of one state, which passes any threshold', 'give a minimum dwell alone');
    }
    checkServedRule(options.decode);
  }
  checkSettingNames(family, options.settings);
}

function fitRequest(
  family: ModelFamily,
  names: readonly string[],
  profile: Profile,
  logReturn: Float64Array,
  options: TrainRegimeOptions,
): FamilyFitRequest {
  const rules = PROFILE_RULES[profile];
  const volatilityColumn = names.indexOf(options.volatilityFeature ?? 'volatility');
  return {
    states: options.states ?? 3,
    seed: options.seed ?? 42,
    restarts: options.restarts ?? rules.restarts,
    maxIterations: options.maxIterations ?? (family.takes.engine ? 100 : undefined),
    covarianceType: family.takes.covariance ? (options.covarianceType ?? rules.covarianceType) : undefined,
    mode: rules.mode,
    minimumShare: SMALLEST_SHARE,
    returnColumn: Math.max(0, names.indexOf(options.returnFeature ?? RETURN)),
    volatilityColumn: volatilityColumn >= 0 ? volatilityColumn : undefined,
    featureNames: names,
    logReturn,
    settings: { ...family.settings, ...options.settings },
    engineFactory: options.engineFactory ?? createWasmEngine,
  };
}

/** Fits one K; a candidate that cannot be fitted or starves a state is passed over with its reason. */
function tryCandidate(
  family: ModelFamily,
  train: Observations,
  request: FamilyFitRequest,
): { fitted?: Fitted; entry: Candidate } {
  try {
    const fit = family.fit(train, request);
    const stateCounts = new Array<number>(fit.model.states).fill(0);
    const { path } = fit.model.decode(train, { from: 'startProbability' });
    for (const state of path) stateCounts[state]! += 1;
    const fitted: Fitted = { ...fit, stateCounts, criteria: criteriaOf(fit, train) };
    const share = Math.min(...stateCounts) / train.rows;
    // one of a jump model's states may stay empty at a high penalty: that is its answer, and a warning says so
    const starved = family.takes.autoStates && share < SMALLEST_SHARE;
    const entry = {
      ...UNTRIED,
      k: fit.model.states,
      n_params: fit.story.parameters,
      loglik_train: fit.story.logLikelihood,
      ...fitted.criteria,
      smallest_share: share,
      skipped: starved ? 'a state holds less than 1 % of the training rows' : null,
    };
    return starved ? { entry } : { fitted, entry };
  } catch (error) {
    const passable = error instanceof TidewatchError && error.code === 'degenerate_data';
    if (!passable) throw error;
    return { entry: { ...UNTRIED, k: request.states, skipped: error.message } };
  }
}

const UNTRIED = {
  n_params: null,
  loglik_train: null,
  aic: null,
  bic: null,
  icl: null,
  smallest_share: null,
  oos_loglik_per_row: null,
  oos_shortfall: null,
  oos_standard_error: null,
} as const;

function rowsOf(matrix: Float64Array, states: number): number[][] {
  return Array.from({ length: states }, (_, k) => [...matrix.subarray(k * states, (k + 1) * states)]);
}
