/**
 * Compaction in the background: the lake is taken for one folder at a time, so that whoever writes beside it, in this
 * process or another, waits for one merge at most. Which folders need it shows in their names; a kill costs one merge.
 */
import type { DatasetName } from '../data/lake/datasets.js';
import type { CompactionReport } from '../data/lake/lake-writer.js';
import type { HomeLake } from './home-lake.js';

/** What is left out does not restrict; progress counts folders. */
export interface CompactionRequest {
  readonly dataset?: DatasetName | undefined;
  /** Months, as YYYY-MM; all of them when left out. */
  readonly periods?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** @throws TidewatchError `home_in_use` when another process goes on writing, `disk_full`, `write_failed` */
export async function compactLake(
  data: HomeLake,
  { dataset, periods, signal, onProgress }: CompactionRequest = {},
): Promise<CompactionReport> {
  const folders = data.lake
    .uncompacted(dataset)
    .filter(({ period }) => periods === undefined || periods.includes(period));
  const reports: CompactionReport[] = [];
  for (const [at, folder] of folders.entries()) {
    signal?.throwIfAborted();
    reports.push(await data.write((writer) => writer.compactFolders([folder])));
    onProgress?.(at + 1, folders.length);
  }
  return {
    merged: reports.flatMap(({ merged }) => merged),
    deleted: reports.flatMap(({ deleted }) => deleted),
    damaged: reports.flatMap(({ damaged }) => damaged),
  };
}
