/** A worker of `runPool`: prepared once, then one answer per question. */
import { parentPort, workerData } from 'node:worker_threads';
import { POOL_TASKS } from './pool-tasks.js';
import { answerOf } from './task-answer.js';
import type { PoolAnswer, PoolOrder, PoolQuestion } from './worker-pool.js';

const { name, shared } = workerData as PoolOrder;
const work = POOL_TASKS[name](shared as never) as (item: unknown) => unknown;

parentPort?.on('message', ({ index, item }: PoolQuestion) => {
  parentPort?.postMessage({ index, answer: answerOf(() => work(item)) } satisfies PoolAnswer);
});
