/**
 * The embedded database: PGlite in a thread of its own, so that neither its start (half a second, four for the very
 * first) nor a slow query holds up the event loop. One connection: queries and transactions take turns.
 *
 * PGlite has no lock and runs without fsync: the home must be owned (home-owner.ts), and what a power cut may take is
 * told in docs/concepts/operational-store.md.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { workerFile } from '../compute/worker-file.js';
import { asStoreError, type Row, type Sql, type SqlDriver, type SqlResult } from './sql.js';

/** What is under way when the store is closed has this long to end. */
const CLOSE_MS = 10_000;

export type PgliteOrder =
  | {
      readonly id: number;
      readonly kind: 'query';
      readonly text: string;
      readonly parameters: readonly unknown[];
    }
  | { readonly id: number; readonly kind: 'script'; readonly text: string }
  | { readonly id: number; readonly kind: 'dump' }
  | { readonly id: number; readonly kind: 'close' };

export type PgliteAnswer =
  | { readonly id: number; readonly result: SqlResult | Uint8Array | null }
  | { readonly id: number; readonly error: PgliteFailure };

/** What of a database error survives the way between threads. */
export interface PgliteFailure {
  readonly message: string;
  readonly code?: string | undefined;
  readonly constraint?: string | undefined;
  readonly detail?: string | undefined;
}

type Unnumbered<T> = T extends { id: number } ? Omit<T, 'id'> : never;

export class PgliteDriver implements SqlDriver {
  readonly engine = 'pglite';
  private readonly pending = new Map<
    number,
    { resolve: (result: never) => void; reject: (error: unknown) => void }
  >();
  private orders = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private dead: unknown;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (answer: PgliteAnswer) => {
      const waiting = this.pending.get(answer.id);
      this.pending.delete(answer.id);
      if ('error' in answer) waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
      else waiting?.resolve(answer.result as never);
    });
    worker.on('error', (error) => this.fail(error));
    worker.on('exit', () => this.fail(new Error('the thread of the database has ended')));
  }

  /**
   * Opens the folder, making it where it is missing.
   * @throws TidewatchError `store_unavailable`
   */
  static async open(folder: string): Promise<PgliteDriver> {
    if (!existsSync(folder)) await PgliteDriver.initialise(folder);
    return PgliteDriver.start(folder);
  }

  /** @param snapshot a dump to start from instead of an empty database */
  private static async start(folder: string, snapshot?: Uint8Array): Promise<PgliteDriver> {
    const worker = new Worker(workerFile(import.meta.url, 'pglite-worker'), {
      workerData: { folder, snapshot },
    });
    const driver = new PgliteDriver(worker);
    try {
      await driver.query("SET TIME ZONE 'UTC'");
      return driver;
    } catch (error) {
      await worker.terminate();
      throw asStoreError(error, folder);
    }
  }

  /**
   * Makes a database in a folder that does not exist yet, empty or from a dump. It gets its name when it is whole, so
   * that a kill at any moment leaves no half-made one.
   * @throws TidewatchError `store_unavailable`
   */
  static async initialise(folder: string, snapshot?: Uint8Array): Promise<void> {
    const temporary = `${folder}.new`;
    try {
      mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
      rmSync(temporary, { recursive: true, force: true });
      await (await PgliteDriver.start(temporary, snapshot)).close();
      renameSync(temporary, folder);
    } catch (error) {
      throw asStoreError(error, folder);
    }
  }

  query<T extends object = Row>(text: string, parameters: readonly unknown[] = []): Promise<SqlResult<T>> {
    return this.inTurn(() => this.send<SqlResult<T>>({ kind: 'query', text, parameters }));
  }

  script(text: string): Promise<void> {
    return this.inTurn(() => this.runScript(text));
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.runScript('BEGIN');
      try {
        const result = await work({
          query: (text, parameters = []) => this.send({ kind: 'query', text, parameters }),
          script: (text) => this.runScript(text),
        });
        await this.runScript('COMMIT');
        return result;
      } catch (error) {
        await this.runScript('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /** The whole data folder as a gzipped tar. */
  dump(): Promise<Uint8Array> {
    return this.inTurn(() => this.send<Uint8Array>({ kind: 'dump' }));
  }

  /** Ends the thread, also one that does not answer: for the database that is a kill, which it survives. */
  async close(): Promise<void> {
    if (this.dead !== undefined) return;
    const waited = new AbortController();
    await Promise.race([
      this.inTurn(() => this.send({ kind: 'close' })).catch(() => undefined),
      sleep(CLOSE_MS, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
    this.fail(new Error('the store is closed'));
    await this.worker.terminate();
  }

  /** One session: a query of somebody else must not land inside a transaction. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async runScript(text: string): Promise<void> {
    await this.send({ kind: 'script', text });
  }

  private send<T>(order: Unnumbered<PgliteOrder>): Promise<T> {
    if (this.dead !== undefined) return Promise.reject(asStoreError(this.dead, 'embedded'));
    const id = ++this.orders;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...order });
    });
  }

  private fail(error: unknown): void {
    this.dead ??= error;
    for (const { reject } of this.pending.values()) reject(asStoreError(error, 'embedded'));
    this.pending.clear();
  }
}
