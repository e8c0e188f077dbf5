/**
 * Fewer, larger files: parts of a closed hour become one, hours of a closed day, everything of a closed month
 * (schema §4.0: at most about 60 + 24 + 31 files in a folder). A merge publishes under the interval that covers its
 * inputs; nobody opens those from then on, and the writer deletes them once 15 minutes have passed since the covering
 * file appeared, longer than any query may run. Which files to merge follows from names and the clock alone.
 */
import { statSync } from 'node:fs';
import { type DatasetName, keyOf } from './datasets.js';
import { asWriteError, type LakeFileSystem } from './file-system.js';
import { type LakeFile, type LakeFolder, listFolder } from './lake-file.js';
import { overlapGroups, type PartName, periodSpan, splitActive } from './part-name.js';
import type { PendingPart } from './publish.js';
import { scan, winnersOf } from './relation.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How long a bucket stays open for late rows after its end. */
const SETTLE = 5 * 60_000;
/** A replaced file is deleted this long after the covering file appeared. */
export const GRACE = 15 * 60_000;
/** Beyond this many active files everything that is not of the open hour is merged. */
const MOST_FILES = 115;

/** Contiguous runs of active files to merge, at `now`. Pure: names and time in, runs out. */
export function planMerges<P extends PartName>(active: readonly P[], period: string, now: number): P[][] {
  if (active.length < 2) return [];
  const sorted = [...active].sort((a, b) => a.seqLo - b.seqLo);
  const [, end] = periodSpan(period);
  if (end + SETTLE <= now) return [sorted];
  const bucket = (file: P, length: number): number | undefined => {
    const open = Math.floor(file.tsMin / length) * length;
    return file.tsMax < open + length && open + length + SETTLE <= now ? open : undefined;
  };
  // the coarsest closed bucket that holds the file; files of one bucket that stand side by side make a run
  const labels = sorted.map((file) => {
    const day = bucket(file, DAY);
    if (day !== undefined) return `day ${day}`;
    const hour = bucket(file, HOUR);
    return hour === undefined ? undefined : `hour ${hour}`;
  });
  const runs = runsOf(sorted, labels);
  const left = sorted.length - runs.reduce((sum, run) => sum + run.length - 1, 0);
  if (left <= MOST_FILES) return runs;
  const openHour = Math.floor(now / HOUR) * HOUR - SETTLE;
  return runsOf(
    sorted,
    sorted.map((file) => (file.tsMax < openHour ? 'old' : undefined)),
  );
}

function runsOf<P>(files: readonly P[], labels: readonly (string | undefined)[]): P[][] {
  const runs: P[][] = [];
  let previous: string | undefined;
  for (const [index, file] of files.entries()) {
    const label = labels[index];
    if (label !== undefined && label === previous) runs.at(-1)!.push(file);
    else if (label !== undefined) runs.push([file]);
    previous = label;
  }
  return runs.filter((run) => run.length > 1);
}

/** The part that replaces a run: winning rows, sorted, under the covering interval. */
export function mergedPart(dataset: DatasetName, run: readonly LakeFile[]): PendingPart {
  const first = run[0]!;
  const overlaps = overlapGroups(run).some((group) => group.length > 1);
  const relation = overlaps
    ? winnersOf(dataset, scan(run, { filename: true }))
    : `SELECT * FROM ${scan(run)}`;
  return {
    dataset,
    partition: { venue: first.venue, timeframe: first.timeframe, period: first.period },
    select: `${relation} ORDER BY ${keyOf(dataset).join(', ')}`,
    // a row that wins keeps its ts, and every key has a winner: the range is that of the inputs
    tsMin: Math.min(...run.map((file) => file.tsMin)),
    tsMax: Math.max(...run.map((file) => file.tsMax)),
    interval: {
      seqLo: Math.min(...run.map((file) => file.seqLo)),
      seqHi: Math.max(...run.map((file) => file.seqHi)),
    },
  };
}

/** The same part without the rows that meet the condition, under an interval that is wider than its inputs'. */
export function withoutRows(part: PendingPart, condition: string): PendingPart {
  const { seqLo } = part.interval!;
  return {
    ...part,
    select: `SELECT * FROM (${part.select}) WHERE NOT (${condition})`,
    interval: { seqLo, seqHi: 'next' },
  };
}

/** True when there is something to merge, or a replaced file to delete once its time has come. */
export function needsCompaction(folder: LakeFolder, now: number): boolean {
  const { active, covered } = splitActive(listFolder(folder));
  return covered.length > 0 || planMerges(active, folder.period, now).length > 0;
}

/** Deletes the folder's replaced files whose 15 minutes are over; returns their paths. */
export function deleteReplaced(folder: LakeFolder, now: number, fileSystem: LakeFileSystem): string[] {
  const { active, covered } = splitActive(listFolder(folder));
  const deleted: string[] = [];
  for (const file of covered) {
    const cover = active.find((wide) => wide.seqLo <= file.seqLo && file.seqHi <= wide.seqHi);
    const appeared = cover && statSync(cover.path, { throwIfNoEntry: false })?.mtimeMs;
    if (appeared === undefined || now - appeared < GRACE) continue;
    try {
      fileSystem.remove(file.path);
    } catch (error) {
      throw asWriteError(error, file.path);
    }
    deleted.push(file.path);
  }
  return deleted;
}
