/** `report build|open`. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { uptrendConfig } from '../../analysis/uptrend/profile.js';
import { TidewatchError } from '../../errors.js';
import { reasonOf, writeFileAtomic } from '../../platform/atomic-file.js';
import { reportPath, writeReport } from '../regime/regime-report-builder.js';
import { recordRun, usualKind } from '../regime/regime-run.js';
import type { RegimeHistory } from '../regime/regime-service.js';
import type { RunManifest } from '../regime/run-store.js';
import { studyReport } from '../regime/study-report-builder.js';
import { buildUptrendReport } from '../report/uptrend/uptrend-report.js';
import { hasSample } from '../sample-import.js';
import type { Services } from '../services.js';
import { repeatUptrendRun } from '../uptrend/uptrend-run-record.js';
import { UptrendService } from '../uptrend/uptrend-service.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';
import { openBrowser } from './serving.js';
import { modelChoice, type SelectionFlags, withServices } from './session.js';

export interface ReportFlags extends SelectionFlags {
  readonly out?: string;
}

export function runReportBuild(
  context: CommandContext,
  runId: string | undefined,
  flags: ReportFlags,
): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const path = await build(context, services, runId, flags);
    return { data: { file: path.file, run_id: path.runId }, text: `Report ${path.file}` };
  });
}

export function runReportOpen(context: CommandContext, runId: string | undefined): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const { file, runId: id } = await build(context, services, runId, {});
    openBrowser(file);
    return { data: { file, run_id: id }, text: `Report ${file}` };
  });
}

async function build(
  context: CommandContext,
  services: Services,
  runId: string | undefined,
  flags: ReportFlags,
): Promise<{ file: string; runId: string }> {
  const { home } = services;
  const { run, history } = await runToReport(context, services, runId, flags);
  const file = flags.out === undefined ? reportPath(home.reports, run.run_id) : resolve(flags.out);
  const sampleData = hasSample(home) && !run.data.instrument_id.startsWith('file:');
  if (run.kind === 'uptrend') {
    writeFileAtomic(file, await uptrendReport(services, run, sampleData), 0o600);
  } else if (run.kind === 'majors_alts') {
    writeFileAtomic(file, majorsReport(services, run), 0o600);
  } else if (history === undefined) {
    writeFileAtomic(file, studyReport(services.runs, run, sampleData), 0o600);
  } else writeReport(file, { history, run, sampleData, generatedAt: run.created_at });
  context.keep(file);
  return { file, runId: run.run_id };
}

/** The page that the run made. @throws TidewatchError `unreadable_file` */
function majorsReport({ runs }: Services, { run_id: id }: RunManifest): string {
  const path = join(runs.folderOf(id), 'dashboard.html');
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TidewatchError('unreadable_file', `cannot read ${path} · ${reasonOf(cause)}`, {
      hint: 'make the run again with: tidewatch monitor run',
      details: { path, run_id: id },
      cause,
    });
  }
}

async function uptrendReport(services: Services, run: RunManifest, sampleData: boolean): Promise<string> {
  const again = await repeatUptrendRun(new UptrendService(services.data.lake, services.clock), run);
  return buildUptrendReport({
    run: again,
    config: uptrendConfig(again.summary.profile),
    sampleData,
    generatedAt: run.created_at,
    version: run.version,
    reproduce: `tidewatch report build ${run.run_id}`,
  });
}

/**
 * The run named, else the run of a model over all bars that are stored, else the newest run; with the regimes of its
 * bars when it is of one model.
 */
async function runToReport(
  context: CommandContext,
  services: Services,
  runId: string | undefined,
  flags: ReportFlags,
): Promise<{ run: RunManifest; history?: RegimeHistory }> {
  const { runs, regimes } = services;
  if (flags.model !== undefined || flags.symbol !== undefined || flags.tf !== undefined) {
    if (runId !== undefined) {
      throw new TidewatchError('bad_parameter', 'a run is named, and a model or series as well', {
        hint: 'give either the run or --model, --symbol and --tf',
      });
    }
    const choice = await modelChoice(context, services, flags);
    const regime = regimes.open(choice);
    const history = await regimes.history({ modelId: regime.stored.id, kind: usualKind(regime) });
    return { run: recordRun(services, history), history };
  }
  const run = runId === undefined ? (runs.list()[0] ?? runs.newest()) : runs.load(runId);
  if (run.kind !== 'regime' || run.model_id === null) return { run };
  const { first_ts: from, last_ts: last } = run.data;
  const kind = usualKind(regimes.open({ modelId: run.model_id }));
  return { run, history: await regimes.history({ modelId: run.model_id, kind, from, to: last + 1 }) };
}
