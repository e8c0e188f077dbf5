/** The worker of `runInWorker`: one task, one answer. */
import { parentPort, workerData } from 'node:worker_threads';
import { COMPUTE_TASKS } from './compute-tasks.js';
import type { TaskOrder } from './run-in-worker.js';
import { answerOf } from './task-answer.js';

const { name, input, threads } = workerData as TaskOrder;
const task = COMPUTE_TASKS[name] as (input: unknown, threads: number) => unknown;

parentPort?.postMessage(answerOf(() => task(input, threads)));
