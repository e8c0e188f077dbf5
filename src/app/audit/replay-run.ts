/**
 * A stored run made again from its manifest, whatever kind it is, and compared with what it wrote.
 *
 * | kind         | made again                                              | compared                              |
 * |--------------|---------------------------------------------------------|---------------------------------------|
 * | regime       | training, regimes of every bar, report                   | bars, model, report                   |
 * | walk_forward | every fold, the scorecard                                | bars, result.json, states.csv         |
 * | comparison   | every candidate                                          | bars, result.json                     |
 * | uptrend      | every bar through the engine, the simulated trades        | bars, summary.json                    |
 * | majors_alts  | reading the lake, features, book, tables, dashboard       | files of the lake, every file written |
 *
 * `monitor sweep` and `monitor compare` write a majors_alts run per variant; studies and audits write no runs.
 */
import type { Finding } from '../../backtest/believability/finding.js';
import { replayMonitorRun } from '../monitor/audit-run.js';
import type { ModelRun, RunManifest } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { uptrendRunAgain } from '../uptrend/uptrend-run-record.js';
import { UptrendService } from '../uptrend/uptrend-service.js';
import { replayRegime } from './replay-regime.js';
import { replayComparison, replayWalkForward } from './replay-study.js';

export interface Replay {
  readonly findings: readonly Finding[];
  /** Names of what was compared byte for byte. */
  readonly compared: readonly string[];
}

/** Opens the home for the length of a piece of work. */
export type OpenServices = <T>(work: (services: Services) => Promise<T>) => Promise<T>;

export interface ReplayOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Folds done of all. */
  readonly onStep: (done: number, total: number) => void;
}

/** @throws TidewatchError what the part that makes the run throws, `no_data` for bars that are gone */
export async function replayRun(
  manifest: RunManifest,
  open: OpenServices,
  { workers, signal, onStep }: ReplayOptions,
): Promise<Replay> {
  const outputs = Object.keys(manifest.outputs ?? {});
  const { kind } = manifest;
  // its lake is its own: the home is not opened, and not touched
  if (kind === 'majors_alts') return { findings: await replayMonitorRun(manifest), compared: outputs };
  const limits = { workers, signal, onFold: onStep };
  return open(async (services) => {
    switch (kind) {
      case 'uptrend': {
        const { data, clock } = services;
        const { findings } = await uptrendRunAgain(new UptrendService(data.lake, clock), manifest);
        return { findings, compared: ['bars', ...outputs] };
      }
      case 'walk_forward': {
        const { findings } = await replayWalkForward(services, manifest, limits);
        return { findings, compared: ['bars', ...outputs] };
      }
      case 'comparison':
        return {
          findings: await replayComparison(services, manifest, limits),
          compared: ['bars', ...outputs],
        };
      case 'regime':
        return replayRegime(services, manifest as ModelRun, signal);
    }
  });
}
