/**
 * The operational side of a home, opened when it is first needed: the ownership of the home where the database is
 * embedded, the store, the job queue. Where another process owns the home, everything is asked of that one over its
 * command socket, so that a command works the same beside a running server.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidewatchError } from '../errors.js';
import type { Clock } from '../market/clock.js';
import type { Config } from '../platform/config-schema.js';
import { createHome, embeddedFolder, type Home } from '../platform/home.js';
import { askOwner, type HomeOwner, ownHome } from '../platform/home-owner.js';
import { DeferredJobQueue } from '../platform/jobs/deferred-job-queue.js';
import { DurableJobQueue } from '../platform/jobs/durable-job-queue.js';
import type { Job, JobKind, JobQueue } from '../platform/jobs/job.js';
import type { Schedule } from '../platform/jobs/schedule.js';
import { scheduledKind } from '../platform/jobs/scheduled-kind.js';
import { Scheduler } from '../platform/jobs/scheduler.js';
import { Store, type StorePlace } from '../platform/store/store.js';
import type { Drivers } from './drivers/drivers.js';
import { CALL_NAMES, type OperationCalls, operationCalls } from './operation-calls.js';
import { OwnerJobQueue } from './owner-job-queue.js';

export interface OperationsParts {
  readonly home: Home;
  readonly config: Config;
  readonly clock: Clock;
  readonly kinds: readonly JobKind[];
  /** Its jobs are kinds of the queue too; complete before anything is opened. */
  readonly schedule: Schedule;
  /** The drivers of the home, on its open store. */
  readonly drivers: (store: Store) => Drivers;
}

/** Where the operational database is: the one configured, else the embedded one of the home. */
export function storePlace(home: Home, config: Config): StorePlace {
  const { url } = config.db;
  return url === null ? { engine: 'pglite', folder: embeddedFolder(home) } : { engine: 'postgres', url };
}

type Answer<Name extends keyof OperationCalls> = Awaited<ReturnType<OperationCalls[Name]>>;

interface Opened {
  readonly jobs: JobQueue;
  /** Undefined where another process owns the home. */
  readonly here:
    | { readonly store: Store; readonly scheduler: Scheduler; readonly drivers: Drivers }
    | undefined;
  ask<Name extends keyof OperationCalls>(name: Name, input: unknown): Promise<Answer<Name>>;
  stopJobs(): Promise<void>;
  close(): Promise<void>;
}

/** A process that has just taken the home needs a moment until it listens. */
const LISTENING_MS = 3_000;
const RETRY_MS = 100;

export class Operations {
  /** Opens the rest when it is first used. */
  readonly jobs: JobQueue;
  /** False: queues and asks, runs no job. To be set before anything is opened. */
  works = true;
  /** Told of failures that nobody waits for: bugs in jobs, the database gone. */
  onFailure: (error: unknown, job?: Job) => void = () => undefined;
  private readonly ended = new Set<(job: Job) => void>();
  private owner: Promise<HomeOwner> | undefined;
  private opened: Promise<Opened> | undefined;

  constructor(private readonly parts: OperationsParts) {
    this.jobs = new DeferredJobQueue(async () => (await this.open()).jobs);
  }

  /** Told of every job of this process that has ended. @returns a function that ends the listening */
  onEnd(listener: (job: Job) => void): () => void {
    this.ended.add(listener);
    return () => this.ended.delete(listener);
  }

  /**
   * Makes this process the owner of the home; nothing to do where the database is a server.
   * @throws TidewatchError `home_in_use` within a second when another process owns it
   */
  async claim(): Promise<void> {
    if (this.parts.config.db.url !== null) return;
    this.owner ??= ownHome(createHome(this.parts.home)).then((owner) => {
      // whoever asks while the store opens waits for it
      owner.answer(
        Object.fromEntries(
          CALL_NAMES.map((name) => [name, async (input: unknown) => (await this.open()).ask(name, input)]),
        ),
      );
      return owner;
    });
    try {
      await this.owner;
    } catch (error) {
      this.owner = undefined;
      throw error;
    }
  }

