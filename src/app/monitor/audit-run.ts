/** How far a majors-vs-alts run can be believed: made again, cut, shuffled, made dearer and later, with intervals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Finding, outputFindings } from '../../backtest/believability/finding.js';
import type { AuditOptions, RunAudit } from '../../backtest/believability/run-audit.js';
import type { TrialBelief } from '../../backtest/believability/trial-belief.js';
import { verdictOf } from '../../backtest/believability/verdict.js';
import { bookIntervals } from '../../backtest/panel/book-intervals.js';
import { TidewatchError } from '../../errors.js';
import type { RunManifest, RunStore } from '../regime/run-store.js';
import {
  accountFindings,
  auditDays,
  dataFindings,
  shuffleFindings,
  truncationFindings,
} from './audit-findings.js';
import { computeRun, type MonitorRun } from './compute-run.js';
import { readMonitorLake } from './monitor-lake.js';
import { type MonitorRunConfig, monitorRunConfig, readMonitorBook, rewriteRunFiles } from './monitor-runs.js';
import { costSensitivity, delaySensitivity } from './sensitivity.js';
import { beliefOf } from './sweep.js';

const SHUFFLE_SEED = 7;

const rangeOf = ({ start_day, end_day }: MonitorRunConfig) => ({
  start: start_day ?? undefined,
  end: end_day ?? undefined,
});

/** Checks a stored run against its lake; the run and the lake stay as they are. */
export async function auditMonitorRun(
  runs: RunStore,
  manifest: RunManifest,
  options: AuditOptions,
): Promise<RunAudit> {
  const config = monitorRunConfig(manifest);
  const { monitor } = config;
  const total = options.points + 5;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    options.onStep(done, total, what);
    done += 1;
    await breathe();
    options.signal.throwIfAborted();
  };
  await step('again');
  const lake = await readMonitorLake(config.lake, monitor, rangeOf(config));
  const run = computeRun(lake, monitor, config);
  const findings: Finding[] = [...(await replayFindings(manifest, run, lake.files))];
  await step('accounts');
  findings.push(...accountFindings(run.result), ...dataFindings(lake, monitor, run.result));
  await step('shuffle');
  const shuffled = await readMonitorLake(config.lake, monitor, rangeOf(config), SHUFFLE_SEED);
  findings.push(...shuffleFindings(shuffled, monitor, run.result));
  const columns = new Set<string>();
  for (const day of auditDays(lake, options.points, options.seed)) {
    await step('truncation');
    // one finding a column: the earliest cut that shows it
    for (const finding of truncationFindings(lake, monitor, run.result, day)) {
      if (columns.has(finding.column)) continue;
      columns.add(finding.column);
      findings.push(finding);
    }
  }
  await step('costs and delay');
  const costs = costSensitivity(lake, monitor);
  const delays = delaySensitivity(lake, monitor, run.result);
  await step('intervals');
  const { kpis: intervals } = bookIntervals(run.result.daily, monitor.profile, {
    method: 'stationary',
    blockLength: monitor.evaluation.bootstrap.block_size,
    draws: options.draws,
    seed: options.seed,
    level: 0.95,
  });
  const belief = beliefAmong(runs, manifest);
  return {
    findings,
    intervals,
    costs,
    delays,
    delay_unit: 'day',
    belief,
    not_applied: [],
    verdict: verdictOf({
      sharpe: intervals.sharpe,
      faults: findings.filter(({ severity }) => severity === 'fault').length,
      overfitting: belief?.overfitting?.probability,
      deflated: belief?.deflated_sharpe,
    }),
  };
}

/** Every stored run over the same files counts as a trial. */
function beliefAmong(runs: RunStore, manifest: RunManifest): TrialBelief | null {
  const seen = new Set<string>();
  const books = runs.list().flatMap((other) => {
    if (other.kind !== 'majors_alts' || other.data.hash !== manifest.data.hash) return [];
    // the same result under another name is no other trial
    const result = other.outputs?.['bt_daily_pnl.csv'] ?? other.run_id;
    if (seen.has(result)) return [];
    seen.add(result);
    try {
      return [{ id: other.run_id, book: readMonitorBook(runs, other) }];
    } catch (error) {
      if (error instanceof TidewatchError) return [];
      throw error;
    }
  });
  return beliefOf(
    books.map(({ id }) => id),
    books.map(({ book }) => book),
  );
}

/** The run made again from its manifest. */
export async function replayMonitorRun(manifest: RunManifest): Promise<Finding[]> {
  const config = monitorRunConfig(manifest);
  const lake = await readMonitorLake(config.lake, config.monitor, rangeOf(config));
  return replayFindings(manifest, computeRun(lake, config.monitor, config), lake.files);
}

async function replayFindings(
  manifest: RunManifest,
  run: MonitorRun,
  files: Readonly<Record<string, string>>,
): Promise<Finding[]> {
  const config = monitorRunConfig(manifest);
  const changed = outputFindings(config.files, files, 'the lake has changed since the run');
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-replay-'));
  try {
    const hashes = await rewriteRunFiles(folder, manifest, run);
    const cause =
      changed.length > 0
        ? 'follows from the changed lake'
        : 'another version of the program, or of the writer of the file';
    return [...changed, ...outputFindings(manifest.outputs ?? {}, hashes, cause)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
