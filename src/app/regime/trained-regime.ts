/** Where the application meets the analysis: training a series, and a saved model ready to be used. */
import type { ChannelName, FeatureInputs } from '../../analysis/features/feature-inputs.js';
import type { FeatureRegistry } from '../../analysis/features/feature-sets.js';
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import { type OpenedRegime, openRegimeRecord } from '../../analysis/models/apply-regime-model.js';
import type { FamilyName } from '../../analysis/models/families/model-family.js';
import type { CovarianceType } from '../../analysis/models/gaussian-hmm/expectation.js';
import type { Json } from '../../analysis/models/regime-model.js';
import type { RegimeRecord } from '../../analysis/models/regime-record.js';
import type { Profile } from '../../analysis/models/training-profile.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Series } from '../../market/series.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';
import type { StoredModel } from './model-store.js';

export interface TrainingOptions {
  /** Family; `hmm` unless said. */
  readonly model?: FamilyName;
  readonly profile: Profile;
  /** K; not used when `autoStates` is given. */
  readonly states: number;
  readonly autoStates?: { readonly min: number; readonly max: number };
  readonly covarianceType?: CovarianceType;
  /** Smoothing of ADX and RSI. */
  readonly flavour: TaFlavour;
  /** Feature set by name; `hmm` unless said. */
  readonly featureSet?: string;
  readonly restarts?: number;
  /** The family's own settings. */
  readonly settings?: Readonly<Record<string, Json>>;
  readonly seed: number;
}

/** A saved model with everything that a window of regimes needs. */
export interface TrainedRegime {
  readonly stored: StoredModel;
  readonly opened: OpenedRegime;
  readonly record: RegimeRecord;
  /** Channels that its features read besides the bars. */
  readonly needs: readonly ChannelName[];
  /** Bars of history that a row of features needs; infinite for sums from the first bar. */
  readonly warmUp: number;
  /** @param beside what `needs` asks for, from `loadFeatureSources` */
  features(series: Series, beside?: Omit<FeatureInputs, 'bars'>): FeatureTable;
}

const YEAR_MS = 365 * 86_400_000;

/**
 * Fits a model to a table of the series in a worker, off the event loop, and returns its record. Equal tables and options give equal records.
 * @throws TidewatchError `too_few_rows`, `degenerate_data`, `bad_parameter`
 */
export function trainRegime(
  series: Series,
  table: FeatureTable,
  options: TrainingOptions,
  signal?: AbortSignal,
): Promise<RegimeRecord> {
  const { flavour: _flavour, featureSet: _featureSet, ...rest } = options;
  const { names, columns, time, availableAt, lengths } = table;
  return runInWorker(
    'trainRegimeModel',
    {
      table: { names, columns, time, availableAt, lengths },
      options: { ...rest, ...barsPerYear(series) },
    },
    signal === undefined ? {} : { signal },
  );
}

/** A market that closes has fewer bars a year than the clock says: counted from the data. */
export function barsPerYear(series: Series): { barsPerYear?: number } {
  const { kind } = parseInstrument(series.instrument);
  const { length, time } = series;
  if ((kind !== 'equity' && kind !== 'fx') || length < 2) return {};
  return { barsPerYear: ((length - 1) / (time[length - 1]! - time[0]!)) * YEAR_MS };
}

/**
 * @param registry of the home; a user-defined set is the one the model was trained on, whatever the file says now
 * @throws TidewatchError `unsupported_schema_version`, `invalid_parameters`, `bad_parameter` when the model's features
 *   were written in TypeScript and are not registered
 */
export function useRegime(stored: StoredModel, registry: FeatureRegistry): TrainedRegime {
  const opened = openRegimeRecord(stored.regime);
  const { timeframe, flavour, featureSet, featureDefinitions } = stored;
  const set = registry.withDefinitions(featureDefinitions).get(featureSet, { timeframe, flavour });
  return {
    stored,
    opened,
    record: opened.record,
    needs: set.needs,
    warmUp: set.warmUp,
    features: (series, beside) => set.build(series, beside),
  };
}
