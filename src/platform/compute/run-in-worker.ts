/**
 * Runs a long computation off the event loop: a worker per call, ended with it. Nothing is kept between calls, so the
 * memory of a training goes back to the system when it is done.
 */
import { availableParallelism } from 'node:os';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { TidewatchError } from '../../errors.js';
import type { ComputeTask, TaskInput, TaskResult } from './compute-tasks.js';
import { type TaskAnswer, toError } from './task-answer.js';
import { workerFile } from './worker-file.js';

/** The second core is worth taking, a third hardly (parallel-expectation.ts). */
const USUAL_THREADS = Math.min(2, availableParallelism());

/** How a computation runs in its worker. */
export interface RunOptions {
  /** Aborting ends the worker at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Threads for the E step, the worker included; two unless there is one core. */
  readonly threads?: number;
  /** Buffers of the input to hand over instead of copying: copying 40 MB holds up the event loop for some 10 ms. */
  readonly transfer?: readonly TransferListItem[];
}

/** What the worker is started with. */
export interface TaskOrder {
  readonly name: ComputeTask;
  readonly input: unknown;
  readonly threads: number;
}

/**
 * The one answer of a worker, which is ended afterwards.
 * @throws TidewatchError what the task threw, or `internal` when the worker died (out of memory, for example)
 */
export function awaitAnswer(worker: Worker, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => settle(() => reject(signal?.reason));
    const settle = (outcome: () => void): void => {
      signal?.removeEventListener('abort', cancel);
      worker.removeAllListeners();
      // an error while the thread is torn down changes nothing any more
      worker.on('error', () => undefined);
      void worker.terminate().then(outcome, outcome);
    };
    const died = (cause: unknown): void =>
      settle(() =>
        reject(
          new TidewatchError('internal', 'the worker of a computation stopped before it answered', {
            hint: 'try fewer rows or states if memory is short',
            cause,
          }),
        ),
      );
    signal?.addEventListener('abort', cancel, { once: true });
    worker.once('message', (answer: TaskAnswer) =>
      settle(() => {
        if (answer.kind === 'result') resolve(answer.result);
        else reject(toError(answer));
      }),
    );
    worker.once('error', died);
    worker.once('exit', (code) => died(new Error(`exit code ${code}`)));
  });
}

/** @throws TidewatchError as `awaitAnswer` says */
export async function runInWorker<Name extends ComputeTask>(
  name: Name,
  input: TaskInput<Name>,
  { signal, threads = USUAL_THREADS, transfer = [] }: RunOptions = {},
): Promise<TaskResult<Name>> {
  signal?.throwIfAborted();
  const workerData: TaskOrder = { name, input, threads };
  const worker = new Worker(workerFile(import.meta.url, 'task-worker'), {
    workerData,
    transferList: [...transfer],
  });
  return (await awaitAnswer(worker, signal)) as TaskResult<Name>;
}
