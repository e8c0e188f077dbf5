/** Histories and models as JSON, snake_case and epoch ms: one shape for the command line and the HTTP API. */

import { FORECAST_HORIZONS } from '../../analysis/models/apply-regime-model.js';
import type { RegimeRecord } from '../../analysis/models/regime-record.js';
import type { StoredModel } from './model-store.js';
import type { RegimeHistory } from './regime-service.js';
import type { TrainedRegime } from './trained-regime.js';

/** A bar with its regime; times UTC ms, prices in quote currency, probabilities by state number. */
export interface RegimeRowJson {
  readonly timestamp: number;
  readonly regime: number;
  readonly label: string;
  readonly probs: readonly number[];
  readonly price: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly available_at: number;
  readonly kind: 'filtered' | 'smoothed';
  readonly lookahead: boolean;
  readonly in_sample: boolean;
}

/** One row; its price is the close of the same bar. */
export function rowJson(history: RegimeHistory, row: number): RegimeRowJson {
  const { rows, bar, series, regime, kind, lookahead } = history;
  const { states } = rows;
  const state = rows.regime[row]!;
  const at = bar[row]!;
  const close = series.close[at]!;
  return {
    timestamp: rows.time[row]!,
    regime: state,
    label: regime.record.labels[state]!,
    probs: Array.from(rows.probability.subarray(row * states, (row + 1) * states)),
    price: close,
    open: series.open[at]!,
    high: series.high[at]!,
    low: series.low[at]!,
    close,
    available_at: history.availableAt[row]!,
    kind,
    lookahead,
    in_sample: history.inSample[row] === 1,
  };
}

/** State → label. */
export function labelsJson(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, state) => [state, label]));
}

/** A window of regimes, oldest first, and what of it was corrected since. */
export function historyJson(history: RegimeHistory) {
  return {
    model_id: history.regime.stored.id,
    instrument_id: history.regime.stored.instrumentId,
    timeframe: history.regime.stored.timeframe,
    kind: history.kind,
    lookahead: history.lookahead,
    source: history.source,
    labels: labelsJson(history.regime.record.labels),
    /** Stored rows kept as they were known although bars were corrected since. */
    revised:
      history.revised === null
        ? null
        : {
            revision_id: history.revisionId,
            first_ts: history.revised.first,
            rows: history.revised.rows,
            largest_difference: history.revised.largest,
          },
    data: Array.from({ length: history.rows.rows }, (_, row) => rowJson(history, row)),
  };
}

/** The newest row with forecasts; `now` tells its age. */
export function latestJson(history: RegimeHistory, now: number) {
  const row = rowJson(history, history.rows.rows - 1);
  return {
    ...row,
    model_id: history.regime.stored.id,
    instrument_id: history.regime.stored.instrumentId,
    timeframe: history.regime.stored.timeframe,
    labels: labelsJson(history.regime.record.labels),
    age_ms: now - row.available_at,
    forecast: forecastJson(history.regime, row.probs),
  };
}

/** Horizon in bars → probabilities by state number. */
export function forecastJson(
  regime: TrainedRegime,
  probability: readonly number[],
  bars: readonly number[] = FORECAST_HORIZONS,
): Record<string, number[]> {
  const now = Float64Array.from(probability);
  return Object.fromEntries(
    bars.map((count) => [count, Array.from(regime.opened.model.forecast(now, count))]),
  );
}

/** What a list of models shows; `ts` is the creation, `mtime` the change of the file, UTC ms. */
export function modelJson(model: StoredModel) {
  return {
    id: model.id,
    instrument_id: model.instrumentId,
    exchange: model.exchange,
    symbol: model.symbol,
    timeframe: model.timeframe,
    model: model.family,
    states: model.states,
    feature_set: model.featureSet,
    causality: model.causality?.verdict ?? null,
    ts: model.createdAt,
    mtime: model.modifiedAt,
    engine_version: model.engineVersion,
    data_hash: model.dataHash,
  };
}

/** State → what its training bars looked like. */
export function statisticsJson(record: RegimeRecord) {
  return Object.fromEntries(record.stats.map((each) => [each.state, each]));
}
