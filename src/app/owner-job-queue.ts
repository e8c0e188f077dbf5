/**
 * The job queue of the process that owns the home, asked over its command socket. Progress is not told here: who wants
 * it listens there, or asks again.
 */
import type { Job, JobFilter, JobQueue } from '../platform/jobs/job.js';
import type { OperationCalls } from './operation-calls.js';

export class OwnerJobQueue implements JobQueue {
  constructor(private readonly ask: (name: keyof OperationCalls, input: unknown) => Promise<never>) {}

  start(kind: string, key: string, input: unknown): Promise<Job> {
    return this.ask('jobs.start', { kind, key, input });
  }

  find(id: string): Promise<Job> {
    return this.ask('jobs.find', { id });
  }

  list(filter: JobFilter = {}): Promise<readonly Job[]> {
    return this.ask('jobs.list', filter);
  }

  cancel(id: string): Promise<Job> {
    return this.ask('jobs.cancel', { id });
  }

  retry(id: string): Promise<Job> {
    return this.ask('jobs.retry', { id });
  }

  finished(id: string): Promise<Job> {
    return this.ask('jobs.finished', { id });
  }

  onProgress(): () => void {
    return () => undefined;
  }
}
