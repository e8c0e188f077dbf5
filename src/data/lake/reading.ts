/**
 * What every question to the lake goes through: list the files, check those not seen before, ask, and list again when
 * a file vanished in between (at most three times). Readers hold no lock; a merge may replace what they listed, and
 * the replaced files stay for fifteen minutes, so a second listing is the exception.
 */
import { existsSync } from 'node:fs';
import { type ChecksumMemory, corruptFile, VanishedFile } from './checksum.js';
import { firstLine } from './file-system.js';
import type { LakeFile } from './lake-file.js';

/** What to do with a file that does not match its checksum: refuse the answer, or leave it out and say so. */
export type OnCorrupt = 'fail' | 'skip';

const LISTINGS = 4;

/**
 * @param list the files that the question needs, listed afresh at each call
 * @throws TidewatchError `corrupt_file`
 */
export async function readFiles<T>(
  memory: ChecksumMemory,
  list: () => readonly LakeFile[],
  onCorrupt: OnCorrupt,
  ask: (files: readonly LakeFile[], skipped: readonly string[]) => Promise<T>,
): Promise<T> {
  for (let listing = 1; ; listing += 1) {
    let files: readonly LakeFile[] = [];
    try {
      files = list();
      const intact: LakeFile[] = [];
      const skipped: string[] = [];
      for (const file of files) {
        if (await memory.isIntact(file)) intact.push(file);
        else if (onCorrupt === 'skip') skipped.push(file.path);
        else throw corruptFile(file.path, 'its bytes do not match the checksum in its name');
      }
      return await ask(intact, skipped);
    } catch (error) {
      const vanished = error instanceof VanishedFile || files.some((file) => !existsSync(file.path));
      if (vanished && listing < LISTINGS) continue;
      throw blame(error, files);
    }
  }
}

/** An error of DuckDB that speaks of one of the files becomes an error that names it. */
function blame(error: unknown, files: readonly LakeFile[]): unknown {
  if (!(error instanceof Error) || !/^(IO|Invalid Input|TProtocol|Serialization) Error/.test(error.message)) {
    return error;
  }
  const culprit = files.find((file) => error.message.includes(file.path));
  return culprit ? corruptFile(culprit.path, firstLine(error.message)) : error;
}
