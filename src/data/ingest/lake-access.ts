/** What a download needs of the lake: reading whenever, writing when it is its turn, room on the disk. */
import type { Lake } from '../lake/lake.js';
import type { LakeWriter } from '../lake/lake-writer.js';

export interface LakeAccess {
  readonly lake: Lake;
  /** Runs as the only writer of the lake; taken for each publication, not while a venue is awaited. */
  readonly write: <T>(work: (writer: LakeWriter) => Promise<T>) => Promise<T>;
  /** Bytes free below a folder; the disk is asked when left out. */
  readonly free?: (folder: string) => Promise<number>;
}
