/**
 * The main job of the product in one call: train, tell every bar's regime, write the run and its report. Each step
 * leaves a whole result behind and is skipped when its result is there, so that a killed run is simply started again.
 */
import { existsSync } from 'node:fs';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import { seriesHash } from './data-hash.js';
import { reportPath, writeReport } from './regime-report-builder.js';
import type { RegimeHistory, TrainAnswer, TrainRequest } from './regime-service.js';
import type { RunManifest } from './run-store.js';
import type { TrainedRegime } from './trained-regime.js';

/** What one run of a series made, or found made; `report` is the path of its page. */
export interface RegimeRun {
  readonly training: TrainAnswer;
  readonly history: RegimeHistory;
  readonly run: RunManifest;
  readonly report: string;
  /** Milliseconds of each step. */
  readonly timing: { readonly train: number; readonly history: number; readonly report: number };
}

/**
 * Trains, tells the regimes of all bars, writes the report and records the run.
 * @throws TidewatchError as `RegimeService.train` and `history`; the reason of `signal` when it is aborted in between
 */
export async function runRegime(
  services: Services,
  request: TrainRequest,
  sampleData: boolean,
  signal: AbortSignal,
): Promise<RegimeRun> {
  const { regimes, clock, home } = services;
  const began = clock.now();
  const training = await regimes.train(request, signal);
  signal.throwIfAborted();
  const trained = clock.now();
  const kind = usualKind(training.regime);
  const history = await regimes.history({ modelId: training.regime.stored.id, kind });
  signal.throwIfAborted();
  const computed = clock.now();
  const run = recordRun(services, history, { from: request.from, to: request.to });
  const report = reportPath(home.reports, run.run_id);
  if (!existsSync(report)) writeReport(report, { history, run, sampleData, generatedAt: run.created_at });
  return {
    training,
    history,
    run,
    report,
    timing: { train: trained - began, history: computed - trained, report: clock.now() - computed },
  };
}

/** Filtered, or smoothed for a model that has nothing else; the report of such a run says lookahead. */
export function usualKind({ record }: TrainedRegime): 'filtered' | 'smoothed' {
  return record.causal ? 'filtered' : 'smoothed';
}

/**
 * The manifest of the run that made this history, the same one when it was made before.
 * @param trained range of the training; open where it was left out
 */
export function recordRun(
  services: Services,
  history: RegimeHistory,
  trained: { readonly from?: number | undefined; readonly to?: number | undefined } = {},
): RunManifest {
  const { series, source, regime } = history;
  const { instrumentId, timeframe, flavour, id } = regime.stored;
  return services.runs.record({
    kind: 'regime',
    created_at: services.clock.now(),
    version: VERSION,
    seed: regime.record.config.seed,
    config: {
      instrument_id: instrumentId,
      timeframe,
      from: trained.from ?? null,
      to: trained.to ?? null,
      options: JSON.parse(JSON.stringify({ ...regime.record.config, flavour })),
    },
    data: {
      instrument_id: instrumentId,
      timeframe,
      source,
      rows: series.length,
      first_ts: series.time[0]!,
      last_ts: series.time[series.length - 1]!,
      hash: seriesHash(series),
    },
    model_id: id,
  });
}
