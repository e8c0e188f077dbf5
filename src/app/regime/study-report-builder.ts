/**
 * From the tables of a walk-forward or comparison run to its HTML report. A table that does not match the hash in the
 * manifest is refused: a report must show what the run made.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { modelFamily } from '../../analysis/models/model-families.js';
import type { WalkForwardReport } from '../../analysis/models/walk-forward/walk-forward-report.js';
import { TidewatchError } from '../../errors.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { buildComparisonReport } from '../report/comparison-report.js';
import type { ShownRows, StudyManifest } from '../report/study-report-input.js';
import { buildWalkForwardReport } from '../report/walk-forward-report.js';
import type { Comparison } from './comparison-run.js';
import type { RunManifest, RunStore } from './run-store.js';

const headerSchema = z.looseObject({
  schema_version: z.literal(1),
  kind: z.enum(['walk_forward', 'comparison']),
});

/**
 * The page of a walk-forward or comparison run.
 * @throws TidewatchError `unreadable_file` when a table is missing or not the one that the run made
 */
export function studyReport(runs: RunStore, run: RunManifest, sampleData: boolean): string {
  const manifest: StudyManifest = {
    runId: run.run_id,
    version: run.version,
    seed: run.seed,
    dataHash: run.data.hash,
    outputs: run.outputs ?? {},
    generatedAt: run.created_at,
    sampleData,
  };
  const symbol = displaySymbol(parseInstrument(run.data.instrument_id));
  const result = readResult(runs, run);
  if (run.kind === 'comparison') {
    return buildComparisonReport({ symbol, result: result as Comparison, manifest });
  }
  const walk = result as WalkForwardReport;
  return buildWalkForwardReport({
    symbol,
    timeframe: run.data.timeframe,
    source: run.data.source,
    set: String(run.config.set),
    modelName: modelFamily(walk.plan.candidate.family).title,
    result: walk,
    shown: shownRows(readTable(runs, run, 'states.csv')),
    manifest,
  });
}

/** The stored result; its shape is what the run's own code wrote, which the hash vouches for. */
function readResult(runs: RunStore, run: RunManifest): unknown {
  const json: unknown = JSON.parse(readTable(runs, run, 'result.json'));
  const header = headerSchema.safeParse(json);
  if (header.success && header.data.kind === run.kind) return json;
  throw new TidewatchError(
    'unsupported_schema_version',
    `the result of ${run.run_id} is not one that this version reads`,
    {
      hint: 'make the run again with this version',
      details: { run_id: run.run_id },
    },
  );
}

function readTable(runs: RunStore, run: RunManifest, name: string): string {
  const path = join(runs.folderOf(run.run_id), name);
  const refuse = (why: string, cause?: unknown): never => {
    throw new TidewatchError('unreadable_file', `cannot read ${path} · ${why}`, {
      hint: 'make the run again',
      details: { run_id: run.run_id, table: name },
      cause,
    });
  };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse('it is not there', error);
  }
  const hash = createHash('sha256').update(text).digest('hex');
  return hash === run.outputs?.[name] ? text : refuse('it is not what the run wrote');
}

/** `ts, available_at, fold, regime, label, …` as the walk-forward writes it: no field holds a comma. */
function shownRows(csv: string): ShownRows {
  const lines = csv.trimEnd().split('\n').slice(1);
  const time = new Float64Array(lines.length);
  const labels: string[] = [];
  const foldStart: number[] = [];
  lines.forEach((line, row) => {
    const [ts, , fold, , label] = line.split(',', 5);
    time[row] = Date.parse(ts!);
    labels.push(label!);
    foldStart[Number(fold)] ??= row;
  });
  return { time, labels, foldStart };
}
