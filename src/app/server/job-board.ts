/**
 * Long work that an API call starts and asks about later. Jobs live in this process only and end with it; the durable
 * queue takes over when it exists. One job per key runs at a time, the last hundred are remembered.
 */
import { randomUUID } from 'node:crypto';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';

export interface Job {
  readonly id: string;
  readonly kind: string;
  /** What the job works on: only one job per key runs. */
  readonly key: string;
  status: 'running' | 'completed' | 'failed';
  /** 0 to 1. */
  progress: number;
  readonly createdAt: number;
  updatedAt: number;
  result: unknown;
  error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

const REMEMBERED = 100;

export class JobBoard {
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly clock: Clock,
    private readonly onFailure: (job: Job, error: unknown) => void,
  ) {}

  /**
   * Starts the work and returns its job at once, with a promise of its end that never rejects.
   * @throws TidewatchError `job_running`
   */
  start(
    kind: string,
    key: string,
    work: (report: (progress: number) => void) => Promise<unknown>,
  ): { readonly job: Job; readonly finished: Promise<Job> } {
    const running = [...this.jobs.values()].find((job) => job.key === key && job.status === 'running');
    if (running) {
      throw new TidewatchError('job_running', `${kind} of ${key} is running as job ${running.id}`, {
        hint: 'wait for it to end',
        details: { job_id: running.id },
      });
    }
    const now = this.clock.now();
    const job: Job = {
      id: randomUUID(),
      kind,
      key,
      status: 'running',
      progress: 0,
      createdAt: now,
      updatedAt: now,
      result: null,
      error: null,
    };
    this.jobs.set(job.id, job);
    this.forget();
    const end = (change: Partial<Job>): Job => Object.assign(job, change, { updatedAt: this.clock.now() });
    const finished = work((progress) => end({ progress: Math.min(0.99, progress) })).then(
      (result) => end({ status: 'completed', progress: 1, result }),
      (error: unknown) => {
        const known = error instanceof TidewatchError ? error : undefined;
        if (known === undefined) this.onFailure(job, error);
        return end({
          status: 'failed',
          error: {
            code: known?.code ?? 'internal',
            message: known?.message ?? 'internal error',
            hint: known?.hint ?? null,
          },
        });
      },
    );
    return { job, finished };
  }

  /** @throws TidewatchError `unknown_job` */
  find(id: string): Job {
    const job = this.jobs.get(id);
    if (job) return job;
    throw new TidewatchError('unknown_job', `there is no job ${id}`, { details: { job_id: id } });
  }

  private forget(): void {
    for (const [id, job] of this.jobs) {
      if (this.jobs.size <= REMEMBERED) return;
      if (job.status !== 'running') this.jobs.delete(id);
    }
  }
}
