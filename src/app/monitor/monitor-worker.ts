/** A worker of `runMonitorPool`: holds the lakes, computes one run per question. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import { answerOf } from '../../platform/compute/task-answer.js';
import type { PoolAnswer, PoolQuestion } from '../../platform/compute/worker-pool.js';
import { computeRun } from './compute-run.js';
import type { PoolItem, PoolOutcome } from './monitor-pool.js';

const lakes = workerData as readonly ResearchLake[];

function compute(item: PoolItem): PoolOutcome {
  try {
    return { run: computeRun(lakes[item.lake]!, item.config, item), error: null };
  } catch (error) {
    if (!(error instanceof TidewatchError)) throw error;
    const { code, message, hint } = error;
    return { run: null, error: { code, message, hint: hint ?? null } };
  }
}

parentPort?.on('message', ({ index, item }: PoolQuestion) => {
  parentPort?.postMessage({ index, answer: answerOf(() => compute(item as PoolItem)) } satisfies PoolAnswer);
});
