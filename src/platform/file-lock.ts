/**
 * A lock between processes that ends with its holder, also with one that is killed: a file opened read-write by DuckDB,
 * whose operating-system lock the kernel drops (operational schema §4.0; pid files, exclusive creation and bound
 * sockets alone let two holders in after a kill).
 *
 * The file is made under a temporary name and linked into place, never deleted, never opened by anything else: closing
 * any descriptor of it would drop the lock. Within the process a table says who holds what, because the kernel's lock
 * is the process's and would be granted again.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TidewatchError } from '../errors.js';
import { asWriteError } from './atomic-file.js';
import { duckdb } from './duckdb.js';

export interface FileLock {
  release(): void;
}

/** How the engine says that another process holds the file; a path with `lock` in it is none. */
const HELD = /could not set lock|conflicting lock|used by another process/i;

/** Files that this process holds or is about to. */
const held = new Set<string>();

/**
 * Takes the lock, or tells who has it.
 * @throws TidewatchError `write_failed`, `disk_full`
 */
export async function tryLock(path: string): Promise<FileLock | { readonly heldBy: number | null }> {
  await ensureFile(path);
  const real = join(realpathSync(dirname(path)), path.slice(dirname(path).length + 1));
  if (held.has(real)) return { heldBy: process.pid };
  held.add(real);
  try {
    const instance = await duckdb.DuckDBInstance.create(real, { threads: '1' });
    return {
      release() {
        instance.closeSync();
        held.delete(real);
      },
    };
  } catch (error) {
    held.delete(real);
    const message = error instanceof Error ? error.message : String(error);
    if (/not a valid/i.test(message)) {
      throw new TidewatchError('write_failed', `the lock file ${path} is damaged`, {
        hint: 'delete it when no process of this home runs',
        details: { path },
        cause: error,
      });
    }
    if (!HELD.test(message)) throw asWriteError(path, error);
    const pid = /PID (\d+)/.exec(message)?.[1];
    return { heldBy: pid === undefined ? null : Number(pid) };
  }
}

async function ensureFile(path: string): Promise<void> {
  if (existsSync(path)) return;
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    (await duckdb.DuckDBInstance.create(temporary, { threads: '1' })).closeSync();
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asWriteError(path, error);
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.wal`, { force: true });
  }
}
