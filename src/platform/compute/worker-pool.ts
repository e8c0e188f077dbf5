/**
 * Many independent items of one computation over several worker threads: results come back in the order of the items
 * and do not depend on how many workers there are, because each item is a pure function of the shared input and its
 * own. A worker that dies (out of memory, killed) is replaced and its item done again; twice the same item, and the
 * run ends in an error.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { TidewatchError } from '../../errors.js';
import type { PoolItem, PoolResult, PoolShared, PoolTask } from './pool-tasks.js';
import { type TaskAnswer, toError } from './task-answer.js';
import { workerFile } from './worker-file.js';

/** How often an item may lose its worker. */
const MOST_LOSSES = 2;

export interface PoolOptions<Result> {
  /** Threads; as many as the machine has cores unless said. */
  readonly workers?: number;
  /** Aborting ends all workers at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each finished item, in the order they finish. */
  readonly onResult?: (result: Result, index: number) => void;
}

/** What a worker of the pool is started with. */
export interface PoolOrder {
  readonly name: PoolTask;
  readonly shared: unknown;
}

/** What it is sent, and what it answers. */
export interface PoolQuestion {
  readonly index: number;
  readonly item: unknown;
}
/** What a worker sends back; `index` is that of the item. */
export interface PoolAnswer {
  readonly index: number;
  readonly answer: TaskAnswer;
}

/** @throws TidewatchError what an item threw first, or `internal` when its worker died twice */
export function runPool<Name extends PoolTask>(
  name: Name,
  shared: PoolShared<Name>,
  items: readonly PoolItem<Name>[],
  options: PoolOptions<PoolResult<Name>> = {},
): Promise<PoolResult<Name>[]> {
  const workerData: PoolOrder = { name, shared };
  const makeWorker = (): Worker => new Worker(workerFile(import.meta.url, 'pool-worker'), { workerData });
  return askWorkers<PoolItem<Name>, PoolResult<Name>>(makeWorker, items, options);
}

/** Hands items to workers that answer `PoolQuestion` with `PoolAnswer`. @throws TidewatchError as `runPool` */
export function askWorkers<Item, Result>(
  makeWorker: () => Worker,
  items: readonly Item[],
  options: PoolOptions<Result> = {},
): Promise<Result[]> {
  const { signal, onResult } = options;
  const workers = Math.max(1, Math.min(options.workers ?? availableParallelism(), items.length));
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (items.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const results = new Array<Result>(items.length);
    const waiting = items.map((_, index) => index).reverse();
    const losses = new Uint8Array(items.length);
    const alive = new Set<Worker>();
    let missing = items.length;
    let settled = false;

    const settle = (outcome: () => void): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', cancel);
      void Promise.allSettled([...alive].map((worker) => worker.terminate())).then(outcome);
    };
    const cancel = (): void => settle(() => reject(signal?.reason));
    const start = (): void => {
      const worker = makeWorker();
      let busy: number | undefined;
      const ask = (): void => {
        busy = waiting.pop();
        if (busy === undefined) return;
        worker.postMessage({ index: busy, item: items[busy] } satisfies PoolQuestion);
      };
      alive.add(worker);
      worker.on('message', ({ index, answer }: PoolAnswer) => {
        if (settled) return;
        if (answer.kind !== 'result') {
          settle(() => reject(toError(answer)));
          return;
        }
        results[index] = answer.result as Result;
        missing -= 1;
        try {
          onResult?.(results[index]!, index);
        } catch (error) {
          settle(() => reject(error));
          return;
        }
        if (missing === 0) settle(() => resolve(results));
        else ask();
      });
      // `exit` follows and replaces the worker
      worker.on('error', () => undefined);
      worker.once('exit', () => {
        alive.delete(worker);
        if (settled || busy === undefined) return;
        losses[busy]! += 1;
        if (losses[busy]! >= MOST_LOSSES) {
          settle(() =>
            reject(
              new TidewatchError('internal', 'a worker stopped twice at the same part of the computation', {
                hint: 'try fewer workers or rows if memory is short',
                details: { item: busy },
              }),
            ),
          );
          return;
        }
        waiting.push(busy);
        start();
      });
      ask();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    for (let i = 0; i < workers; i += 1) start();
  });
}

/** A copy of a column that worker threads read without copying. */
export function shareColumn(column: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(column.byteLength));
  shared.set(column);
  return shared;
}
