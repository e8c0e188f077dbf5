/**
 * Runs what is queued, in this process. A worker holds a lease; the run of a worker whose lease is over is queued again,
 * so a killed process's jobs go on at the next start, or in another worker.
 *
 * Known failures (TidewatchError) of jobs that somebody started are final; unexpected ones, and those of scheduled jobs,
 * are tried again after 5, 30 and 120 s (operations spec §3.1).
 * CPU-bound kinds run one at a time, the others eight at a time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { JobRun, RunEnd } from '../store/job-runs.js';
import { LEASE_SECONDS } from '../store/leases.js';
import { sqlState } from '../store/sql.js';
import type { Job, JobKind, JobMeasure } from './job.js';
import { type JobLedger, queueOf } from './job-ledger.js';
import type { JobProgress } from './job-progress.js';
import { jobOf } from './run-to-job.js';

const RETRY_SECONDS = [5, 30, 120] as const;
const LANE_SIZE = { cpu: 1, io: 8 } as const;
const POLL_MS = 2_000;
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

export interface JobWorkerParts {
  readonly kinds: ReadonlyMap<string, JobKind>;
  readonly ledger: JobLedger;
  readonly progress: JobProgress;
  readonly clock: Clock;
  /** Told of every change of a run's row that this worker makes. */
  readonly onChange: (run: JobRun) => void;
  /** Told of failures that are bugs or of the database. */
  readonly onFailure: (error: unknown, job?: Job) => void;
  /** Life of the lease under which jobs run; 30 s when left out. */
  readonly leaseSeconds?: number | undefined;
  /** How often is looked for jobs that other processes queued, ms; two seconds when left out. */
  readonly pollMs?: number | undefined;
}

/** Takes queued runs under a lease and runs them; does nothing until it is started. */
export class JobWorker {
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
  private wakeUp: () => void = () => undefined;

  constructor(private readonly parts: JobWorkerParts) {
    this.queues = new Map([...parts.kinds.values()].map((kind) => [queueOf(kind), kind.lane]));
  }

  /** Takes its lease, takes up what workers that are gone left, and goes on until it is closed. */
  async start(): Promise<void> {
    await this.parts.ledger.holdLease();
    await this.rescue();
    this.loops.push(this.workLoop(), this.leaseLoop());
  }

  /** Looks for queued runs now instead of at the next poll. */
  wake(): void {
    this.wakeUp();
  }

  /** Tells a run of this worker to stop; does nothing when it runs elsewhere or not at all. */
  cancel(id: string): void {
    this.running.get(id)?.stop.abort(new Error('cancelled'));
  }

  /**
   * Waits a second for running jobs, then stops them and puts them back. One that does not listen is left alone after
   * another second: it goes on where its lease is seen to be gone. The store must stay open until it is done.
   */
  async close(): Promise<void> {
    this.closing.abort();
    this.wake();
    await this.runsEnd();
    for (const { stop } of this.running.values()) stop.abort(new Error('the process is stopping'));
    await Promise.all([...this.loops, this.runsEnd()]);
  }

