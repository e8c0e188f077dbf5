/**
 * Every lake file is compared with the CRC-32 in its name when this process first opens it. DuckDB does not notice
 * damage inside a page: of 300 files with one flipped bit, 250 gave a wrong number without an error (schema §4.0).
 * Size and modification time are remembered, so that an unchanged file is read once; a change of either checks again.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { TidewatchError } from '../../errors.js';
import { isMissing } from './file-system.js';
import type { LakeFile } from './lake-file.js';

const CHUNK = 1 << 20;
/** Files up to this size are read in one go: a hand-over to the thread pool costs more than the read. */
const SMALL = 1 << 18;

/** CRC-32 of a file's bytes; large files are read in pieces without holding up the event loop. */
export async function fileChecksum(path: string, bytes: number): Promise<number> {
  if (bytes <= SMALL) {
    const descriptor = openSync(path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(bytes + 1);
      const read = readSync(descriptor, buffer, 0, bytes + 1, 0);
      return crc32(buffer.subarray(0, read));
    } finally {
      closeSync(descriptor);
    }
  }
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    let checksum = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return checksum;
      checksum = crc32(buffer.subarray(0, bytesRead), checksum);
    }
  } finally {
    await handle.close();
  }
}

/** Thrown inside the lake when a listed file is gone: the caller lists again. */
export class VanishedFile extends Error {
  constructor(path: string) {
    super(`${path} has been replaced`);
  }
}

/**
 * Sums a file once for as long as size and time of change stay, so that readers need not sum it each time.
 */
export class ChecksumMemory {
  private readonly known = new Map<string, { size: number; modified: number; intact: boolean }>();

  /** @throws VanishedFile */
  async isIntact(file: LakeFile): Promise<boolean> {
    try {
      const { size, mtimeMs: modified } = statSync(file.path);
      const before = this.known.get(file.path);
      if (before && before.size === size && before.modified === modified) return before.intact;
      const intact = (await fileChecksum(file.path, size)) === file.crc32;
      this.known.set(file.path, { size, modified, intact });
      return intact;
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.known.delete(file.path);
      throw new VanishedFile(file.path);
    }
  }

  /** Takes a file that this process has just written and summed as known. */
  trust(file: LakeFile): void {
    const { size, mtimeMs: modified } = statSync(file.path);
    this.known.set(file.path, { size, modified, intact: true });
  }

  forget(path: string): void {
    this.known.delete(path);
  }
}

/** The error of a file that differs from its checksum or cannot be read. */
export function corruptFile(path: string, why: string): TidewatchError {
  return new TidewatchError('corrupt_file', `${path} is damaged · ${why}`, {
    hint: 'restore it from a backup or delete it and import that month again; the other files stay readable',
    details: { file: path },
  });
}
