/**
 * From a record and a feature table to regimes: the trained model opened again, and its causal answer for every row.
 *
 * A window starts from the stationary distribution, or carries on from a stored filtered one (HMM spec §5.7). Rows up
 * to the end of training are in sample: parameters and labels come from these rows or from later ones.
 */

import { TidewatchError } from '../../errors.js';
import { Scaler } from '../features/scaler.js';
import { decodeFiltered, type ServedRule, servedRule } from './decoding.js';
import type { ModelFamily } from './families/model-family.js';
import { type FeatureRows, featureObservations } from './feature-observations.js';
import type { ExpectationEngineFactory } from './gaussian-hmm/expectation.js';
import { modelFamily, requireCausal } from './model-families.js';
import type { Observations } from './observations.js';
import type { FilterStart, RegimeModel } from './regime-model.js';
import { damagedRecord, parseRegimeRecord, type RegimeRecord } from './regime-record.js';
import { mostProbablePath } from './state-statistics.js';

/** Horizons of the forecast, bars. */
export const FORECAST_HORIZONS = [1, 5, 20] as const;

/** A trained model ready for use. */
export class OpenedRegime {
  readonly family: ModelFamily;
  readonly model: RegimeModel;
  readonly scaler: Scaler | undefined;
  /** How regimes follow from filtered probabilities; undefined: the most probable state. */
  readonly rule: ServedRule | undefined;

  constructor(
    readonly record: RegimeRecord,
    engineFactory?: ExpectationEngineFactory,
  ) {
    this.family = modelFamily(record.model);
    this.model = modelOf(this.family, record, engineFactory);
    this.rule = servedRule(record.config.decode);
    this.scaler = record.scaler
      ? new Scaler(Float64Array.from(record.scaler.mean), Float64Array.from(record.scaler.deviation))
      : undefined;
  }

  /** Rows [from, to) of a table as the model wants them: its columns, scaled, with their sequences. */
  observations(table: FeatureRows, from = 0, to: number = table.time.length): Observations {
    return featureObservations(table, this.record.config.features, this.scaler, from, to);
  }

  /** One row of raw features, in the order of the table's names, scaled for the online filter. */
  scaleRow(values: ArrayLike<number>, names: readonly string[]): Float64Array {
    const chosen = Float64Array.from(this.record.config.features, (name) => values[names.indexOf(name)]!);
    return this.scaler ? this.scaler.transformRow(chosen) : chosen;
  }
}

/** The model inside a record. A model that its family cannot read is damage: the record's own version is known. */
function modelOf(
  family: ModelFamily,
  record: RegimeRecord,
  engineFactory: ExpectationEngineFactory | undefined,
): RegimeModel {
  try {
    return family.fromJson(record.params, engineFactory);
  } catch (error) {
    if (error instanceof TidewatchError) throw damagedRecord(error.message, error);
    throw error;
  }
}

/** @throws TidewatchError `unsupported_schema_version`, `invalid_parameters` */
export function openRegimeRecord(json: unknown, engineFactory?: ExpectationEngineFactory): OpenedRegime {
  return new OpenedRegime(parseRegimeRecord(json), engineFactory);
}

/** Causal regimes of the rows of a table, one per row. */
export interface AppliedRegime {
  readonly kind: 'filtered';
  readonly lookahead: false;
  readonly states: number;
  /** Open times of the rows, UTC ms. */
  readonly time: Float64Array;
  /** From when each row was known, UTC ms. */
  readonly availableAt: Float64Array;
  /** Filtered probabilities, rows × K. */
  readonly probability: Float64Array;
  /** State of each row: the most probable one, or what the model's decoding rule says. */
  readonly regime: Uint8Array;
  /** 1 up to the end of training: parameters and labels are fitted on these rows or on later ones. */
  readonly inSample: Uint8Array;
  /** State probabilities after 1, 5 and 20 more bars from the last row; empty without rows. */
  readonly forecast: Readonly<Record<(typeof FORECAST_HORIZONS)[number], Float64Array>>;
}

/**
 * 1 for every row up to the end of training. Rows before its start count too: parameters and labels were fitted on
 * bars after them, so only what follows the training is point in time (HMM spec §5.7).
 */
export function inSampleRows({ train_end }: RegimeRecord, time: Float64Array): Uint8Array {
  const inSample = new Uint8Array(time.length);
  for (let row = 0; row < time.length; row += 1) inSample[row] = time[row]! <= train_end ? 1 : 0;
  return inSample;
}

function decidedStates(
  probability: Float64Array,
  states: number,
  lengths: readonly number[],
  rule: ServedRule | undefined,
): Uint8Array {
  if (rule === undefined) return mostProbablePath(probability, states);
  const rows = probability.length / states;
  return Uint8Array.from(
    decodeFiltered({ lookahead: false, states, rows, probability }, rule, lengths).regime,
  );
}

/**
 * Causal regimes of every row of a table.
 * @throws TidewatchError `not_causal` for a family that looks at both sides of a bar
 */
export function applyRegimeModel(
  opened: OpenedRegime,
  table: FeatureRows,
  start?: FilterStart,
): AppliedRegime {
  const { record, model } = opened;
  requireCausal(opened.family, 'a causal regime');
  const observations = opened.observations(table);
  const { probability } = model.filter(observations, start);
  const last = probability.slice(-model.states);
  const forecast = (horizon: number): Float64Array =>
    last.length === 0 ? new Float64Array(0) : model.forecast(last, horizon);
  return {
    kind: 'filtered',
    lookahead: false,
    states: model.states,
    time: table.time,
    availableAt: table.availableAt,
    probability,
    regime: decidedStates(probability, model.states, observations.lengths, opened.rule),
    inSample: inSampleRows(record, table.time),
    forecast: { 1: forecast(1), 5: forecast(5), 20: forecast(20) },
  };
}
