/**
 * A file is either wholly there or not there: written under a dot-name beside its target, flushed, renamed, and the
 * folder flushed, so that a kill at any moment leaves the old content or the new one.
 *
 * The calls are synchronous on purpose: an interrupt cannot land between them, and the files are small (models,
 * manifests, reports). Market data have their own publishing in src/data/lake.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TidewatchError } from '../errors.js';

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes `content` to `path`, creating its folder when needed.
 * @throws TidewatchError `disk_full` or `write_failed`; the target then holds what it held before
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // It cannot be there when its folder is none; the first cause is the one to tell.
    }
    throw asWriteError(path, error);
  }
}

/** Deletes what a killed process left half-written in a folder. */
export function removeTemporaries(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (TEMPORARY.test(name)) rmSync(join(folder, name), { force: true });
  }
}

/** Makes renames and deletions in a folder durable; a no-op where folders cannot be opened (Windows). */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Names the cause of a failed write in words. */
export function asWriteError(path: string, error: unknown): TidewatchError {
  if (error instanceof TidewatchError) return error;
  const code = (error as NodeJS.ErrnoException)?.code ?? 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TidewatchError('disk_full', `cannot write ${path} · the disk is full`, {
      hint: 'free some space and run the command again',
      details: { path },
      cause: error,
    });
  }
  return new TidewatchError('write_failed', `cannot write ${path} · ${reasonOf(error)}`, {
    hint: 'check the folder and its permissions',
    details: { path, system_code: code },
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'something of that name is in the way',
  ENOENT: 'the folder does not exist',
  ENOSPC: 'the disk is full',
};

/** The cause of a system error in plain words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException)?.code;
  return (
    (code === undefined ? undefined : REASONS[code]) ??
    (error instanceof Error ? error.message : String(error))
  );
}
