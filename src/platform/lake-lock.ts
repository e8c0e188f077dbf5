/**
 * One writer of the lake at a time. The lock is held while something is written, not for the life of a process: a served
 * home can be imported into. Waiters try again; there is no queue.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidewatchError } from '../errors.js';
import { type FileLock, tryLock } from './file-lock.js';
import type { Home } from './home.js';

const RETRY_MS = 50;

/**
 * @param waitMs how long to wait for another writer to finish
 * @throws TidewatchError `home_in_use`, `write_failed`, `disk_full`
 */
export async function lockLake(home: Home, waitMs = 20_000): Promise<FileLock> {
  const path = join(home.run, 'lake.duckdb');
  for (let waited = 0; ; waited += RETRY_MS) {
    const answer = await tryLock(path);
    if ('release' in answer) return answer;
    if (waited >= waitMs) {
      const { heldBy } = answer;
      throw new TidewatchError(
        'home_in_use',
        `another process${heldBy === null ? '' : ` (pid ${heldBy})`} is writing to ${home.path}`,
        {
          hint: 'wait for it to finish, or use another --home',
          details: { home: home.path, pid: heldBy },
        },
      );
    }
    await sleep(RETRY_MS);
  }
}