  /**
   * Opens store and queue, or finds the process that has them; jobs that a killed process left go on.
   * @throws TidewatchError `home_in_use` when the owner does not answer, `store_unavailable`, `schema_mismatch`,
   *   `migration_failed`
   */
  open(): Promise<Opened> {
    if (this.opened === undefined) {
      const opening = this.openHereOrThere();
      opening.catch(() => {
        this.opened = undefined;
      });
      this.opened = opening;
    }
    return this.opened;
  }

  /** The scheduler of this process; undefined where another one owns the home. */
  async scheduler(): Promise<Scheduler | undefined> {
    return (await this.open()).here?.scheduler;
  }

  /** One of the calls of operation-calls.ts, here or in the process that owns the home. */
  async ask<Name extends keyof OperationCalls>(name: Name, input: unknown): Promise<Answer<Name>> {
    return (await this.open()).ask(name, input);
  }

  /** Ends schedule and jobs, which go on at the next start; the store stays open. */
  async stopJobs(): Promise<void> {
    await (await this.opened?.catch(() => undefined))?.stopJobs();
  }

  /** Stops jobs (they go on at the next start), closes the store, gives the home free. */
  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    await opened?.close();
    const owner = await this.owner?.catch(() => undefined);
    await owner?.release();
    this.opened = undefined;
    this.owner = undefined;
  }

  private async openHereOrThere(): Promise<Opened> {
    for (let waited = 0; ; waited += RETRY_MS) {
      try {
        await this.claim();
        return await this.openHere();
      } catch (error) {
        if (!(error instanceof TidewatchError) || error.code !== 'home_in_use') throw error;
        const there = await this.openThere();
        if (there) return there;
        if (waited >= LISTENING_MS) throw error;
      }
      await sleep(RETRY_MS);
    }
  }

  private async openHere(): Promise<Opened> {
    const { home, config, clock, kinds, schedule } = this.parts;
    const onFailure = (error: unknown, job?: Job): void => this.onFailure(error, job);
    const store = await Store.open(storePlace(home, config));
    try {
      const queue = await DurableJobQueue.open({
        store,
        kinds: [...kinds, ...schedule.all.map(scheduledKind)],
        clock,
        onFailure,
        onEnd: (job) => {
          for (const listener of this.ended) listener(job);
        },
        work: this.works,
      });
      const owner = `scheduler:${randomUUID()}`;
      const scheduler = new Scheduler({ store, queue, schedule, clock, owner, onFailure });
      const stopJobs = async (): Promise<void> => {
        await scheduler.stop();
        await queue.close();
      };
      const drivers = this.parts.drivers(store);
      const calls = operationCalls({ store, jobs: queue, scheduler, home, clock, drivers });
      return {
        jobs: queue,
        here: { store, scheduler, drivers },
        ask: (name, input) => calls[name](input) as never,
        stopJobs,
        async close() {
          await stopJobs();
          await store.close();
        },
      };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  private async openThere(): Promise<Opened | undefined> {
    const { home } = this.parts;
    if ((await askOwner(home, 'ping', null)) === undefined) return undefined;
    const ask = async (name: keyof OperationCalls, input: unknown): Promise<never> => {
      const answer = await askOwner(home, name, input);
      if (answer) return answer.result as never;
      // its jobs go on where the home is opened next; the next call tries to be that
      this.opened = undefined;
      throw new TidewatchError('store_unavailable', `the process that owned ${home.path} has stopped`, {
        hint: 'try again',
      });
    };
    return {
      jobs: new OwnerJobQueue(ask),
      here: undefined,
      ask: ask as Opened['ask'],
      stopJobs: async () => undefined,
      close: async () => undefined,
    };
  }
}
