/**
 * A walk-forward as a run of a home: searched over worker threads, each finished fold stored at once, chained and
 * judged in a worker, its tables and then its manifest written. The same inputs lead to the same folder, so a run that
 * was killed or cancelled goes on where it stopped when it is asked for again, and ends in the same bytes.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { featureSetFor, modelFamily } from '../../analysis/models/model-families.js';
import { type FoldSearch, foldSearchSchema } from '../../analysis/models/walk-forward/fold-search.js';
import { estimateMemory } from '../../analysis/models/walk-forward/memory-estimate.js';
import type { Fold } from '../../analysis/models/walk-forward/schedule.js';
import {
  foldsToSearch,
  type WalkForwardPlan,
  type WalkForwardReport,
} from '../../analysis/models/walk-forward/walk-forward-report.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';
import { runPool } from '../../platform/compute/worker-pool.js';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import type { RunManifest } from './run-store.js';
import { type InputRequest, type PreparedInput, prepareInput } from './walk-forward-inputs.js';

/** Which bars and features, by which plan; bars per year come from the timeframe and the calendar. */
export interface WalkForwardRequest extends Omit<InputRequest, 'family' | 'seed'> {
  readonly plan: Omit<WalkForwardPlan, 'barsPerYear'>;
}

/** How a run is carried out: none of this changes its result, but the last bar. */
export interface WalkForwardContext {
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Bytes that the run may take; what the system has free unless said. */
  readonly memoryLimit?: number | undefined;
  /** Called when the folds to do are known and for each one done. */
  readonly onFold?: (done: number, total: number) => void;
  /** Open of the last bar to take, UTC ms: a run is made again on the bars that it had, whatever came later. */
  readonly lastBar?: number;
}

/** A finished walk-forward with its tables and its manifest. */
export interface WalkForwardRun {
  readonly run: RunManifest;
  readonly report: WalkForwardReport;
  /** The table of point-in-time rows. */
  readonly statesCsv: string;
  /** Folds that were found stored. */
  readonly resumed: number;
  /** SHA-256 over the tables. */
  readonly sha256: string;
}

const storedFoldSchema = z.strictObject({ key: z.string(), search: foldSearchSchema });

/**
 * @throws TidewatchError `no_data`, `too_few_rows`, `degenerate_data`, `bad_parameter`, `not_enough_memory`, `lookahead`,
 *   `disk_full`, `write_failed`; the signal's reason when cancelled
 */
export async function runWalkForward(
  services: Services,
  request: WalkForwardRequest,
  context: WalkForwardContext,
): Promise<WalkForwardRun> {
  const { candidate, schedule } = request.plan;
  const { family, seed } = candidate;
  const set = featureSetFor(modelFamily(family), request.set);
  const { lastBar } = context;
  const to = lastBar === undefined ? request.to : Math.min(request.to ?? lastBar + 1, lastBar + 1);
  const prepared = await prepareInput(services, { ...request, to, set, family, seed }, context.signal);
  const { input, data, causality } = prepared;
  const plan: WalkForwardPlan = { ...request.plan, barsPerYear: prepared.barsPerYear };
  const folds = foldsToSearch(input.table.time.length, schedule);
  requireMemory(prepared, plan, folds.length, context);
  const config = {
    instrument_id: data.instrument_id,
    timeframe: data.timeframe,
    set,
    from: request.from ?? null,
    to: request.to ?? null,
    plan: JSON.parse(JSON.stringify(plan)),
  };
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, data.hash, config]))
    .digest('hex');
  const id = services.runs.id('walk_forward', data, key);
  const folder = services.runs.folderOf(id);
  const foldPath = ({ index }: Fold): string =>
    join(folder, 'folds', `${String(index).padStart(5, '0')}.json`);

  const stored = folds.flatMap((fold) => readFold(foldPath(fold), key, fold) ?? []);
  const known = new Set(stored.map(({ fold }) => fold));
  const missing = folds.filter(({ index }) => !known.has(index));
  let done = stored.length;
  context.onFold?.(done, folds.length);
  const fresh = await runPool('searchFold', { input, candidate }, missing, {
    workers: context.workers,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    onResult: (search, at) => {
      writeFileAtomic(foldPath(missing[at]!), JSON.stringify({ key, search }), 0o600);
      done += 1;
      context.onFold?.(done, folds.length);
    },
  });
  const { report, statesCsv } = await runInWorker(
    'finishWalkForward',
    { input, plan, searches: [...stored, ...fresh] },
    context.signal === undefined ? {} : { signal: context.signal },
  );
  const tables: Record<string, string> = {
    'result.json': `${JSON.stringify(report)}\n`,
    'states.csv': statesCsv,
  };
  const outputs = Object.fromEntries(
    Object.entries(tables).map(([name, content]) => [
      name,
      createHash('sha256').update(content).digest('hex'),
    ]),
  );
  for (const [name, content] of Object.entries(tables)) writeFileAtomic(join(folder, name), content, 0o600);
  const run = services.runs.write({
    run_id: id,
    kind: 'walk_forward',
    created_at: services.clock.now(),
    version: VERSION,
    seed,
    config,
    data,
    causality: [causality],
    model_id: null,
    outputs,
  });
  return {
    run,
    report,
    statesCsv,
    resumed: stored.length,
    sha256: createHash('sha256').update(JSON.stringify(outputs)).digest('hex'),
  };
}

/** A finished fold of this very run; undefined for none, a damaged one, or one of another run. */
function readFold(path: string, key: string, fold: Fold): FoldSearch | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const parsed = storedFoldSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    const isThis = parsed.success && parsed.data.key === key && parsed.data.search.fold === fold.index;
    return isThis ? parsed.data.search : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function requireMemory(
  { input, data }: PreparedInput,
  { candidate }: WalkForwardPlan,
  folds: number,
  { workers, memoryLimit = freemem() }: WalkForwardContext,
): void {
  const { states } = candidate;
  const needed = estimateMemory({
    rows: input.table.time.length,
    features: input.table.names.length,
    states: typeof states === 'number' ? states : states.max,
    folds,
    workers,
  });
  if (needed <= memoryLimit) return;
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
  throw new TidewatchError(
    'not_enough_memory',
    `walking ${input.table.time.length.toLocaleString('en-US')} rows of ${data.timeframe} bars forward on ${workers} workers takes about ${megabytes(needed)}, ${megabytes(memoryLimit)} are free`,
    {
      hint: 'use fewer workers, a shorter range or a rolling window',
      details: { needed_bytes: needed, free_bytes: memoryLimit, workers, rows: input.table.time.length },
    },
  );
}
