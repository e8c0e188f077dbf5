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
export function readFiles<T>(
  memory: ChecksumMemory,
  list: () => readonly LakeFile[],
  onCorrupt: OnCorrupt,
  ask: (files: readonly LakeFile[], skipped: readonly string[]) => Promise<T>,
): Promise<T> {
  return askListed(list, async (files) => {
    const { intact, skipped } = await checkFiles(memory, files, onCorrupt);
    return ask(intact, skipped);
  });
}

/**
 * The same for a question that finds out on the way which of the listed files it needs: it gets them unchecked and
 * passes those that it opens through `checkFiles` first. A damaged file that nobody needs spoils nothing.
 */
export async function askListed<T>(
  list: () => readonly LakeFile[],
  ask: (files: readonly LakeFile[]) => Promise<T>,
): Promise<T> {
  for (let listing = 1; ; listing += 1) {
    let files: readonly LakeFile[] = [];
    try {
      files = list();
      return await ask(files);
    } catch (error) {
      const vanished = error instanceof VanishedFile || files.some((file) => !existsSync(file.path));
      if (vanished && listing < LISTINGS) continue;
      throw blame(error, files);
    }
  }
}

/** @throws TidewatchError `corrupt_file` at the first damaged file, unless damaged files are to be skipped */
export async function checkFiles(
  memory: ChecksumMemory,
  files: readonly LakeFile[],
  onCorrupt: OnCorrupt,
): Promise<{ readonly intact: readonly LakeFile[]; readonly skipped: readonly string[] }> {
  const intact: LakeFile[] = [];
  const skipped: string[] = [];
  for (const file of files) {
    if (await memory.isIntact(file)) intact.push(file);
    else if (onCorrupt === 'skip') skipped.push(file.path);
    else throw corruptFile(file.path, 'its bytes do not match the checksum in its name');
  }
  return { intact, skipped };
}

/** An error of DuckDB that speaks of one of the files becomes an error that names it. */
function blame(error: unknown, files: readonly LakeFile[]): unknown {
  if (!(error instanceof Error) || !/^(IO|Invalid Input|TProtocol|Serialization) Error/.test(error.message)) {
    return error;
  }
  const culprit = files.find((file) => error.message.includes(file.path));
  return culprit ? corruptFile(culprit.path, firstLine(error.message)) : error;
}
