/**
 * Queues the windows of scheduled jobs when they are due (operations spec §3.1). The queue (pg-boss) keeps, delivers and
 * repeats them; its own cron knows neither windows nor seconds, so what is due is decided here, once a second, by the one
 * process that holds the lease `scheduler`.
 *
 * One window of a job is open at a time (a unique index of job_runs holds it, whoever else queues): so a run that takes
 * longer than its period is followed by one for the newest window, as due-window.ts says. A job waits for what it depends
 * on, not longer than the table allows; then it runs `degraded`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { WindowRuns } from '../store/job-runs.js';
import { LEASE_SECONDS } from '../store/leases.js';
import type { Store } from '../store/store.js';
import { type DueWindow, dueWindow, type JobWindows } from './due-window.js';
import type { DurableJobQueue } from './durable-job-queue.js';
import type { Job } from './job.js';
import type { Schedule, ScheduledJob } from './schedule.js';
import {
  parseWindow,
  periodOf,
  type Window,
  windowAfter,
  windowBefore,
  windowKey,
} from './schedule-window.js';

const TICK_MS = 1_000;
const LEASE = 'scheduler';

export interface SchedulerOptions {
  readonly store: Store;
  readonly queue: DurableJobQueue;
  readonly schedule: Schedule;
  readonly clock: Clock;
  /** Name of this process in the lease. */
  readonly owner: string;
  readonly onFailure: (error: unknown) => void;
  /** How long a process that died keeps others from scheduling. */
  readonly leaseSeconds?: number;
  /** How often is looked at what is due, ms; a second when left out. */
  readonly tickMs?: number;
}

export interface ScheduleState {
  readonly job: ScheduledJob;
  readonly enabled: boolean;
  readonly newest: WindowRuns | undefined;
  /** When the next window may start, epoch ms. */
  readonly next: number;
}

export class Scheduler {
  private leads = false;
  private since = 0;
  /** The last answer of the database, which stands while it is asked again. */
  private answered: 'held' | 'standby' | undefined;
  private heldAt = Number.NEGATIVE_INFINITY;
  private ticked: number | null = null;
  private stopping = new AbortController();
  private loop: Promise<void> | undefined;
  /** Since when a window waits for others. */
  private readonly waiting = new Map<string, { readonly key: string; readonly since: number }>();

  constructor(private readonly options: SchedulerOptions) {}

  /** True in the one process that queues. */
  get isLeading(): boolean {
    return this.leads;
  }

  /**
   * Whose the lease is: its own, another's, or lost when the database has not said so for longer than a lease lives;
   * undefined while stopped, and before the first answer.
   */
  get lease(): 'held' | 'standby' | 'lost' | undefined {
    if (this.loop === undefined) return undefined;
    const { leaseSeconds = LEASE_SECONDS } = this.options;
    return performance.now() - this.heldAt > leaseSeconds * 1000 ? 'lost' : this.answered;
  }

  /** When the schedule was looked at last, epoch ms. */
  get lastTick(): number | null {
    return this.ticked;
  }

  start(): void {
    this.stopping = new AbortController();
    this.heldAt = performance.now();
    this.loop ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    this.loop = undefined;
    this.answered = undefined;
    if (!this.leads) return;
    this.leads = false;
    const { store, owner, onFailure } = this.options;
    await store.leases.release(LEASE, owner).catch(onFailure);
  }

  /** Takes the schedule up anew, as after a sleep of the machine: what failed before is made up for. */
  wake(): void {
    this.since = this.options.clock.now();
    this.waiting.clear();
  }

  /** Looks once at what is due, where this process leads. For tests; `start` does it every second. */
  async tick(): Promise<void> {
    await this.lead();
    if (this.leads) await this.queueDue();
    this.ticked = this.options.clock.now();
  }

  /**
   * Queues a window by hand.
   * @param text window; the newest one that has ended when left out
   * @returns the run, queued, or as it was when the window is done and `force` is not set
   * @throws TidewatchError `bad_parameter`, `job_running`
   */
  async runNow(id: string, text: string | undefined, force: boolean): Promise<Job> {
    const { schedule, clock } = this.options;
    const job = schedule.find(id);
    const now = clock.now();
    const window =
      text === undefined ? windowBefore(job.cadence, now) : parseWindow(job.id, job.cadence, text);
    if (window.end > now) {
      throw new TidewatchError('bad_parameter', `${windowKey(id, window)} has not ended yet`, {
        hint: `the newest window that has is ${windowKey(id, windowBefore(job.cadence, now))}`,
      });
    }
    const due: DueWindow = { window, since: window.start, catchUp: true };
    return this.options.queue.startWindow(job, due, { degraded: false, force, now });
  }

