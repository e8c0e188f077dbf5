/**
 * The few file calls that make a publication durable, behind one seam so that tests can let any of them fail, and
 * the mapping of their failures to the error catalogue.
 */
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { TidewatchError } from '../../errors.js';

export interface LakeFileSystem {
  /** Creates the folder and its parents, durably. */
  makeFolder(path: string): void;
  syncFile(path: string): void | Promise<void>;
  syncFolder(path: string): void | Promise<void>;
  rename(from: string, to: string): void;
  /** Deletes a file; one that is gone already is fine. */
  remove(path: string): void;
}

function syncNow(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const synced = promisify(fsync);

/** Waits for the disk without holding up the process: a disk may take tens of milliseconds. */
async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const descriptor = openSync(path, flags);
  try {
    await synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export const nodeFileSystem: LakeFileSystem = {
  // not mkdir's `recursive`: on a read-only file system Node reports that as a missing folder
  makeFolder(path) {
    try {
      mkdirSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return;
      if (code !== 'ENOENT') throw error;
      this.makeFolder(dirname(path));
      mkdirSync(path);
    }
    // a new folder has to be on disk in its parent, or a power cut takes the file with it
    syncNow(dirname(path));
  },
  syncFile: (path) => sync(path, 'r+'),
  syncFolder: (path) => sync(path, 'r'),
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
};

/** Turns a failed write, of Node or of DuckDB (which tells only in words), into the error a person can act on. */
export function asWriteError(error: unknown, path: string): TidewatchError {
  if (error instanceof TidewatchError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const message = error instanceof Error ? error.message : String(error);
  const context = { details: { path }, cause: error };
  if (['ENOSPC', 'EDQUOT'].includes(code) || /no space left|quota exceeded/i.test(message)) {
    return new TidewatchError('disk_full', `${path} could not be written · the disk is full`, {
      ...context,
      hint: 'free some space and repeat; everything published before is intact',
    });
  }
  if (
    ['EROFS', 'EACCES', 'EPERM'].includes(code) ||
    /read-only file system|permission denied/i.test(message)
  ) {
    return new TidewatchError(
      'home_not_writable',
      `${path} could not be written · the folder is not writable`,
      {
        ...context,
        hint: 'give this user write access to the home folder, or choose another with --home',
      },
    );
  }
  return new TidewatchError('write_failed', `${path} could not be written · ${firstLine(message)}`, {
    ...context,
    hint: 'check the disk and repeat; nothing half-written is visible',
  });
}

/** First line of an engine's message; what follows repeats the statement. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

/** The path is not there (ENOENT). */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
