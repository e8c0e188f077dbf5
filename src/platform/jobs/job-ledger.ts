/**
 * A job's row in job_runs and its entry in the queue, which change together: one transaction each, so that a kill at any
 * moment leaves both or neither. The row is the truth; an entry only says that somebody should look at it.
 */
import type PgBoss from 'pg-boss';
import type { JobRun, JobRuns, NewRun, NewWindow, RunEnd, RunFilter } from '../store/job-runs.js';
import { LEASE_SECONDS } from '../store/leases.js';
import type { Sql } from '../store/sql.js';
import type { Store } from '../store/store.js';
import { bossDatabase, openBoss } from './boss.js';
import type { JobKind } from './job.js';

/** The queue takes an entry for lost after the time-out of its kind and this; the worker itself stops before. */
const GRACE_SECONDS = 300;
const LONGEST_SECONDS = 23 * 3600;
const UNKNOWN_SECONDS = 30;

export class JobLedger {
  private constructor(
    private readonly store: Store,
    private readonly boss: PgBoss,
    private readonly kinds: ReadonlyMap<string, JobKind>,
    /** Name of the lease under which this process runs jobs. */
    private readonly worker: string,
    private readonly leaseSeconds: number,
  ) {}

  static async open(
    store: Store,
    kinds: ReadonlyMap<string, JobKind>,
    worker: string,
    onError: (error: unknown) => void,
    leaseSeconds: number = LEASE_SECONDS,
  ): Promise<JobLedger> {
    const queues = [...new Set([...kinds.values()].map(queueOf))];
    return new JobLedger(store, await openBoss(store.sql, queues, onError), kinds, worker, leaseSeconds);
  }

  find(id: string): Promise<JobRun | undefined> {
    return this.store.jobRuns.find(id);
  }

  list(filter: RunFilter): Promise<readonly JobRun[]> {
    return this.store.jobRuns.list(filter);
  }

  openOf(kind: string, key: string): Promise<JobRun | undefined> {
    return this.store.jobRuns.openOf(kind, key);
  }

  /** Throws the violation of `job_runs_one_open` when one of this kind and key is open; so does `requeue`. */
  add(run: NewRun): Promise<JobRun> {
    return this.change(async (runs, sql) => {
      const added = await runs.add(run);
      await this.send(sql, added);
      return added;
    });
  }

  /** Throws as `add` when another window of the job is open; undefined when this one is open or done. */
  addWindow(run: NewWindow): Promise<JobRun | undefined> {
    return this.change(async (runs, sql) => {
      const added = await runs.addWindow(run);
      if (added) await this.send(sql, added);
      return added;
    });
  }

  findWindow(job: string, windowKey: string): Promise<JobRun | undefined> {
    return this.store.jobRuns.findWindow(job, windowKey);
  }

  /** Takes the next run of a queue for this worker; `ended` when the entry was that of a run that is over. */
  take(queue: string): Promise<JobRun | 'none' | 'ended'> {
    return this.change(async (runs, sql) => {
      const db = bossDatabase(sql);
      const [entry] = await this.boss.fetch(queue, { batchSize: 1, db } as PgBoss.FetchOptions);
      if (entry === undefined) return 'none';
      const found = await runs.find(entry.id);
      if (found?.status === 'queued' && !this.kinds.has(found.job)) {
        // of another version: left to a worker that knows the kind
        await this.enter(sql, queue, found, { startAfter: UNKNOWN_SECONDS, expireInSeconds: GRACE_SECONDS });
        return 'ended';
      }
      const run = await runs.begin(entry.id, this.worker);
      if (run) return run;
      await this.boss.complete(queue, entry.id, {}, { db });
      return 'ended';
    });
  }

  progress(id: string, progress: number): Promise<void> {
    return this.store.jobRuns.progress(id, this.worker, progress);
  }

  /** Undefined when the run is not this worker's any more; nothing has changed then. */
  end(run: JobRun, end: RunEnd): Promise<JobRun | undefined> {
    return this.change(async (runs, sql) => {
      const ended = await runs.end(run.id, this.worker, end);
      if (ended) await this.boss.complete(this.queueOfJob(run.job), run.id, {}, { db: bossDatabase(sql) });
      return ended;
    });
  }

