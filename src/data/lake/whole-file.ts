/** A file that the query engine writes by itself: beside its place under a temporary name, synced, then renamed. */
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asWriteError, nodeFileSystem } from './file-system.js';

/**
 * @param write fills the path it is given
 * @throws TidewatchError `disk_full`, `home_not_writable`, `write_failed`; `out` then holds what it held before
 */
export async function writeWholeFile<T>(out: string, write: (path: string) => Promise<T>): Promise<T> {
  const temporary = join(dirname(out), `.${basename(out)}.${process.pid}.writing`);
  try {
    const result = await write(temporary);
    await nodeFileSystem.syncFile(temporary);
    nodeFileSystem.rename(temporary, out);
    await nodeFileSystem.syncFolder(dirname(out));
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asWriteError(error, out);
  }
}
