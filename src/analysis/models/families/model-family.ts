/**
 * What the registry (model-families.ts) knows about a family of models: how people call it, what it can do, which
 * options mean something to it, and how it is fitted and read again. Whoever trains, stores, serves or compares models
 * works with this and never with a class of models.
 */
import type { EstimationMode } from '../gaussian-hmm/covariance-prior.js';
import type { CovarianceType, ExpectationEngineFactory } from '../gaussian-hmm/expectation.js';
import type { Observations } from '../observations.js';
import type { Capabilities, Json, RegimeModel } from '../regime-model.js';

/** As `--model` spells the families. */
export const FAMILY_NAMES = [
  'hmm',
  'student-t',
  'jump',
  'jump-continuous',
  'msr',
  'kmeans',
  'bocpd',
  'pelt',
  'uptrend',
  'posture',
] as const;
/** A family as `--model` and records spell it. */
export type FamilyName = (typeof FAMILY_NAMES)[number];

/** What a family can do, known before anything is fitted. */
export type FamilyCapabilities = Omit<Capabilities, 'missing'>;

/** Which of the common options mean something to a family; the others are refused, not ignored. */
export interface FamilyOptions {
  /** K is asked for; false when the data decide. */
  readonly states: boolean;
  /** K can be chosen by a likelihood that depends on it. */
  readonly autoStates: boolean;
  readonly covariance: boolean;
  readonly restarts: boolean;
  /** EM runs on the exchangeable engines (wasm, worker threads). */
  readonly engine: boolean;
}

/**
 * What every family is told to fit; an option that its `takes` does not list means nothing to it. Seed and counts are
 * whole numbers.
 */
export interface FamilyFitRequest {
  readonly states: number;
  readonly seed: number;
  readonly restarts?: number | undefined;
  readonly maxIterations?: number | undefined;
  readonly covarianceType?: CovarianceType | undefined;
  readonly mode?: EstimationMode | undefined;
  /** Smallest share of the rows that a state should hold. */
  readonly minimumShare?: number | undefined;
  /** Column of the bar's return. */
  readonly returnColumn: number;
  /** Log return of each fitted row in raw units, whether or not it is among the columns. */
  readonly logReturn: Float64Array;
  readonly volatilityColumn?: number | undefined;
  /** Names of the columns, for errors. */
  readonly featureNames: readonly string[];
  /** The family's own settings by name, as `settings` lists them. */
  readonly settings: Readonly<Record<string, Json>>;
  readonly engineFactory?: ExpectationEngineFactory | undefined;
}

/** How a fit went. */
export interface FitStory {
  /** ln P(fitted rows) from the start distribution, nats; null for a family without likelihood. */
  readonly logLikelihood: number | null;
  /** Free parameters; null where they are not counted. */
  readonly parameters: number | null;
  /** What the fit improved, and how far it came. */
  readonly objective: { readonly name: string; readonly value: number };
  /** The objective before each update of the winning run; empty where it is not kept. */
  readonly history: readonly number[];
  readonly converged: boolean;
  readonly iterations: number;
  /** Null for a method without random starts. */
  readonly restarts: {
    readonly count: number;
    readonly followed: number;
    readonly dropped: number;
    /** Best minus worst objective of the starts followed to the end; null where it is not kept. */
    readonly spread: number | null;
    readonly best_family: string;
  } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** A fitted model and how its fit went. */
export interface FamilyFit {
  readonly model: RegimeModel;
  readonly story: FitStory;
}

/** One family of models: what it can do, what it takes, how it is fitted and read again. */
export interface ModelFamily {
  readonly name: FamilyName;
  /** `kind` of its models and of their JSON. */
  readonly kind: string;
  /** For prose: `Gaussian HMM`. */
  readonly title: string;
  readonly capabilities: FamilyCapabilities;
  readonly takes: FamilyOptions;
  /**
   * The filtered probability of a bar is all that the next one needs of the past, so that filtering resumes from it
   * exactly. False for a model that remembers more (costs of paths, lengths of runs): it needs warm-up rows instead.
   */
  readonly resumes: boolean;
  /** The family's own settings with their usual values; kept in the record. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Columns it learns from unless told; undefined takes every column of the table. */
  readonly features?: readonly string[];
  /** Feature set that holds those columns, where it is not `hmm`. */
  readonly featureSet?: string;
  /**
   * Its one column is the state itself, decided elsewhere: rows are not scaled, states need no matching at refits, and
   * what is told from the rows of a state (separation, delay at synthetic switches) would say nothing.
   */
  readonly givenStates?: boolean;
  /**
   * Equal rows and request give an equal model.
   * @throws TidewatchError `too_few_rows`, `degenerate_data`, `non_finite_input`, `bad_parameter` for a setting
   */
  fit(observations: Observations, request: FamilyFitRequest): FamilyFit;
  /** @throws TidewatchError `unsupported_schema_version`, `invalid_parameters` */
  fromJson(json: unknown, engineFactory?: ExpectationEngineFactory): RegimeModel;
}
