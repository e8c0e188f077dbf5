/**
 * From when on a dataset may have other rows than at the last look, told by file names alone: a file whose sequence
 * numbers were all seen before is a merge and holds nothing new; any other one holds rows from its first ts on.
 */
import type { DatasetName } from '../lake/datasets.js';
import type { Lake } from '../lake/lake.js';
import type { FileFilter, LakeFile } from '../lake/lake-file.js';

export class LakeChanges {
  /** Greatest sequence number seen per folder. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly lake: Lake,
    private readonly dataset: DatasetName,
    private readonly filter: FileFilter,
  ) {}

  /** Earliest ts, UTC ms, at which something may have changed since the last call; Infinity when nothing has. */
  async since(): Promise<number> {
    let earliest = Number.POSITIVE_INFINITY;
    const files = await this.lake.activeFiles(this.dataset, this.filter);
    for (const file of files) {
      const known = this.seen.get(folderOf(file)) ?? -1;
      if (file.seqHi > known) earliest = Math.min(earliest, file.tsMin);
    }
    for (const file of files) {
      const folder = folderOf(file);
      this.seen.set(folder, Math.max(this.seen.get(folder) ?? -1, file.seqHi));
    }
    return earliest;
  }

  /** Files that the caller has written itself and knows. */
  saw(files: readonly LakeFile[]): void {
    for (const file of files) {
      const folder = folderOf(file);
      const known = this.seen.get(folder);
      // with a number between, somebody else has written too
      if (known !== undefined && file.seqLo === known + 1) this.seen.set(folder, file.seqHi);
    }
  }
}

function folderOf(file: LakeFile): string {
  return file.path.slice(0, file.path.lastIndexOf('/'));
}
