/**
 * Asking for jobs that survive the process. A job is a row of job_runs and an entry of the queue, made, ended and put
 * back in one transaction each; job-worker.ts runs them. A killed process's jobs go on at the next start, or in another
 * worker, so a run may happen twice: every kind of job is idempotent.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { JobRun } from '../store/job-runs.js';
import { violatedKey } from '../store/sql.js';
import type { Store } from '../store/store.js';
import { type DueWindow, retryUntil } from './due-window.js';
import { isEnded, type Job, type JobEvent, type JobFilter, type JobKind, type JobQueue } from './job.js';
import { JobLedger } from './job-ledger.js';
import { JobProgress } from './job-progress.js';
import { JobWorker } from './job-worker.js';
import { jobOf, statusFilter } from './run-to-job.js';
import type { ScheduledJob } from './schedule.js';
import { windowKey } from './schedule-window.js';
import type { WindowInput } from './scheduled-kind.js';

const ASK_MS = 500;

export interface QueueOptions {
  readonly store: Store;
  readonly kinds: readonly JobKind[];
  readonly clock: Clock;
  /** Told of failures that are bugs or of the database, for the log. */
  readonly onFailure: (error: unknown, job?: Job) => void;
  /** False: only asks and queues, runs nothing. Default true. */
  readonly work?: boolean;
  /** Told of every job of this process that has ended. */
  readonly onEnd?: (job: Job) => void;
  /** Life of the lease under which jobs run; 30 s when left out. */
  readonly leaseSeconds?: number;
  /** How often is looked for jobs that other processes queued, ms; two seconds when left out. */
  readonly pollMs?: number;
}

export class DurableJobQueue implements JobQueue {
  private readonly closing = new AbortController();
  private readonly worker: JobWorker;

  private constructor(
    private readonly options: QueueOptions,
    private readonly kinds: ReadonlyMap<string, JobKind>,
    private readonly ledger: JobLedger,
    private readonly progress: JobProgress,
  ) {
    const { clock, onFailure, leaseSeconds, pollMs } = options;
    const onChange = (run: JobRun): Job => this.told(run);
    this.worker = new JobWorker({
      kinds,
      ledger,
      progress,
      clock,
      onChange,
      onFailure,
      leaseSeconds,
      pollMs,
    });
    // each waiter for the end of a job listens to it
    setMaxListeners(0, this.closing.signal);
  }

  /** Opens the queue, takes up what a killed process left, and works unless told otherwise. */
  static async open(options: QueueOptions): Promise<DurableJobQueue> {
    const { store, onFailure, work = true } = options;
    const kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
    const worker = `worker:${randomUUID()}`;
    const ledger = await JobLedger.open(store, kinds, worker, onFailure, options.leaseSeconds);
    const queue = new DurableJobQueue(options, kinds, ledger, new JobProgress(options.clock));
    // an embedded database has one process: whoever held a lease is gone
    if (store.sql.engine === 'pglite') await store.leases.releaseAll();
    if (work) await queue.worker.start();
    return queue;
  }

  async start(kind: string, key: string, input: unknown): Promise<Job> {
    const found = this.kinds.get(kind);
    if (!found) throw new TidewatchError('bad_parameter', `there is no kind of job "${kind}"`);
    const parsed = found.input.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new TidewatchError(
        'bad_parameter',
        `${issue?.path.join('.') || kind} of the job is not valid · ${issue?.message ?? ''}`,
      );
    }
    const id = randomUUID();
    try {
      const run = await this.ledger.add({
        id,
        job: kind,
        windowKey: `${key}#${id}`,
        key,
        input: parsed.data,
      });
      return this.told(run);
    } catch (error) {
      throw await this.asJobRunning(error, kind, key);
    }
  }

  /**
   * Queues a window of a scheduled job.
   * @returns the run, queued, or as it was when the window is open or done
   * @throws TidewatchError `job_running` when another window of the job is open
   */
  async startWindow(
    job: ScheduledJob,
    { window, since, catchUp }: DueWindow,
    { degraded, force, now }: { degraded: boolean; force: boolean; now: number },
  ): Promise<Job> {
    const key = windowKey(job.id, window);
    const input: WindowInput = {
      ...window,
      since,
      catch_up: catchUp,
      degraded,
      retry_until: retryUntil(job, window, now),
    };
    try {
      const run = await this.ledger.addWindow({
        id: randomUUID(),
        job: job.id,
        windowKey: key,
        key: job.id,
        input,
        degraded,
        force,
      });
      if (run) return this.told(run);
      return this.progress.newest(jobOf((await this.ledger.findWindow(job.id, key))!));
    } catch (error) {
      throw await this.asJobRunning(error, job.id, job.id);
    }
  }

  async find(id: string): Promise<Job> {
    const run = await this.ledger.find(id);
    if (run) return this.progress.newest(jobOf(run));
    throw new TidewatchError('unknown_job', `there is no job ${id}`, { details: { job_id: id } });
  }

  async list({ kind, key, status, limit }: JobFilter = {}): Promise<readonly Job[]> {
    const runs = await this.ledger.list({
      job: kind,
      key,
      limit,
      ...(status === undefined ? {} : { status: statusFilter(status) }),
    });
    return runs.map((run) => this.progress.newest(jobOf(run)));
  }

  async cancel(id: string): Promise<Job> {
    await this.find(id);
    const run = await this.ledger.cancel(id);
    if (run?.status === 'skipped') return this.told(run);
    this.worker.cancel(id);
    return this.find(id);
  }

  async retry(id: string): Promise<Job> {
    await this.find(id);
    const { job, stats } = (await this.ledger.find(id))!;
    try {
      const run = await this.ledger.requeue(id);
      return run ? this.told(run) : this.find(id);
    } catch (error) {
      throw await this.asJobRunning(error, job, stats.key);
    }
  }

  async finished(id: string): Promise<Job> {
    for (;;) {
      let ended = (): void => undefined;
      const told = new Promise<void>((done) => {
        ended = done;
      });
      const unlisten = this.onProgress((event) => {
        if (event.id === id && isEnded(event)) ended();
      });
      try {
        const job = await this.find(id);
        if (isEnded(job)) return job;
        // another worker's end is not told here
        await Promise.race([told, sleep(ASK_MS, undefined, { signal: this.closing.signal, ref: false })]);
      } catch (error) {
        if (!this.closing.signal.aborted) throw error;
        throw new TidewatchError(
          'store_unavailable',
          'the process is stopping · the job goes on at the next start',
          {
            hint: 'ask again when it runs',
            details: { job_id: id },
          },
        );
      } finally {
        unlisten();
      }
    }
  }

  onProgress(listener: (event: JobEvent) => void): () => void {
    return this.progress.listen(listener);
  }

  /** Ends the worker (`JobWorker.close`) and the waiting of those who asked; the store must stay open until it is done. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.worker.close();
    await this.ledger.close();
  }

  private told(run: JobRun): Job {
    const job = jobOf(run);
    this.progress.changed(job);
    if (isEnded(job)) this.options.onEnd?.(job);
    this.worker.wake();
    return job;
  }

  private async asJobRunning(error: unknown, kind: string, key: string): Promise<unknown> {
    if (violatedKey(error) !== 'job_runs_one_open') return error;
    const open = await this.ledger.openOf(kind, key);
    return new TidewatchError(
      'job_running',
      `${kind} of ${key} is running${open ? ` as job ${open.id}` : ''}`,
      {
        hint: 'wait for it to end, or cancel it',
        details: { job_id: open?.id ?? null },
        cause: error,
      },
    );
  }
}
