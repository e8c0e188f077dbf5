/**
 * Files of one folder that are made durable together. Each is written under a dot-name at once and flushed while the
 * next is still being made; all are renamed, and the folder flushed, in one step at the end. A kill before that step
 * leaves every file as it was, a kill within it leaves each file whole, old or new.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { asWriteError, syncFolder } from './atomic-file.js';

export class FileBatch {
  private readonly pending = new Map<string, { temporary: string; written: Promise<void> }>();

  /** @throws TidewatchError `write_failed` when the folder cannot be made */
  constructor(private readonly folder: string) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw asWriteError(folder, error);
    }
  }

  /** @param content the bytes, or what writes them to the path it is given */
  add(name: string, content: string | Uint8Array | ((path: string) => Promise<void>)): void {
    const temporary = join(this.folder, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
    const written = flushed(temporary, content);
    // told by commit
    written.catch(() => undefined);
    this.pending.set(name, { temporary, written });
  }

  /** @throws TidewatchError `disk_full`, `write_failed`; no file has been replaced when it was writing that failed */
  async commit(): Promise<void> {
    const files = [...this.pending];
    this.pending.clear();
    const outcomes = await Promise.allSettled(files.map(([, { written }]) => written));
    try {
      outcomes.forEach((outcome, at) => {
        if (outcome.status === 'rejected')
          throw asWriteError(join(this.folder, files[at]![0]), outcome.reason);
      });
      for (const [name, { temporary }] of files) {
        try {
          renameSync(temporary, join(this.folder, name));
        } catch (error) {
          throw asWriteError(join(this.folder, name), error);
        }
      }
      syncFolder(this.folder);
    } finally {
      for (const [, { temporary }] of files) rmSync(temporary, { force: true });
    }
  }
}

async function flushed(
  path: string,
  content: string | Uint8Array | ((path: string) => Promise<void>),
): Promise<void> {
  if (typeof content === 'function') await content(path);
  const file = await open(path, typeof content === 'function' ? 'r+' : 'wx', 0o644);
  try {
    if (typeof content !== 'function') await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
