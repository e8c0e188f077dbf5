/**
 * The public surface of the library: everything a program that depends on `tidewatch` may import. Explicit names only;
 * what is not listed here may change at any time.
 */

// Causality
export {
  type CausalityFinding,
  type CausalityProof,
  causalityProofSchema,
} from './analysis/causality/causality-proof.js';
export {
  type CausalSubject,
  type ProofOptions,
  proveCausality,
} from './analysis/causality/prove-causality.js';
// Features
export { joinAsOf, type KnownValues } from './analysis/features/as-of-join.js';
export { type Channel, type ChannelKind, makeChannel } from './analysis/features/channel.js';
export { featureDefinitionsSchema } from './analysis/features/column-definition.js';
export type { ChannelName, FeatureInputs, KnownInput } from './analysis/features/feature-inputs.js';
export {
  type FeatureBar,
  type FeatureCursor,
  type FeatureDeclaration,
  type FeatureProgram,
  type FeatureRow,
  type FeatureSet,
  type FeatureStream,
  featureSetOf,
} from './analysis/features/feature-set.js';
export { FeatureRegistry, featureSet, featureSets } from './analysis/features/feature-sets.js';
export type { FeatureTable } from './analysis/features/feature-table.js';
export {
  buildRegimeFeatures,
  REGIME_FEATURES,
  type RegimeFeatureOptions,
  RegimeFeatureStream,
} from './analysis/features/regime-features.js';
export { Scaler } from './analysis/features/scaler.js';
// Indicators
export { Adx, type AdxFlavour } from './analysis/indicators/adx.js';
export { Atr, type AtrFlavour } from './analysis/indicators/atr.js';
export { Avwap } from './analysis/indicators/avwap.js';
export { Bollinger } from './analysis/indicators/bollinger.js';
export { CutlerRsi } from './analysis/indicators/cutler-rsi.js';
export { DelayLine } from './analysis/indicators/delay-line.js';
export { Ema, type EmaSeed } from './analysis/indicators/ema.js';
export { EmaBank } from './analysis/indicators/ema-bank.js';
export type { BarInput } from './analysis/indicators/indicator.js';
export type { IndicatorSnapshot } from './analysis/indicators/indicator-snapshot.js';
export { Macd } from './analysis/indicators/macd.js';
export { Mfi } from './analysis/indicators/mfi.js';
export { Natr } from './analysis/indicators/natr.js';
export { NormalisedSlope } from './analysis/indicators/normalised-slope.js';
export { Obv } from './analysis/indicators/obv.js';
export { OlsSlope } from './analysis/indicators/ols-slope.js';
export { Rma } from './analysis/indicators/rma.js';
export { RollingMoments } from './analysis/indicators/rolling-moments.js';
export { RollingSum } from './analysis/indicators/rolling-sum.js';
export { RollingVwap } from './analysis/indicators/rolling-vwap.js';
export { Rsi } from './analysis/indicators/rsi.js';
export { TA_FLAVOURS, type TaFlavour } from './analysis/indicators/ta-flavour.js';
export { TrueRange } from './analysis/indicators/true-range.js';
export { VolumeSurprise, type VolumeSurpriseOptions } from './analysis/indicators/volume-surprise.js';
export { ZScore } from './analysis/indicators/z-score.js';
// Regime models
export {
  type AlignableStates,
  alignStates,
  firstIdentities,
  type IdentifiedStates,
  type LabelBreak,
  type StateAlignment,
  weighStates,
} from './analysis/models/alignment.js';
export {
  type AppliedRegime,
  applyRegimeModel,
  OpenedRegime,
  openRegimeRecord,
} from './analysis/models/apply-regime-model.js';
export { type DecodingRule, decodeFiltered, RegimeDecoder } from './analysis/models/decoding.js';
export type {
  FamilyCapabilities,
  FamilyFit,
  FamilyFitRequest,
  FamilyName,
  ModelFamily,
} from './analysis/models/families/model-family.js';
export type {
  CovarianceType,
  ExpectationEngine,
  ExpectationEngineFactory,
  GaussianHmmParameters,
} from './analysis/models/gaussian-hmm/expectation.js';
export type { FitOptions, FitReport } from './analysis/models/gaussian-hmm/fit.js';
export { GaussianHmm, trainGaussianHmm } from './analysis/models/gaussian-hmm/gaussian-hmm.js';
export { createReferenceEngine } from './analysis/models/gaussian-hmm/reference-engine.js';
export { createScaledEngine } from './analysis/models/gaussian-hmm/scaled-engine.js';
export { createWasmEngine } from './analysis/models/gaussian-hmm/wasm/wasm-engine.js';
export { labelColour, labelStates, labelVolatility } from './analysis/models/labels.js';
export {
  MarkovRegression,
  type MarkovRegressionFitOptions,
  trainMarkovRegression,
} from './analysis/models/markov-regression/markov-regression.js';
export { modelFamily, TRAINABLE } from './analysis/models/model-families.js';
export type { Observations } from './analysis/models/observations.js';
export type {
  DecodedPath,
  FilteredProbability,
  FilterStart,
  Json,
  OnlineFilter,
  OnlineRow,
  RegimeModel,
  SmoothedProbability,
} from './analysis/models/regime-model.js';
export { parseRegimeRecord, type RegimeRecord } from './analysis/models/regime-record.js';
export {
  mostProbablePath,
  type StateStatistics,
  stateStatistics,
} from './analysis/models/state-statistics.js';
export {
  type StudentTFitOptions,
  StudentTHmm,
  trainStudentTHmm,
} from './analysis/models/student-t-hmm/student-t-hmm.js';
export { type TrainRegimeOptions, trainRegimeModel } from './analysis/models/train-regime-model.js';
export type { Candidate } from './analysis/models/walk-forward/fold-family.js';
export type { WalkForwardInput } from './analysis/models/walk-forward/fold-search.js';
export { viewAsOf } from './analysis/models/walk-forward/revision.js';
export type { Schedule } from './analysis/models/walk-forward/schedule.js';
export {
  shownLabels,
  type WalkForward,
  type WalkForwardOptions,
  walkForward,
} from './analysis/models/walk-forward/walk-forward.js';
export type {
  WalkForwardPlan,
  WalkForwardReport,
} from './analysis/models/walk-forward/walk-forward-report.js';
// Majors against alts: betas
export {
  type RollingBetaInput,
  type RollingBetaSettings,
  type RollingBetas,
  rollingRidgeBetas,
} from './analysis/neutral/rolling-ridge-betas.js';
// The universal uptrend engine
export { type ClosedBar, UptrendEngine, type UptrendEngineOptions } from './analysis/uptrend/engine.js';
export type { Level } from './analysis/uptrend/levels.js';
export type { UptrendPayload, UptrendState } from './analysis/uptrend/payload.js';
export { uptrendPayloadSchema } from './analysis/uptrend/payload-schema.js';
export {
  UPTREND_PROFILES,
  type UptrendConfig,
  type UptrendProfile,
  uptrendConfig,
} from './analysis/uptrend/profile.js';
export { stepUptrend, type UptrendStepState } from './analysis/uptrend/pure-step.js';
export {
  type RevisableOptions,
  RevisableUptrendEngine,
  type RevisedStep,
} from './analysis/uptrend/revisable-engine.js';
export { type UptrendStateChange, uptrendStateChange } from './analysis/uptrend/state-change.js';
// The uptrend engine's technical record
export { UptrendTa, type UptrendTaOptions } from './analysis/uptrend/ta.js';
export { TA_LINES, type TaRecord } from './analysis/uptrend/ta-record.js';
export { type Trendline, type TrendlineOptions, trendlines } from './analysis/uptrend/trendlines.js';
export {
  type Comparison,
  type ComparisonRun,
  type NamedCandidate,
  runComparison,
} from './app/regime/comparison-run.js';
// A home: stored models, regimes per bar, runs, reports
export type { ModelStore, StoredModel } from './app/regime/model-store.js';
export { type RegimeRun, runRegime } from './app/regime/regime-run.js';
export type {
  HistoryRequest,
  ModelChoice,
  RegimeHistory,
  RegimeService,
  TrainAnswer,
  TrainRequest,
} from './app/regime/regime-service.js';
export type { TrainedRegime, TrainingOptions } from './app/regime/trained-regime.js';
export {
  runWalkForward,
  type WalkForwardContext,
  type WalkForwardRequest,
  type WalkForwardRun,
} from './app/regime/walk-forward-run.js';
export { buildRegimeReport } from './app/report/regime-report.js';
export type { RegimeReportInput } from './app/report/regime-report-input.js';
export type { Services } from './app/services.js';
export { openTidewatch, type TidewatchOptions } from './app/tidewatch.js';
// The daily panel backtest
export {
  DEFAULT_FIXED_REBALANCE,
  type FixedRebalanceResult,
  type FixedRebalanceSettings,
  runFixedRebalance,
} from './backtest/panel/fixed-rebalance.js';
export type { MajorsAltsInput, MajorsAltsResult } from './backtest/panel/majors-alts-result.js';
export { type MajorsAltsSignal, majorsAltsSignal } from './backtest/panel/majors-alts-signal.js';
export { DEFAULT_MAJORS_ALTS, type MajorsAltsSettings } from './backtest/panel/panel-settings.js';
export { evaluateRegimes, type HorizonEvaluation } from './backtest/panel/regime-evaluation.js';
export { runMajorsAlts } from './backtest/panel/run-majors-alts.js';
// The lake
export { type ImportContext, importFiles } from './data/lake/import/import-files.js';
export type { ImportReport, ImportRequest, ImportSource } from './data/lake/import/request.js';
export { Lake, type LakeOptions } from './data/lake/lake.js';
export { type AppendOptions, type CompactionReport, LakeWriter } from './data/lake/lake-writer.js';
export { importSample, type SampleReport } from './data/lake/sample.js';
export type { SeriesRequest, StoredSeries } from './data/lake/stored-series.js';
export type { ColumnsAnswer, ColumnsRequest } from './data/lake/subject-columns.js';
// Errors
export { ERROR_CATALOGUE, type ErrorCode, type ErrorContext, EXIT, TidewatchError } from './errors.js';
// Market vocabulary
export { type AssetPanel, isoDate } from './market/asset-panel.js';
export { type Calendar, CONTINUOUS, calendarOf, expectedBars, FOREX, US_EQUITY } from './market/calendar.js';
export { type Clock, FixedClock } from './market/clock.js';
export {
  displaySymbol,
  type Instrument,
  type InstrumentKind,
  parseInstrument,
  resolveInstrument,
} from './market/instrument.js';
export { Random } from './market/random.js';
export { type Resampled, type ResampleOptions, resample } from './market/resample.js';
export {
  BAR_COLUMNS,
  type BarColumn,
  type BarColumns,
  between,
  lowerBound,
  makeSeries,
  type Series,
  slice,
} from './market/series.js';
export {
  barClose,
  barsPer,
  bucketOpen,
  divides,
  parseTimeframe,
  TIMEFRAME_MS,
  TIMEFRAMES,
  type Timeframe,
} from './market/timeframe.js';
export { dropInvalid, type TolerantResult, type Violation, validate } from './market/validation.js';
export { type RunOptions, runInWorker } from './platform/compute/run-in-worker.js';
export { systemClock } from './platform/system-clock.js';
