/** The worker of `runInWorker`: one task, one answer. */
import { parentPort, workerData } from 'node:worker_threads';
import { TidewatchError } from '../../errors.js';
import { COMPUTE_TASKS } from './compute-tasks.js';
import type { TaskAnswer, TaskOrder } from './run-in-worker.js';

function answer({ name, input, threads }: TaskOrder): TaskAnswer {
  try {
    const task = COMPUTE_TASKS[name] as (input: unknown, threads: number) => unknown;
    return { kind: 'result', result: task(input, threads) };
  } catch (error) {
    if (error instanceof TidewatchError) {
      const { code, message, hint, details } = error;
      return { kind: 'refused', code, message, hint, details };
    }
    const { message, stack } = error as Error;
    return { kind: 'failed', message, stack };
  }
}

parentPort?.postMessage(answer(workerData as TaskOrder));
