/** Where the application meets the analysis: training a series, and a saved model ready to be used. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { ChannelName, FeatureInputs } from '../../analysis/features/feature-inputs.js';
import type { FeatureRegistry } from '../../analysis/features/feature-sets.js';
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import { type OpenedRegime, openRegimeRecord } from '../../analysis/models/apply-regime-model.js';
import type { ServedRule } from '../../analysis/models/decoding.js';
import type { FamilyName } from '../../analysis/models/families/model-family.js';
import type { CovarianceType } from '../../analysis/models/gaussian-hmm/expectation.js';
import type { Json } from '../../analysis/models/regime-model.js';
import type { RegimeRecord } from '../../analysis/models/regime-record.js';
import type { Profile } from '../../analysis/models/training-profile.js';
import { parseInstrument } from '../../market/instrument.js';
import {
  BAR_COLUMNS,
  type BarColumn,
  type BarColumns,
  makeSeries,
  type Series,
} from '../../market/series.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';
import type { StoredModel } from './model-store.js';

/** What decides a model besides its bars: equal options and bars give an equal model. */
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
  /** Columns of the set to learn from; all unless said. */
  readonly features?: readonly string[];
  readonly restarts?: number;
  /** The family's own settings. */
  readonly settings?: Readonly<Record<string, Json>>;
  readonly seed: number;
  /** How a bar's regime follows from filtered probabilities; the most probable state unless said. */
  readonly decode?: ServedRule;
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

/** Bars whose copy takes a millisecond or more. */
const LARGE = 100_000;
const YEAR_MS = 365 * 86_400_000;

/**
 * Computes the features and fits a model to them in a worker, off the event loop, and returns its record. Equal inputs
 * and options give equal records. A set written in TypeScript cannot go to a worker and is built where it is.
 * @throws TidewatchError `too_few_rows`, `degenerate_data`, `bad_parameter`
 */
export async function trainRegime(
  registry: FeatureRegistry,
  inputs: FeatureInputs,
  options: TrainingOptions,
  signal?: AbortSignal,
): Promise<RegimeRecord> {
  const { flavour, featureSet: set = 'hmm', ...rest } = options;
  const { bars, ...beside } = inputs;
  const run = signal === undefined ? {} : { signal };
  const settings = { ...rest, ...barsPerYear(bars) };
  if (registry.isWritten(set)) {
    const built = registry.get(set, { timeframe: bars.timeframe, flavour }).build(bars, beside);
    const { names, columns, time, availableAt, lengths } = built;
    const table = { names, columns, time, availableAt, lengths };
    return runInWorker('trainRegimeModel', { table, options: settings }, run);
  }
  const copy = await copyInSteps(bars);
  return runInWorker(
    'trainRegimeOnBars',
    {
      set,
      definitions: registry.definitionsIn(set),
      flavour,
      inputs: { ...beside, bars: copy },
      options: settings,
    },
    { ...run, transfer: BAR_COLUMNS.map((name) => copy[name].buffer as ArrayBuffer) },
  );
}

/** Columns of its own, to be handed over; a million bars are copied with the event loop free in between. */
async function copyInSteps(series: Series): Promise<Series> {
  const columns: Partial<Record<BarColumn, Float64Array>> = {};
  for (const name of BAR_COLUMNS) {
    columns[name] = series[name].slice();
    if (series.length > LARGE) await breathe();
  }
  return makeSeries(series.instrument, series.timeframe, columns as BarColumns);
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
