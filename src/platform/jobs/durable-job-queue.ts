/**
 * Jobs that survive the process. A job is a row of job_runs and an entry of the queue, made, ended and put back in one
 * transaction each. A worker holds a lease; the run of a worker whose lease is over is queued again, so a killed
 * process's jobs go on at the next start, or in another worker. A run may therefore happen twice: every kind of job is
 * idempotent.
 *
 * Known failures (TidewatchError) of jobs that somebody started are final; unexpected ones, and those of scheduled jobs, are
 * tried again after 5, 30 and 120 s (operations spec §3.1).
 * CPU-bound kinds run one at a time, the others eight at a time.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { JobRun, RunEnd } from '../store/job-runs.js';
import { LEASE_SECONDS } from '../store/leases.js';
import { violatedKey } from '../store/sql.js';
import type { Store } from '../store/store.js';
import { type DueWindow, retryUntil } from './due-window.js';
import {
  isEnded,
  type Job,
  type JobEvent,
  type JobFilter,
  type JobKind,
  type JobMeasure,
  type JobQueue,
} from './job.js';
import { JobLedger, queueOf } from './job-ledger.js';
import { JobProgress } from './job-progress.js';
import { jobOf, statusFilter } from './run-to-job.js';
import type { ScheduledJob } from './schedule.js';
import { windowKey } from './schedule-window.js';
import type { WindowInput } from './scheduled-kind.js';

export const RETRY_SECONDS = [5, 30, 120] as const;
const LANE_SIZE = { cpu: 1, io: 8 } as const;
const POLL_MS = 2_000;
const ASK_MS = 500;
/** A stop waits this long for jobs to end by themselves, then as long again for those that were told to stop. */
const STOP_MS = 1_000;
/** Failures that another try cannot mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'bad_parameter',
  'invalid_config',
  'missing_secret',
  'not_offered',
  'job_timeout',
]);

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
  private readonly progress: JobProgress;
  private readonly running = new Map<
    string,
    { readonly stop: AbortController; readonly done: Promise<void> }
  >();
  private readonly busy = { cpu: 0, io: 0 };
  /** Queue and the lane of all its kinds. */
  private readonly queues: ReadonlyMap<string, JobKind['lane']>;
  private readonly closing = new AbortController();
  private readonly loops: Promise<unknown>[] = [];
  private suspected: ReadonlySet<string> = new Set();
  private wake: () => void = () => undefined;

  private constructor(
    private readonly options: QueueOptions,
    private readonly kinds: ReadonlyMap<string, JobKind>,
    private readonly ledger: JobLedger,
  ) {
    this.queues = new Map([...kinds.values()].map((kind) => [queueOf(kind), kind.lane]));
    this.progress = new JobProgress(options.clock);
    // each waiter for the end of a job listens to it
    setMaxListeners(0, this.closing.signal);
  }

  /** Opens the queue, takes up what a killed process left, and works unless told otherwise. */
  static async open(options: QueueOptions): Promise<DurableJobQueue> {
    const { store, onFailure, work = true } = options;
    const kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
    const worker = `worker:${randomUUID()}`;
    const ledger = await JobLedger.open(store, kinds, worker, onFailure, options.leaseSeconds);
    const queue = new DurableJobQueue(options, kinds, ledger);
    // an embedded database has one process: whoever held a lease is gone
    if (store.sql.engine === 'pglite') await store.leases.releaseAll();
    if (work) {
      await ledger.holdLease();
      await queue.rescue();
      queue.loops.push(queue.workLoop(), queue.leaseLoop());
    }
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
    this.running.get(id)?.stop.abort(new Error('cancelled'));
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

  /**
   * Waits a second for running jobs, then stops them and puts them back. One that does not listen is left alone after
   * another second: it goes on where its lease is seen to be gone. The store must stay open until it is done.
   */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    this.wake();
    await this.runsEnd();
    for (const { stop } of this.running.values()) stop.abort(new Error('the process is stopping'));
    await Promise.all([...this.loops, this.runsEnd()]);
    await this.ledger.close();
  }

  private async runsEnd(): Promise<void> {
    const over = new AbortController();
    await Promise.race([
      Promise.all([...this.running.values()].map(({ done }) => done)),
      sleep(STOP_MS, undefined, { ref: false, signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
  }

  private told(run: JobRun): Job {
    const job = jobOf(run);
    this.progress.changed(job);
    if (isEnded(job)) this.options.onEnd?.(job);
    this.wake();
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

  private async workLoop(): Promise<void> {
    while (!this.closing.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        for (const [queue, lane] of this.queues) await this.fill(queue, lane);
      } catch (error) {
        this.options.onFailure(error);
      }
      const pause = new AbortController();
      await Promise.race([
        woken,
        sleep(this.options.pollMs ?? POLL_MS, undefined, { ref: false, signal: pause.signal }).catch(
          () => undefined,
        ),
      ]);
      pause.abort();
    }
  }

  private async fill(queue: string, lane: JobKind['lane']): Promise<void> {
    while (this.busy[lane] < LANE_SIZE[lane] && !this.closing.signal.aborted) {
      const taken = await this.ledger.take(queue);
      if (taken === 'none') return;
      if (taken === 'ended') continue;
      this.busy[lane] += 1;
      const stop = new AbortController();
      const done = this.runOne(this.kinds.get(taken.job)!, taken, stop)
        .catch((error: unknown) => this.options.onFailure(error))
        .finally(() => {
          this.busy[lane] -= 1;
          this.running.delete(taken.id);
          this.wake();
        });
      this.running.set(taken.id, { stop, done });
    }
  }

  private async runOne(kind: JobKind, run: JobRun, stop: AbortController): Promise<void> {
    const { id } = run;
    const job = this.told(run);
    const timer = setTimeout(
      () => stop.abort(new TidewatchError('job_timeout', `${kind.name} of ${job.key} took too long`)),
      kind.timeoutMs,
    );
    try {
      const result = await kind.run(inputOf(kind, run), {
        id,
        key: job.key,
        attempt: run.attempt,
        signal: stop.signal,
        report: (progress, measure) => this.report(id, progress, measure),
      });
      await this.end(run, { status: 'ok', result, ...rowsOf(result) });
    } catch (error) {
      await this.afterFailure(kind, run, stop.signal.aborted ? (stop.signal.reason ?? error) : error);
    } finally {
      clearTimeout(timer);
    }
  }

  private report(id: string, progress: number, measure?: JobMeasure): void {
    if (!this.progress.advanced(id, progress, measure)) return;
    this.ledger
      .progress(id, Math.min(0.99, progress))
      .catch((error: unknown) => this.options.onFailure(error));
  }

  private async afterFailure(kind: JobKind, run: JobRun, error: unknown): Promise<void> {
    const { id } = run;
    if ((await this.ledger.find(id))?.stats.cancel) return this.end(run, { status: 'skipped' });
    if (this.closing.signal.aborted && !(error instanceof TidewatchError)) return this.putBack(run);
    const known = error instanceof TidewatchError && error.code !== 'internal' ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (known === undefined || kind.retryUntil) this.options.onFailure(error, jobOf(run));
    const delay = this.retryDelay(kind, run, known);
    if (delay !== undefined) return this.putBack(run, { message, delay });
    const failure =
      known === undefined
        ? { code: 'internal', message: `internal error · ${message}`, hint: null }
        : { code: known.code, message, hint: known.hint ?? null };
    return this.end(run, { status: 'failed', failure });
  }

  /** Seconds until the next try; undefined when there is none. */
  private retryDelay(kind: JobKind, run: JobRun, known: TidewatchError | undefined): number | undefined {
    const delay = RETRY_SECONDS[run.stats.failures];
    if (kind.retryUntil === undefined) return known === undefined ? delay : undefined;
    if (delay === undefined || (known !== undefined && FINAL.has(known.code))) return undefined;
    const until = kind.retryUntil(inputOf(kind, run));
    return this.options.clock.now() + delay * 1000 < until ? delay : undefined;
  }

  private async end(run: JobRun, end: RunEnd): Promise<void> {
    const ended = await this.ledger.end(run, end);
    if (ended) this.told(ended);
  }

  private async putBack(run: JobRun, failed?: { message: string; delay: number }): Promise<void> {
    const queued = await this.ledger.putBack(run, failed);
    if (queued) this.told(queued);
  }

  /** Renews the lease, stops what was cancelled elsewhere, takes up the runs of workers that are gone. */
  private async leaseLoop(): Promise<void> {
    for (;;) {
      try {
        const seconds = this.options.leaseSeconds ?? LEASE_SECONDS;
        await sleep((seconds / 3) * 1000, undefined, { signal: this.closing.signal, ref: false });
      } catch {
        return;
      }
      try {
        await this.ledger.holdLease();
        await this.putBackForgotten();
        for (const id of await this.ledger.cancelledHere()) {
          this.running.get(id)?.stop.abort(new Error('cancelled'));
        }
        await this.rescue();
      } catch (error) {
        this.options.onFailure(error);
      }
    }
  }

  /** Runs that count as this worker's and are not: their end could not be written. Seen twice, they are put back. */
  private async putBackForgotten(): Promise<void> {
    const mine = await this.ledger.runningHere();
    const forgotten = mine.filter(({ id }) => !this.running.has(id));
    for (const run of forgotten) if (this.suspected.has(run.id)) await this.putBack(run);
    this.suspected = new Set(forgotten.map(({ id }) => id));
  }

  private async rescue(): Promise<void> {
    for (const run of await this.ledger.rescue()) this.told(run);
    this.wake();
  }
}

/** A row may be older than the schema of its kind; trying again would not help. */
function inputOf<Input>(kind: JobKind<Input>, run: JobRun): Input {
  const parsed = kind.input.safeParse(run.stats.input);
  if (parsed.success) return parsed.data;
  throw new TidewatchError(
    'bad_parameter',
    `the stored input of ${kind.name} of ${run.stats.key} is not valid`,
    {
      hint: 'start the job anew',
    },
  );
}

function rowsOf(result: unknown): { rows: number } | undefined {
  const rows = (result as { rows?: unknown } | null | undefined)?.rows;
  return Number.isSafeInteger(rows) ? { rows: rows as number } : undefined;
}
