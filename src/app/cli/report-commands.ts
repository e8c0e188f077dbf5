/** `report build|open`. */
import { resolve } from 'node:path';
import { reportPath, writeReport } from '../regime/regime-report-builder.js';
import { hasSample } from '../sample-import.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';
import { openBrowser } from './serving.js';
import { withServices } from './session.js';

export function runReportBuild(
  context: CommandContext,
  runId: string | undefined,
  out: string | undefined,
): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const path = await build(context, services, runId, out);
    return { data: { file: path.file, run_id: path.runId }, text: `Report ${path.file}` };
  });
}

export function runReportOpen(context: CommandContext, runId: string | undefined): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const { file, runId: id } = await build(context, services, runId, undefined);
    openBrowser(file);
    return { data: { file, run_id: id }, text: `Report ${file}` };
  });
}

async function build(
  context: CommandContext,
  services: Services,
  runId: string | undefined,
  out: string | undefined,
): Promise<{ file: string; runId: string }> {
  const { runs, regimes, home } = services;
  const run = runId === undefined ? runs.newest() : runs.load(runId);
  const { first_ts: from, last_ts: last } = run.data;
  const history = await regimes.history({ modelId: run.model_id, kind: 'filtered', from, to: last + 1 });
  const file = out === undefined ? reportPath(home.reports, run.run_id) : resolve(out);
  writeReport(file, { history, run, sampleData: hasSample(home), generatedAt: run.created_at });
  context.keep(file);
  return { file, runId: run.run_id };
}
