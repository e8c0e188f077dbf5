/** Many majors-vs-alts runs over one lake on all cores: a run per item, in worker threads, results in order. */
import { Worker } from 'node:worker_threads';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import { workerFile } from '../../platform/compute/worker-file.js';
import { askWorkers } from '../../platform/compute/worker-pool.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import type { MonitorRun, RunName } from './compute-run.js';

export interface PoolItem extends RunName {
  readonly config: MonitorConfig;
  /** Index into the lakes of the pool. */
  readonly lake: number;
}

/** An item that failed does not end the others. */
export type PoolOutcome =
  | { readonly run: MonitorRun; readonly error: null }
  | {
      readonly run: null;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
    };

export interface PoolOptions {
  readonly signal: AbortSignal;
  readonly onResult?: (outcome: PoolOutcome, index: number) => void;
}

/** Runs items on worker threads that share the lakes; answers come in the order of the items. */
export function runMonitorPool(
  lakes: readonly ResearchLake[],
  items: readonly PoolItem[],
  { signal, onResult }: PoolOptions,
): Promise<PoolOutcome[]> {
  const makeWorker = (): Worker =>
    new Worker(workerFile(import.meta.url, 'monitor-worker'), { workerData: lakes });
  return askWorkers<PoolItem, PoolOutcome>(makeWorker, items, { signal, ...(onResult && { onResult }) });
}

/** The run of an outcome. @throws TidewatchError what the run threw */
export function requireRun({ run, error }: PoolOutcome): MonitorRun {
  if (run !== null) return run;
  throw new TidewatchError(
    error.code as never,
    error.message,
    error.hint === null ? {} : { hint: error.hint },
  );
}
