/**
 * The run of a trained model made again from its manifest: the training from nothing, compared with the stored model to the
 * last digit; the regimes of the bars of the run computed anew, without what is stored; its report, where it is kept.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finding, replayFinding } from '../../backtest/believability/finding.js';
import { parseInstrument } from '../../market/instrument.js';
import { seriesHash } from '../regime/data-hash.js';
import { ModelStore } from '../regime/model-store.js';
import { reportPath, writeReport } from '../regime/regime-report-builder.js';
import { usualKind } from '../regime/regime-run.js';
import { RegimeService } from '../regime/regime-service.js';
import type { ModelRun } from '../regime/run-store.js';
import type { TrainedRegime, TrainingOptions } from '../regime/trained-regime.js';
import { hasSample } from '../sample-import.js';
import type { Services } from '../services.js';

export interface RegimeReplay {
  readonly findings: readonly Finding[];
  /** Names of what was compared. */
  readonly compared: readonly string[];
}

/** @throws TidewatchError `unknown_model` when the model is gone; `no_data` and what training throws */
export async function replayRegime(
  services: Services,
  run: ModelRun,
  signal: AbortSignal,
): Promise<RegimeReplay> {
  const { regimes, features, data, clock, loaded, home } = services;
  const regime = regimes.open({ modelId: run.model_id });
  const { stored } = regime;
  const findings: Finding[] = [];
  const compared = ['bars', 'model'];
  const { first_ts: from, last_ts: last } = run.data;
  const bars = await regimes.bars(stored.instrumentId, stored.timeframe, { from, to: last + 1 });
  const hash = seriesHash(bars.series);
  if (hash !== run.data.hash) {
    findings.push(replayFinding('bars', run.data.hash, hash, 'the bars have changed since the run'));
  }
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-replay-'));
  try {
    const models = new ModelStore(join(folder, 'models'));
    const { warmup_bars: warmupBars } = loaded.config.hmm;
    const scratch = new RegimeService({ data, models, features, clock, warmupBars });
    const { from: trainedFrom, to: trainedTo } = run.config;
    const again = await scratch.train(
      {
        instrument: parseInstrument(stored.instrumentId),
        timeframe: stored.timeframe,
        ...(typeof trainedFrom === 'number' ? { from: trainedFrom } : {}),
        to: typeof trainedTo === 'number' ? trainedTo : last + 1,
        options: optionsOf(regime),
      },
      signal,
    );
    if (again.regime.stored.contentHash !== stored.contentHash) {
      findings.push(
        replayFinding(
          'model',
          stored.contentHash,
          again.regime.stored.contentHash,
          findings.length > 0
            ? 'follows from the changed bars'
            : 'another version of the program, or other bars within the training range',
        ),
      );
    }
    const kept = reportPath(home.reports, run.run_id);
    if (existsSync(kept)) {
      compared.push('report');
      const kind = usualKind(regime);
      const window = { from, to: last + 1, useStored: false, persist: false };
      const history = await regimes.history({ modelId: stored.id, kind, ...window });
      const page = join(folder, 'report.html');
      const sampleData = hasSample(home) && !run.data.instrument_id.startsWith('file:');
      writeReport(page, { history, run, sampleData, generatedAt: run.created_at });
      const [before, after] = [kept, page].map((path) =>
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      );
      if (before !== after) {
        findings.push(
          replayFinding(
            'report',
            before!,
            after!,
            run.version === stored.engineVersion && findings.length === 0
              ? 'the regimes or the page come out differently'
              : 'follows from what changed before it',
          ),
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { findings, compared };
}

/** What was asked of the training, read back from what it wrote down. */
function optionsOf({ record, stored }: TrainedRegime): TrainingOptions {
  const { config } = record;
  const { covariance_type: covariance, restarts } = config;
  return {
    model: record.model,
    profile: config.profile,
    states: config.states,
    ...(config.selection === 'given' ? {} : { autoStates: { min: config.k_min, max: config.k_max } }),
    ...(covariance === null ? {} : { covarianceType: covariance }),
    flavour: stored.flavour,
    featureSet: stored.featureSet,
    features: config.features,
    ...(restarts === null ? {} : { restarts }),
    settings: config.settings,
    seed: config.seed,
  };
}