  private async runsEnd(): Promise<void> {
    const over = new AbortController();
    await Promise.race([
      Promise.all([...this.running.values()].map(({ done }) => done)),
      sleep(STOP_MS, undefined, { ref: false, signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
  }

  private async workLoop(): Promise<void> {
    while (!this.closing.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
      try {
        for (const [queue, lane] of this.queues) await this.fill(queue, lane);
      } catch (error) {
        this.parts.onFailure(error);
      }
      const pause = new AbortController();
      await Promise.race([
        woken,
        sleep(this.parts.pollMs ?? POLL_MS, undefined, { ref: false, signal: pause.signal }).catch(
          () => undefined,
        ),
      ]);
      pause.abort();
    }
  }

  private async fill(queue: string, lane: JobKind['lane']): Promise<void> {
    while (this.busy[lane] < LANE_SIZE[lane] && !this.closing.signal.aborted) {
      const taken = await this.parts.ledger.take(queue);
      if (taken === 'none') return;
      if (taken === 'ended') continue;
      this.busy[lane] += 1;
      const stop = new AbortController();
      const done = this.runOne(this.parts.kinds.get(taken.job)!, taken, stop)
        .catch((error: unknown) => this.parts.onFailure(error))
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
    const job = jobOf(run);
    this.parts.onChange(run);
    const timer = setTimeout(
      () => stop.abort(new TidewatchError('job_timeout', `${kind.name} of ${job.key} took too long`)),
      kind.timeoutMs,
    );
    let result: unknown;
    try {
      result = await kind.run(inputOf(kind, run), {
        id,
        key: job.key,
        attempt: run.attempt,
        signal: stop.signal,
        report: (progress, measure) => this.report(id, progress, measure),
      });
    } catch (error) {
      await this.afterFailure(kind, run, stop.signal.aborted ? (stop.signal.reason ?? error) : error);
      return;
    } finally {
      clearTimeout(timer);
    }
    try {
      await this.end(run, { status: 'ok', result, ...rowsOf(result) });
    } catch (error) {
      // a database that is away is no failure of the job: the run is put back when it is seen to be forgotten
      if (!isOfResult(error)) throw error;
      await this.afterFailure(kind, run, error);
    }
  }

  private report(id: string, progress: number, measure?: JobMeasure): void {
    if (!this.parts.progress.advanced(id, progress, measure)) return;
    this.parts.ledger
      .progress(id, Math.min(0.99, progress))
      .catch((error: unknown) => this.parts.onFailure(error));
  }

  private async afterFailure(kind: JobKind, run: JobRun, error: unknown): Promise<void> {
    const { id } = run;
    if ((await this.parts.ledger.find(id))?.stats.cancel) return this.end(run, { status: 'skipped' });
    if (this.closing.signal.aborted && !(error instanceof TidewatchError)) return this.putBack(run);
    const known = error instanceof TidewatchError && error.code !== 'internal' ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (known === undefined || kind.retryUntil) this.parts.onFailure(error, jobOf(run));
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
    return this.parts.clock.now() + delay * 1000 < until ? delay : undefined;
  }

  private async end(run: JobRun, end: RunEnd): Promise<void> {
    const ended = await this.parts.ledger.end(run, end);
    if (ended) this.parts.onChange(ended);
  }

  private async putBack(run: JobRun, failed?: { message: string; delay: number }): Promise<void> {
    const queued = await this.parts.ledger.putBack(run, failed);
    if (queued) this.parts.onChange(queued);
  }

  /** Renews the lease, stops what was cancelled elsewhere, takes up the runs of workers that are gone. */
  private async leaseLoop(): Promise<void> {
    for (;;) {
      try {
        const seconds = this.parts.leaseSeconds ?? LEASE_SECONDS;
        await sleep((seconds / 3) * 1000, undefined, { signal: this.closing.signal, ref: false });
      } catch {
        return;
      }
      try {
        await this.parts.ledger.holdLease();
        await this.putBackForgotten();
        for (const id of await this.parts.ledger.cancelledHere()) {
          this.cancel(id);
        }
        await this.rescue();
      } catch (error) {
        this.parts.onFailure(error);
      }
    }
  }

  /** Runs that count as this worker's and are not: their end could not be written. Seen twice, they are put back. */
  private async putBackForgotten(): Promise<void> {
    const mine = await this.parts.ledger.runningHere();
    const forgotten = mine.filter(({ id }) => !this.running.has(id));
    for (const run of forgotten) if (this.suspected.has(run.id)) await this.putBack(run);
    this.suspected = new Set(forgotten.map(({ id }) => id));
  }

  private async rescue(): Promise<void> {
    for (const run of await this.parts.ledger.rescue()) this.parts.onChange(run);
    this.wake();
  }
}

/** The result cannot be written as JSON, or the database refuses its content: another run would end the same. */
function isOfResult(error: unknown): boolean {
  return error instanceof TypeError || /^2[23]/.test(sqlState(error) ?? '');
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