  async state(): Promise<readonly ScheduleState[]> {
    const { schedule, store, clock } = this.options;
    const known = await store.jobRuns.windows(schedule.all.map(({ id }) => id));
    const now = clock.now();
    return schedule.all.map((job) => {
      const { cadence, offsetMs } = job;
      const last = windowBefore(cadence, now - offsetMs);
      return {
        job,
        enabled: schedule.isEnabled(job),
        newest: known.get(job.id),
        next: windowAfter(cadence, last).end + offsetMs,
      };
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.tick();
      } catch (error) {
        // the database is away: nothing is queued until it is back
        this.options.onFailure(error);
      }
      await sleep(this.options.tickMs ?? TICK_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Takes or renews the lease, three times in its life. */
  private async lead(): Promise<void> {
    const { store, owner, leaseSeconds = LEASE_SECONDS } = this.options;
    const now = performance.now();
    if (this.leads && now - this.heldAt < (leaseSeconds / 3) * 1000) return;
    const led = this.leads;
    this.leads = false;
    this.leads = await store.leases.hold(LEASE, owner, process.pid, leaseSeconds);
    this.heldAt = now;
    this.answered = this.leads ? 'held' : 'standby';
    if (this.leads && !led) this.wake();
  }

  private async queueDue(): Promise<void> {
    const { schedule, store, clock } = this.options;
    const now = clock.now();
    const jobs = schedule.enabled;
    const known = await store.jobRuns.windows(jobs.map(({ id }) => id));
    const windows = new Map(jobs.map((job) => [job.id, this.windowsOf(job, known.get(job.id))]));
    for (const job of jobs) {
      if (known.get(job.id)?.open !== undefined) continue;
      const due = dueWindow(job, windows.get(job.id)!, now, this.since);
      if (due === undefined) continue;
      const degraded = this.isDegraded(job, due.window, windows, now);
      if (degraded === 'wait') continue;
      this.waiting.delete(job.id);
      await this.queueOne(job, due, degraded, now);
    }
  }

  private async queueOne(job: ScheduledJob, due: DueWindow, degraded: boolean, now: number): Promise<void> {
    try {
      await this.options.queue.startWindow(job, due, { degraded, force: false, now });
    } catch (error) {
      // somebody queued a window of it by hand at this moment; looked at again in a second
      if (error instanceof TidewatchError && error.code === 'job_running') return;
      throw error;
    }
  }

  private windowsOf(job: ScheduledJob, runs: WindowRuns | undefined): JobWindows {
    const end = (key: string | undefined): number | undefined => {
      if (key === undefined) return undefined;
      try {
        return parseWindow(job.id, job.cadence, key).end;
      } catch {
        return undefined; // of an older version, with another cadence
      }
    };
    // what failed before this schedule began is tried again; what was cancelled by hand is not
    const failed = (runs?.failedAt ?? 0) >= this.since ? end(runs?.failed) : undefined;
    const skipped = end(runs?.skipped);
    return {
      ok: end(runs?.ok),
      settled: failed === undefined ? skipped : Math.max(failed, skipped ?? failed),
    };
  }

  private isDegraded(
    job: ScheduledJob,
    window: Window,
    windows: ReadonlyMap<string, JobWindows>,
    now: number,
  ): boolean | 'wait' {
    let degraded = false;
    for (const { job: id, waitMs = periodOf(job.cadence) / 2 } of job.dependsOn) {
      const dependency = this.options.schedule.enabled.find((each) => each.id === id);
      if (dependency === undefined) continue;
      const needed = windowBefore(dependency.cadence, window.end);
      const { ok = Number.NEGATIVE_INFINITY, settled = Number.NEGATIVE_INFINITY } = windows.get(id)!;
      if (ok >= needed.end) continue;
      const isGone = dependency.catchUp.policy === 'none' && needed.end + dependency.offsetMs < this.since;
      if (settled < needed.end && !isGone && now - this.waitsSince(job, window, now) < waitMs) return 'wait';
      degraded = true;
    }
    return degraded;
  }

  private waitsSince(job: ScheduledJob, window: Window, now: number): number {
    const key = windowKey(job.id, window);
    const waiting = this.waiting.get(job.id);
    if (waiting?.key === key && waiting.since <= now) return waiting.since;
    this.waiting.set(job.id, { key, since: now });
    return now;
  }
}
