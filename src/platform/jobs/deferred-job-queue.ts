/** A queue that opens when it is first used: most commands never need the database behind it. */
import type { Job, JobEvent, JobFilter, JobQueue } from './job.js';

export class DeferredJobQueue implements JobQueue {
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private opened: Promise<JobQueue> | undefined;

  constructor(private readonly open: () => Promise<JobQueue>) {}

  async start(kind: string, key: string, input: unknown): Promise<Job> {
    return (await this.queue()).start(kind, key, input);
  }

  async find(id: string): Promise<Job> {
    return (await this.queue()).find(id);
  }

  async list(filter?: JobFilter): Promise<readonly Job[]> {
    return (await this.queue()).list(filter);
  }

  async cancel(id: string): Promise<Job> {
    return (await this.queue()).cancel(id);
  }

  async retry(id: string): Promise<Job> {
    return (await this.queue()).retry(id);
  }

  async finished(id: string): Promise<Job> {
    return (await this.queue()).finished(id);
  }

  onProgress(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private queue(): Promise<JobQueue> {
    if (this.opened === undefined) {
      const opening = this.open().then((queue) => {
        queue.onProgress((event) => {
          for (const listener of this.listeners) listener(event);
        });
        return queue;
      });
      // a database that could not be opened is tried again by the next call
      opening.catch(() => {
        this.opened = undefined;
      });
      this.opened = opening;
    }
    return this.opened;
  }
}
