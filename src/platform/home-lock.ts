/**
 * One writer per home. `<home>/run/owner.duckdb` is opened read-write by DuckDB, whose operating-system lock ends with
 * the process, also with one that is killed (operational schema §4.0; pid files let two owners in after a kill). The
 * file is made under a temporary name and linked into place, never deleted, never opened by anything else: closing any
 * descriptor of it would drop the lock.
 *
 * It is held while something is written, not for the life of a process: a served home can be imported into. Waiters
 * try again; there is no queue.
 */
import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { TidewatchError } from '../errors.js';
import { asWriteError } from './atomic-file.js';
import type { Home } from './home.js';

export interface HomeLock {
  release(): void;
}

const RETRY_MS = 50;

/**
 * @param waitMs how long to wait for another process to finish writing
 * @throws TidewatchError `home_in_use`, `write_failed`, `disk_full`
 */
export async function lockHome(home: Home, waitMs = 20_000): Promise<HomeLock> {
  const path = join(home.run, 'owner.duckdb');
  await ensureFile(path);
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      const instance = await DuckDBInstance.create(path, { threads: '1' });
      return { release: () => instance.closeSync() };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!/lock/i.test(message)) throw asWriteError(path, error);
      if (waited >= waitMs) {
        const pid = /PID (\d+)/.exec(message)?.[1];
        throw new TidewatchError(
          'home_in_use',
          `another process${pid ? ` (pid ${pid})` : ''} is writing to ${home.path}`,
          {
            hint: 'wait for it to finish, or use another --home',
            details: { home: home.path, pid: pid === undefined ? null : Number(pid) },
            cause: error,
          },
        );
      }
      await sleep(RETRY_MS);
    }
  }
}

async function ensureFile(path: string): Promise<void> {
  if (existsSync(path)) return;
  const temporary = `${path}.${process.pid}.new`;
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    rmSync(temporary, { force: true });
    (await DuckDBInstance.create(temporary, { threads: '1' })).closeSync();
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asWriteError(path, error);
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.wal`, { force: true });
  }
}
