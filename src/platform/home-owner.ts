/**
 * The one process that owns a home: it alone opens the embedded database, for as long as it lives (operational schema
 * §4.0). Others ask it over its command socket.
 *
 * First the file lock, which the kernel ends with the process; then, under it, the socket: an answer means a live owner
 * all the same (a lock file on a file system without locks), else what lies there is a leftover and is replaced.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TidewatchError } from '../errors.js';
import { type Answer, type Calls, CommandServer, call } from './command-socket.js';
import { tryLock } from './file-lock.js';
import type { Home } from './home.js';

/** Longer paths are cut off silently by the system call. */
const LONGEST_PATH = 100;
const PING_MS = 500;

export interface HomeOwner {
  /** What the owner answers from now on; `ping` always is. */
  answer(calls: Calls): void;
  release(): Promise<void>;
}

/** Where the owner of a home listens. The home must exist. */
export function socketPath(home: Home): string {
  const real = realpathSync(home.path);
  const name = `tw-${createHash('sha256').update(real).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const path = join(real, 'run', 'tw.sock');
  return Buffer.byteLength(path) <= LONGEST_PATH ? path : join(tmpdir(), `${name}.sock`);
}

/**
 * Makes this process the owner.
 * @throws TidewatchError `home_in_use` within a second when another one is, `write_failed`
 */
export async function ownHome(home: Home): Promise<HomeOwner> {
  mkdirSync(home.run, { recursive: true, mode: 0o700 });
  // a live owner says so sooner than the lock does; that nobody answers proves nothing
  const early = await call(socketPath(home), 'ping', null, PING_MS);
  if (early !== undefined) throw inUse(home, pidOf(early));
  const lock = await tryLock(join(home.run, 'owner.duckdb'));
  if (!('release' in lock)) throw inUse(home, lock.heldBy);
  try {
    const path = socketPath(home);
    const answer = await call(path, 'ping', null, PING_MS);
    if (answer !== undefined) throw inUse(home, pidOf(answer));
    if (process.platform !== 'win32') rmSync(path, { force: true });
    const server = await CommandServer.listen(path);
    if (process.platform !== 'win32') chmodSync(path, 0o600);
    const base: Calls = { ping: async () => ({ pid: process.pid }) };
    server.answer(base);
    return {
      answer: (calls) => server.answer({ ...calls, ...base }),
      async release() {
        await server.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Asks the owner of a home to do something.
 * @returns undefined when no process owns the home
 * @throws TidewatchError what the owner threw
 */
export async function askOwner(
  home: Home,
  name: string,
  input: unknown,
): Promise<{ result: unknown } | undefined> {
  const path = socketPath(home);
  if ((await call(path, 'ping', null, PING_MS)) === undefined) return undefined;
  const answer = await call(path, name, input);
  if (answer === undefined) return undefined;
  if ('result' in answer) return { result: answer.result };
  const { code, message, hint, details } = answer.error;
  throw new TidewatchError(code, message, { details, ...(hint === null ? {} : { hint }) });
}

function pidOf(answer: Answer): number | null {
  const pid = 'result' in answer ? (answer.result as { pid?: unknown } | null)?.pid : null;
  return typeof pid === 'number' ? pid : null;
}

function inUse(home: Home, pid: number | null): TidewatchError {
  return new TidewatchError(
    'home_in_use',
    `another process${pid === null ? '' : ` (pid ${pid})`} owns the home ${home.path}`,
    {
      hint: 'stop it first, or use another --home',
      details: { home: home.path, pid },
    },
  );
}