  /** Queues a run of this worker again, at once or, after an unexpected failure, later. */
  putBack(run: JobRun, failed?: { message: string; delay: number }): Promise<JobRun | undefined> {
    return this.change(async (runs, sql) => {
      const queued = await runs.putBack(run.id, this.worker, failed?.message);
      if (queued) await this.send(sql, queued, failed?.delay);
      return queued;
    });
  }

  /** A queued run is over at once, a running one is marked; undefined when it has ended. */
  cancel(id: string): Promise<JobRun | undefined> {
    return this.change(async (runs, sql) => {
      const marked = await runs.cancel(id);
      if (marked?.status === 'skipped')
        await this.boss.deleteJob(this.queueOfJob(marked.job), id, { db: bossDatabase(sql) });
      return marked;
    });
  }

  /** Undefined when the run neither failed nor was cancelled. */
  requeue(id: string): Promise<JobRun | undefined> {
    return this.change(async (runs, sql) => {
      const queued = await runs.requeue(id);
      if (queued) await this.send(sql, queued);
      return queued;
    });
  }

  /** Takes or renews this worker's lease. */
  async holdLease(): Promise<void> {
    await this.store.leases.hold(this.worker, this.worker, process.pid, this.leaseSeconds);
  }

  runningHere(): Promise<readonly JobRun[]> {
    return this.store.jobRuns.runningOf(this.worker);
  }

  cancelledHere(): Promise<readonly string[]> {
    return this.store.jobRuns.cancelledOf(this.worker);
  }

  /** Queues again what a worker that is gone was running, and what is queued in the history but not in the queue. */
  async rescue(): Promise<readonly JobRun[]> {
    const rescued = await this.change(async (runs, sql) => {
      const lost = await runs.rescue();
      for (const run of lost)
        if (run.status === 'queued' && this.kinds.has(run.job)) await this.send(sql, run);
      return lost;
    });
    for (const run of await this.list({ status: 'queued', limit: 1000 })) {
      if (!this.kinds.has(run.job)) continue;
      const entry = await this.boss.getJobById(this.queueOfJob(run.job), run.id);
      if (entry === null || entry.completedOn !== null)
        await this.change((_runs, sql) => this.send(sql, run));
    }
    return rescued;
  }

  async close(): Promise<void> {
    await this.store.leases.release(this.worker, this.worker);
    await this.boss.stop({ graceful: false, wait: false });
  }

  private change<T>(work: (runs: JobRuns, sql: Sql) => Promise<T>): Promise<T> {
    return this.store.sql.transaction((sql) => work(this.store.jobRuns.within(sql), sql));
  }

  private async send(sql: Sql, run: JobRun, delaySeconds = 0): Promise<void> {
    const { timeoutMs } = this.kinds.get(run.job)!;
    await this.enter(sql, this.queueOfJob(run.job), run, {
      startAfter: delaySeconds,
      expireInSeconds: Math.min(LONGEST_SECONDS, Math.ceil(timeoutMs / 1000) + GRACE_SECONDS),
    });
  }

  /** Entry of a queue for a run, under the run's id; an older one of that id is replaced. */
  private async enter(
    sql: Sql,
    queue: string,
    { id, windowKey }: JobRun,
    timing: { readonly startAfter: number; readonly expireInSeconds: number },
  ): Promise<void> {
    const db = bossDatabase(sql);
    await this.boss.deleteJob(queue, id, { db });
    const options = { id, singletonKey: windowKey, retryLimit: 0, ...timing, db };
    await this.boss.send(queue, {}, options as PgBoss.SendOptions);
  }

  private queueOfJob(job: string): string {
    const kind = this.kinds.get(job);
    return kind === undefined ? job : queueOf(kind);
  }
}

/** The queue that holds runs of a kind: its own unless it names another. */
export function queueOf({ name, queue }: JobKind): string {
  return queue ?? name;
}
