/** The files of the lake as they lie on disk: which exist, which are current, which fit a question. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DatasetName, parseDataset } from './datasets.js';
import { isMissing } from './file-system.js';
import {
  intersects,
  type Partition,
  type PartName,
  parsePartition,
  parsePartName,
  periodSpan,
  splitActive,
} from './part-name.js';

/** One immutable file of the lake. */
export interface LakeFile extends PartName, Partition {
  readonly dataset: DatasetName;
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
}

/** Which files may hold what is asked for; what is left out does not restrict. */
export interface FileFilter {
  readonly venue?: string;
  /** A venue whose files are left out. */
  readonly exceptVenue?: string;
  readonly timeframe?: string;
  /** Half-open range of ts, UTC ms. */
  readonly from?: number;
  readonly to?: number;
}

/** One `period=` folder with all its lake files, replaced ones too. */
export interface LakeFolder extends Partition {
  readonly dataset: DatasetName;
  readonly path: string;
}

/**
 * What was read of a folder, for as long as nothing is added, renamed or removed in it. A change within the resolution
 * of the folder's time could go unseen, so only what was read of a folder that had been still for a while is kept; what
 * was read before is handed to whoever reads it again.
 */
class StillFolders<Folder extends { readonly path: string }, Content> {
  private readonly known = new Map<string, { readonly modified: number; readonly content: Content }>();

  constructor(private readonly read: (folder: Folder, before: Content | undefined) => Content) {}

  of(folder: Folder): Content {
    const { path } = folder;
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    const known = this.known.get(path);
    if (known?.modified === modified) return known.content;
    const readAt = Date.now();
    const content = this.read(folder, known?.content);
    this.known.delete(path);
    if (Number.isNaN(modified)) return content;
    this.known.set(path, { modified: readAt - modified > STILL_MS ? modified : Number.NaN, content });
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KEPT) this.known.delete(oldest!);
    return content;
  }
}

const STILL_MS = 1000;
const MOST_KEPT = 10_000;

function namesNow(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw error;
  }
}

const stillNames = new StillFolders(({ path }: { readonly path: string }) => namesNow(path));
const names = (folder: string): readonly string[] => stillNames.of({ path: folder });

/** Lake files by their names; a file under a name never changes. */
const stillFiles = new StillFolders(
  (folder: LakeFolder, before: ReadonlyMap<string, LakeFile> | undefined) => {
    const { dataset, venue, timeframe, period } = folder;
    const files = new Map<string, LakeFile>();
    for (const text of namesNow(folder.path)) {
      const known = before?.get(text);
      if (known !== undefined) {
        files.set(text, known);
        continue;
      }
      const name = parsePartName(text);
      if (!name) continue;
      const path = join(folder.path, text);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat) files.set(text, { ...name, dataset, venue, timeframe, period, path, bytes: stat.size });
    }
    return files;
  },
);

/** Folders of a dataset that can hold what the filter asks for, ordered by venue, timeframe and month. */
export function listFolders(root: string, dataset: DatasetName, filter: FileFilter = {}): LakeFolder[] {
  const base = join(root, parseDataset(dataset));
  const from = filter.from ?? Number.NEGATIVE_INFINITY;
  const to = filter.to ?? Number.POSITIVE_INFINITY;
  const pick = (folder: string, prefix: string, wanted: string | undefined): string[] =>
    wanted === undefined ? names(folder).filter((name) => name.startsWith(prefix)) : [`${prefix}${wanted}`];
  const folders: LakeFolder[] = [];
  for (const venue of pick(base, 'venue=', filter.venue)) {
    if (venue === `venue=${filter.exceptVenue}`) continue;
    for (const timeframe of pick(join(base, venue), 'timeframe=', filter.timeframe)) {
      for (const period of names(join(base, venue, timeframe))) {
        const partition = parsePartition(`${venue}/${timeframe}/${period}`);
        if (!partition) continue;
        const [first, end] = periodSpan(partition.period);
        if (end <= from || first >= to) continue;
        folders.push({ ...partition, dataset, path: join(base, venue, timeframe, period) });
      }
    }
  }
  return folders;
}

/** Lake files of one folder, with their sizes. A file that vanishes meanwhile is left out. */
export function listFolder(folder: LakeFolder): LakeFile[] {
  return [...stillFiles.of(folder).values()];
}

/** Files that readers open now and that may hold rows in the filter's range, by folder and sequence. */
export function listActive(root: string, dataset: DatasetName, filter: FileFilter = {}): LakeFile[] {
  const from = filter.from ?? Number.NEGATIVE_INFINITY;
  const to = filter.to ?? Number.POSITIVE_INFINITY;
  return listFolders(root, dataset, filter).flatMap((folder) =>
    splitActive(listFolder(folder)).active.filter((file) => intersects(file, from, to)),
  );
}
