/**
 * The operational side of a home, opened when it is first needed: the ownership of the home where the database is
 * embedded, the store, the job queue, and the calls that the owner answers for other processes.
 */
import type { Clock } from '../market/clock.js';
import type { Config } from '../platform/config-schema.js';
import { createHome, embeddedFolder, type Home } from '../platform/home.js';
import { type HomeOwner, ownHome } from '../platform/home-owner.js';
import { DeferredJobQueue } from '../platform/jobs/deferred-job-queue.js';
import { DurableJobQueue } from '../platform/jobs/durable-job-queue.js';
import type { Job, JobKind, JobQueue } from '../platform/jobs/job.js';
import { Store, type StorePlace } from '../platform/store/store.js';
import { operationCalls } from './operation-calls.js';

export interface OpenOperations {
  readonly store: Store;
  readonly jobs: JobQueue;
}

export interface OperationsParts {
  readonly home: Home;
  readonly config: Config;
  readonly clock: Clock;
  readonly kinds: readonly JobKind[];
}

export function storePlace(home: Home, config: Config): StorePlace {
  const { url } = config.db;
  return url === null ? { engine: 'pglite', folder: embeddedFolder(home) } : { engine: 'postgres', url };
}

export class Operations {
  /** Opens the rest when it is first used. */
  readonly jobs: JobQueue;
  /** Told of failures that nobody waits for: bugs in jobs, the database gone. */
  onFailure: (error: unknown, job?: Job) => void = () => undefined;
  private owner: Promise<HomeOwner> | undefined;
  private opened: Promise<{ store: Store; queue: DurableJobQueue }> | undefined;

  constructor(private readonly parts: OperationsParts) {
    this.jobs = new DeferredJobQueue(async () => (await this.all()).queue);
  }

  /**
   * Makes this process the owner of the home; nothing to do where the database is a server.
   * @throws TidewatchError `home_in_use` within a second when another process owns it
   */
  async claim(): Promise<void> {
    if (this.parts.config.db.url !== null || this.owner !== undefined) return;
    this.owner = ownHome(createHome(this.parts.home));
    try {
      await this.owner;
    } catch (error) {
      this.owner = undefined;
      throw error;
    }
  }

  /**
   * Opens store and queue; jobs that a killed process left go on.
   * @throws TidewatchError `home_in_use`, `store_unavailable`, `schema_mismatch`, `migration_failed`
   */
  async open(): Promise<OpenOperations> {
    const { store, queue } = await this.all();
    return { store, jobs: queue };
  }

  /** Stops jobs (they go on at the next start), closes the store, gives the home free. */
  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    if (opened) {
      await opened.queue.close();
      await opened.store.close();
    }
    const owner = await this.owner?.catch(() => undefined);
    await owner?.release();
    this.opened = undefined;
    this.owner = undefined;
  }

  private all(): Promise<{ store: Store; queue: DurableJobQueue }> {
    if (this.opened === undefined) {
      const opening = this.openNow();
      opening.catch(() => {
        this.opened = undefined;
      });
      this.opened = opening;
    }
    return this.opened;
  }

  private async openNow(): Promise<{ store: Store; queue: DurableJobQueue }> {
    const { home, config, clock, kinds } = this.parts;
    await this.claim();
    const store = await Store.open(storePlace(home, config));
    try {
      const queue = await DurableJobQueue.open({
        store,
        kinds,
        clock,
        onFailure: (error, job) => this.onFailure(error, job),
      });
      (await this.owner)?.answer(operationCalls({ store, jobs: queue, home, clock }));
      return { store, queue };
    } catch (error) {
      await store.close();
      throw error;
    }
  }
}
