/** From a history and its run to the HTML report. */
import { join } from 'node:path';
import { FORECAST_HORIZONS } from '../../analysis/models/apply-regime-model.js';
import type { RecordedStatistics, RegimeRecord } from '../../analysis/models/regime-record.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { lowerBound } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { alignProbabilities } from '../report/align-probabilities.js';
import { regimeColor } from '../report/regime-color.js';
import { buildRegimeReport } from '../report/regime-report.js';
import type { RegimeReportInput, ReportDiagnostics, ReportState } from '../report/regime-report-input.js';
import { smoothWindow } from './regime-history.js';
import type { RegimeHistory } from './regime-service.js';
import type { RunManifest } from './run-store.js';

export interface ReportRequest {
  readonly history: RegimeHistory;
  readonly run: RunManifest;
  readonly sampleData: boolean;
  /** UTC ms, shown in the report. */
  readonly generatedAt: number;
}

/** The path under <home>/reports that a run's report has. */
export function reportPath(reports: string, runId: string): string {
  return join(reports, `${runId}.html`);
}

/** Writes the report atomically. @throws TidewatchError `disk_full`, `write_failed` */
export function writeReport(path: string, request: ReportRequest): void {
  writeFileAtomic(path, buildRegimeReport(reportInput(request)), 0o600);
}

/**
 * A filtered history as the report wants it; the smoothed one is computed beside it and marked as lookahead.
 */
export function reportInput({ history, run, sampleData, generatedAt }: ReportRequest): RegimeReportInput {
  const { regime, rows, bar, series } = history;
  const { stored, record, opened } = regime;
  const { diagnostics } = record;
  const instrument = parseInstrument(stored.instrumentId);
  const symbol = displaySymbol(instrument);
  const { firstBar, probabilities } = alignProbabilities(bar, rows.probability, rows.states, series.length);
  const matrix = record.transition_matrix;
  const last = rows.probability.slice((rows.rows - 1) * rows.states);
  const afterTraining = record.train_end + TIMEFRAME_MS[stored.timeframe];
  return {
    title: `${symbol} ${stored.timeframe} regimes`,
    symbol,
    quote: instrument.quote ?? null,
    source: history.source,
    sampleData,
    generatedAt,
    series,
    kind: history.kind,
    firstBar,
    probabilities,
    states: record.stats.map((each) => reportState(each, matrix !== null)),
    statisticsScope: `${diagnostics.n_train.toLocaleString('en-US')} training bars`,
    transitionMatrix: matrix === null ? null : Float64Array.from(matrix.flat()),
    stationary: diagnostics.stationary,
    forecast: record.causal
      ? FORECAST_HORIZONS.map((bars) => ({ bars, probabilities: opened.model.forecast(last, bars) }))
      : [],
    trainEnd: lowerBound(series.time, afterTraining) < series.length ? afterTraining : null,
    diagnostics: {
      modelName: opened.family.title,
      covarianceType: record.config.covariance_type,
      probabilistic: opened.family.capabilities.probabilistic,
      choice: choiceOf(record),
      profile: record.config.profile,
      features: record.config.features,
      scaled: record.scaler !== null,
      trainBars: diagnostics.n_train,
      validationBars: diagnostics.n_val,
      parameters: diagnostics.n_params,
      bic: diagnostics.bic,
      logLikelihoodPerRowTrain: diagnostics.loglik_per_row_train,
      logLikelihoodPerRowValidation: diagnostics.loglik_per_row_val,
      converged: diagnostics.converged,
      iterations: diagnostics.iterations,
      filteredDiffersFromSmoothed: disagreement(history),
      restarts: diagnostics.restarts?.count ?? null,
      restartSpread: diagnostics.restarts?.spread ?? null,
      warnings: diagnostics.warnings.map(({ message }) => message),
    },
    manifest: {
      runId: run.run_id,
      modelId: stored.id,
      dataHash: run.data.hash,
      seed: run.seed,
      version: run.version,
      reproduce: `tidewatch report build ${run.run_id}`,
    },
  };
}

function choiceOf({ config, diagnostics }: RegimeRecord): ReportDiagnostics['choice'] {
  if (config.selection === 'given') return null;
  return {
    by: config.selection,
    candidates: diagnostics.candidates.map((each) => ({
      states: each.k,
      perRow: each.oos_loglik_per_row,
      shortfall: each.oos_shortfall,
      standardError: each.oos_standard_error,
      aic: each.aic,
      bic: each.bic,
      icl: each.icl,
      skipped: each.skipped,
    })),
  };
}

function reportState(each: RecordedStatistics, hasTransitions: boolean): ReportState {
  return {
    label: each.label,
    color: regimeColor(each.label),
    volatilityLabel: each.volatility_label === 'Unobserved' ? null : each.volatility_label,
    bars: each.count,
    share: each.share,
    meanRun: each.mean_run_length,
    volatility: each.volatility,
    sameBar: each.avg_return === null ? null : { mean: each.avg_return, t: each.t_statistic },
    nextBar:
      each.next_bar_return === null ? null : { mean: each.next_bar_return, t: each.next_bar_t_statistic },
    expectedDuration: hasTransitions ? (each.expected_duration ?? Number.POSITIVE_INFINITY) : null,
  };
}

/** Share of the rows on which knowing the future names another state. */
function disagreement(history: RegimeHistory): number | null {
  const { regime, series, beside, rows } = history;
  if (history.kind !== 'filtered' || rows.rows === 0) return null;
  const table = regime.features(series, beside);
  const smoothed = smoothWindow({
    model: regime.opened.model,
    table,
    observations: (from, to) => regime.opened.observations(table, from, to),
    from: rows.time[0]!,
  });
  let differing = 0;
  for (let row = 0; row < rows.rows; row += 1) {
    if (rows.regime[row] !== smoothed.rows.regime[row]) differing += 1;
  }
  return differing / rows.rows;
}
