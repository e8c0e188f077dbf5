/** A queue that lives and dies with the process; the durable one has the same shape. */
import { randomUUID } from 'node:crypto';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import {
  eventOf,
  isEnded,
  type Job,
  type JobEvent,
  type JobFilter,
  type JobKind,
  type JobQueue,
} from './job.js';

export class MemoryJobQueue implements JobQueue {
  private readonly jobs = new Map<string, Job>();
  private readonly stops = new Map<string, AbortController>();
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(
    private readonly clock: Clock,
    private readonly kinds: readonly JobKind[],
  ) {}

  async start(kind: string, key: string, input: unknown): Promise<Job> {
    const open = [...this.jobs.values()].find((job) => job.kind === kind && job.key === key && !isEnded(job));
    if (open) {
      throw new TidewatchError('job_running', `${kind} of ${key} is running as job ${open.id}`, {
        hint: 'wait for it to end',
        details: { job_id: open.id },
      });
    }
    const now = this.clock.now();
    const job: Job = {
      id: randomUUID(),
      kind,
      key,
      status: 'running',
      progress: 0,
      attempt: 1,
      createdAt: now,
      updatedAt: now,
      startedAt: now,
      finishedAt: null,
      input,
      result: null,
      error: null,
    };
    this.set(job);
    void this.run(job);
    return job;
  }

  async find(id: string): Promise<Job> {
    const job = this.jobs.get(id);
    if (job) return job;
    throw new TidewatchError('unknown_job', `there is no job ${id}`, { details: { job_id: id } });
  }

  async list({ kind, key, status, limit = 100 }: JobFilter = {}): Promise<readonly Job[]> {
    return [...this.jobs.values()]
      .filter((job) => kind === undefined || job.kind === kind)
      .filter((job) => key === undefined || job.key === key)
      .filter((job) => status === undefined || job.status === status)
      .reverse()
      .slice(0, limit);
  }

  async cancel(id: string): Promise<Job> {
    const job = await this.find(id);
    if (isEnded(job)) return job;
    this.stops.get(id)?.abort(new Error('cancelled'));
    return this.finished(id);
  }

  async retry(id: string): Promise<Job> {
    const job = await this.find(id);
    if (job.status !== 'failed' && job.status !== 'cancelled') return job;
    const again: Job = { ...job, status: 'running', progress: 0, attempt: job.attempt + 1, error: null };
    this.set(again);
    void this.run(again);
    return again;
  }

  async finished(id: string): Promise<Job> {
    const job = await this.find(id);
    if (isEnded(job)) return job;
    await new Promise<void>((done) => this.waiting.set(id, [...(this.waiting.get(id) ?? []), done]));
    return this.find(id);
  }

  onProgress(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async run({ id, key, kind, attempt, input }: Job): Promise<void> {
    const stop = new AbortController();
    this.stops.set(id, stop);
    const change = (part: Partial<Job>): void =>
      this.set({ ...this.jobs.get(id)!, ...part, updatedAt: this.clock.now() });
    try {
      const found = this.kinds.find(({ name }) => name === kind);
      if (!found) throw new TidewatchError('bad_parameter', `there is no kind of job "${kind}"`);
      const report = (progress: number): void => change({ progress: Math.min(0.99, progress) });
      const result = await found.run(found.input.parse(input), {
        id,
        key,
        attempt,
        signal: stop.signal,
        report,
      });
      change({ status: 'completed', progress: 1, result, finishedAt: this.clock.now() });
    } catch (error) {
      const known = error instanceof TidewatchError ? error : undefined;
      const failure = {
        code: known?.code ?? 'internal',
        message: known?.message ?? 'internal error',
        hint: known?.hint ?? null,
      };
      const status = stop.signal.aborted ? 'cancelled' : 'failed';
      change({ status, error: status === 'failed' ? failure : null, finishedAt: this.clock.now() });
    } finally {
      this.stops.delete(id);
      for (const done of this.waiting.get(id) ?? []) done();
      this.waiting.delete(id);
    }
  }

  private set(job: Job): void {
    this.jobs.set(job.id, job);
    for (const listener of this.listeners) listener(eventOf(job));
  }
}
