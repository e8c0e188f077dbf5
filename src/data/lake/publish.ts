/**
 * From a relation in DuckDB to durable lake files: write every part under a dot-name, sum and fsync it, and only when
 * all are on disk rename them and fsync their folders. A full disk or a kill before the first rename leaves the lake
 * as it was; a kill between renames leaves whole parts only. Dot-names do not end in `.parquet`, because DuckDB's
 * glob matches dot files too.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileChecksum } from './checksum.js';
import { addConstantColumns, type ConstantColumn } from './constant-columns.js';
import { type DatasetName, shapeOf } from './datasets.js';
import { asWriteError, type LakeFileSystem } from './file-system.js';
import { type LakeFile, listFolder } from './lake-file.js';
import { formatPartition, formatPartName, type Partition, parsePartName } from './part-name.js';
import { quote } from './session.js';

/**
 * zstd level 3, data pages v2 (half the scan time for a fifth more bytes), row groups of 122,880 rows. A dictionary only
 * where a column has few values, such as ids: for counts of trades its indices take more than their differences.
 */
export const FILE_FORM =
  'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880, ' +
  'DICTIONARY_SIZE_LIMIT 512';

/** Rows that are to become one file. */
export interface PendingPart {
  readonly dataset: DatasetName;
  readonly partition: Partition;
  /** SELECT of the columns, without `constants`; rows in the order of the file. */
  readonly select: string;
  /** Columns with one value in all rows. */
  readonly constants?: readonly ConstantColumn[];
  /** Smallest and largest ts inside, UTC ms. */
  readonly tsMin: number;
  readonly tsMax: number;
  /** Covering interval of a merge, up to a number drawn now where rows are taken out; a new part draws its own. */
  readonly interval?: { readonly seqLo: number; readonly seqHi: number | 'next' };
}

interface WrittenPart {
  readonly part: PendingPart;
  readonly folder: string;
  readonly temporary: string;
  crc32: number;
  bytes: number;
}

/** Gives new files their numbers and moves them into place whole. */
export class Publisher {
  /** Next sequence number per folder, continued from the names on disk. */
  private readonly nextSeq = new Map<string, number>();
  private pending = 0;

  constructor(
    private readonly root: string,
    private readonly fileSystem: LakeFileSystem,
  ) {}

  /**
   * Publishes all parts or none (a kill between the renames aside, which leaves some whole ones).
   * @param run executes a statement; called `atOnce` times side by side
   * @throws TidewatchError `disk_full`, `home_not_writable`, `write_failed`
   */
  async publish(
    run: (sql: string) => Promise<unknown>,
    parts: readonly PendingPart[],
    atOnce = 1,
  ): Promise<LakeFile[]> {
    const written: WrittenPart[] = [];
    const finishing: Promise<void>[] = [];
    let at = this.root;
    try {
      let next = 0;
      let failure: unknown;
      const fail = (error: unknown): void => {
        failure ??= error;
      };
      const writeParts = async (): Promise<void> => {
        while (next < parts.length && failure === undefined) {
          const index = next;
          next += 1;
          const part = parts[index]!;
          const folder = join(this.root, part.dataset, ...formatPartition(part.partition).split('/'));
          this.pending += 1;
          const temporary = join(folder, `.${process.pid}-${this.pending}.writing`);
          written[index] = { part, folder, temporary, crc32: 0, bytes: 0 };
          try {
            this.fileSystem.makeFolder(folder);
            await run(`COPY (${part.select}) TO ${quote(temporary)} (${FILE_FORM})`);
            addConstantColumns(temporary, Object.keys(shapeOf(part.dataset).columns), part.constants ?? []);
          } catch (error) {
            fail(asWriteError(error, temporary));
            return;
          }
          // while the disk takes this one in, the next is written
          finishing.push(this.finish(written[index]).catch(fail));
        }
      };
      // every writer has stopped before anything is cleaned up
      await Promise.all(Array.from({ length: atOnce }, writeParts));
      await Promise.all(finishing);
      if (failure !== undefined) throw failure;
      const files: LakeFile[] = [];
      for (const { part, folder, temporary, crc32, bytes } of written) {
        const seqHi =
          part.interval === undefined || part.interval.seqHi === 'next'
            ? this.drawSequence(part, folder)
            : part.interval.seqHi;
        const name = {
          seqLo: part.interval?.seqLo ?? seqHi,
          seqHi,
          tsMin: part.tsMin,
          tsMax: part.tsMax,
          crc32,
        };
        const path = join(folder, formatPartName(name));
        at = path;
        this.fileSystem.rename(temporary, path);
        files.push({ ...name, ...part.partition, dataset: part.dataset, path, bytes });
      }
      const folders = [...new Set(written.map((entry) => entry.folder))];
      await Promise.all(
        folders.map(async (folder) => {
          try {
            await this.fileSystem.syncFolder(folder);
          } catch (error) {
            throw asWriteError(error, folder);
          }
        }),
      );
      return files;
    } catch (error) {
      for (const { temporary } of written.filter(Boolean)) {
        try {
          this.fileSystem.remove(temporary);
        } catch {
          // the next writer deletes dot-names when it starts
        }
      }
      throw asWriteError(error, at);
    }
  }

  /** Puts a written part on disk and sums it. */
  private async finish(part: WrittenPart): Promise<void> {
    const { temporary } = part;
    const summed = async (): Promise<void> => {
      part.bytes = statSync(temporary).size;
      part.crc32 = await fileChecksum(temporary, part.bytes);
    };
    try {
      await Promise.all([this.fileSystem.syncFile(temporary), summed()]);
    } catch (error) {
      throw asWriteError(error, temporary);
    }
  }

  private drawSequence(part: PendingPart, folder: string): number {
    let next = this.nextSeq.get(folder);
    if (next === undefined) {
      const files = listFolder({ ...part.partition, dataset: part.dataset, path: folder });
      next = files.reduce((highest, file) => Math.max(highest, file.seqHi), 0) + 1;
    }
    this.nextSeq.set(folder, next + 1);
    return next;
  }
}

/** Deletes what a killed writer left behind: dot-names anywhere below the lake. Returns how many. */
export function deleteLeftovers(root: string, fileSystem: LakeFileSystem): number {
  let deleted = 0;
  let entries: string[];
  try {
    entries = readdirSync(root, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  for (const entry of entries) {
    const name = basename(entry);
    if (!name.startsWith('.') || !name.endsWith('.writing') || parsePartName(name)) continue;
    try {
      fileSystem.remove(join(root, entry));
      deleted += 1;
    } catch (error) {
      throw asWriteError(error, dirname(join(root, entry)));
    }
  }
  return deleted;
}
