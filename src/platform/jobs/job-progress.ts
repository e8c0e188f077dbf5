/** How far the running jobs of this process are, and who wants to know: told at most four times a second per job. */
import type { Clock } from '../../market/clock.js';
import { eventOf, type Job, type JobEvent, type JobMeasure } from './job.js';

const INTERVAL_MS = 250;

export class JobProgress {
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly running = new Map<string, { job: Job; toldAt: number }>();

  constructor(private readonly clock: Clock) {}

  listen(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells a change of status at once, and follows the job while it runs. */
  changed(job: Job): void {
    if (job.status === 'running') this.running.set(job.id, { job, toldAt: this.clock.now() });
    else this.running.delete(job.id);
    this.tell(job);
  }

  /** @returns true when the progress was told, which is when it is worth storing */
  advanced(id: string, progress: number, measure?: JobMeasure): boolean {
    const entry = this.running.get(id);
    if (entry === undefined) return false;
    const now = this.clock.now();
    // 1 is for a job that has ended
    entry.job = {
      ...entry.job,
      progress: Math.min(0.99, Math.max(entry.job.progress, progress)),
      measure: measure ?? entry.job.measure,
      updatedAt: now,
    };
    if (now - entry.toldAt < INTERVAL_MS) return false;
    entry.toldAt = now;
    this.tell(entry.job);
    return true;
  }

  /** A stored job with what is known here beyond it. */
  newest(job: Job): Job {
    const known = this.running.get(job.id)?.job;
    return known === undefined || job.status !== 'running'
      ? job
      : {
          ...job,
          progress: known.progress,
          measure: known.measure,
          updatedAt: Math.max(job.updatedAt, known.updatedAt),
        };
  }

  private tell(job: Job): void {
    for (const listener of this.listeners) listener(eventOf(job));
  }
}
