/**
 * Where the application meets the analysis: training one series, and a saved record ready to be used.
 */
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import type { CovarianceType } from '../../analysis/models/gaussian-hmm/expectation.js';
import type { Json, Observations, RegimeModel } from '../../analysis/models/regime-model.js';
import type { StateStatistics } from '../../analysis/models/state-statistics.js';
import { TidewatchError } from '../../errors.js';
import type { Series } from '../../market/series.js';
import type { StoredModel } from './model-store.js';

export interface TrainingOptions {
  readonly profile: 'scaled' | 'scaled_autok' | 'legacy';
  /** K; ignored when `autoStates` is given. */
  readonly states: number;
  readonly autoStates?: { readonly min: number; readonly max: number };
  readonly covarianceType?: CovarianceType;
  readonly flavour?: 'wilder' | 'ewm_adjusted' | 'ewm_recursive';
  readonly restarts?: number;
  readonly seed: number;
}

/** A saved model with everything that a window of regimes needs. */
export interface TrainedRegime {
  readonly stored: StoredModel;
  readonly model: RegimeModel;
  /** One label per state. */
  readonly labels: readonly string[];
  readonly statistics: readonly StateStatistics[];
  /** What the training found out, as in the record. */
  readonly diagnostics: Json;
  /** Open times of the first and last bar that the parameters were fitted on, UTC ms. */
  readonly trainStart: number;
  readonly trainEnd: number;
  features(series: Series): FeatureTable;
  /** Rows [from, to) of the table as the model wants them: scaled, with their sequences. */
  observations(table: FeatureTable, from: number, to: number): Observations;
}

/** Fits a model to the series and returns its record. Equal series and options give equal records. */
export async function trainRegime(_series: Series, _options: TrainingOptions): Promise<Json> {
  throw new TidewatchError('internal', 'training is not wired yet');
}

/** @throws TidewatchError `unsupported_schema_version`, `invalid_parameters` */
export function useRegime(_stored: StoredModel): TrainedRegime {
  throw new TidewatchError('internal', 'training is not wired yet');
}
