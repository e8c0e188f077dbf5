/**
 * Names of lake files and what follows from them alone (operational schema §4.0):
 * `venue=…/timeframe=…/period=YYYY-MM/{seqLo}-{seqHi}_{tsMin}-{tsMax}_{crc32}.parquet`.
 *
 * A file whose sequence interval lies inside another's of the same folder has been replaced by it. Nothing else
 * records which files are current: no manifest, so a kill at any point leaves a correct active set.
 */
import { TidewatchError } from '../../errors.js';

const SEQ_DIGITS = 10;
const TS_DIGITS = 15;
const PATTERN = /^(\d{10})-(\d{10})_(\d{15})-(\d{15})_([0-9a-f]{8})\.parquet$/;

/** What a file's name tells of it. */
export interface PartName {
  /** Interval of the publications it covers; of two files the one that covers the other stands for both. */
  readonly seqLo: number;
  readonly seqHi: number;
  /** Smallest and largest ts inside, UTC ms. */
  readonly tsMin: number;
  readonly tsMax: number;
  /** CRC-32 of the file's bytes, unsigned. */
  readonly crc32: number;
}

/** The folder of a file below its dataset; `none` for a partition the dataset does not have. */
export interface Partition {
  readonly venue: string;
  readonly timeframe: string;
  /** UTC month, YYYY-MM. */
  readonly period: string;
}

export const NO_PARTITION = 'none';

/** Fixed widths, so that names sort as their numbers do. */
export function formatPartName(name: PartName): string {
  const seq = (value: number): string => String(value).padStart(SEQ_DIGITS, '0');
  const ts = (value: number): string => String(value).padStart(TS_DIGITS, '0');
  const crc = name.crc32.toString(16).padStart(8, '0');
  return `${seq(name.seqLo)}-${seq(name.seqHi)}_${ts(name.tsMin)}-${ts(name.tsMax)}_${crc}.parquet`;
}

/** Undefined for anything that is not a lake file: dot-names, files of other tools, impossible intervals. */
export function parsePartName(text: string): PartName | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, seqLo, seqHi, tsMin, tsMax, crc] = match;
  const name: PartName = {
    seqLo: Number(seqLo),
    seqHi: Number(seqHi),
    tsMin: Number(tsMin),
    tsMax: Number(tsMax),
    crc32: Number.parseInt(crc!, 16),
  };
  return name.seqLo <= name.seqHi && name.tsMin <= name.tsMax ? name : undefined;
}

// A venue or timeframe becomes a folder name and a hive value: nothing that a path or a URL would reinterpret.
const PARTITION_VALUE = /^[A-Za-z0-9_.-]+$/;

/**
 * Relative folder of a partition, with forward slashes.
 * @throws TidewatchError `bad_parameter` when a value cannot be a folder name
 */
export function formatPartition({ venue, timeframe, period }: Partition): string {
  for (const value of [venue, timeframe, period]) {
    if (!PARTITION_VALUE.test(value) || value.startsWith('.')) {
      throw new TidewatchError('bad_parameter', `"${value}" cannot name a lake folder`, {
        hint: 'use letters, digits, _ . and - only',
        details: { venue, timeframe, period },
      });
    }
  }
  return `venue=${venue}/timeframe=${timeframe}/period=${period}`;
}

/** Undefined when the folder is not one of ours. */
export function parsePartition(folder: string): Partition | undefined {
  const match = /^venue=([^/]+)\/timeframe=([^/]+)\/period=(\d{4}-\d{2})$/.exec(folder);
  return match ? { venue: match[1]!, timeframe: match[2]!, period: match[3]! } : undefined;
}

/** UTC month of a time, YYYY-MM. */
export function periodOf(ts: number): string {
  return new Date(ts).toISOString().slice(0, 7);
}

/** [first ms, first ms of the next month) of a period. */
export function periodSpan(period: string): readonly [number, number] {
  const year = Number(period.slice(0, 4));
  const month = Number(period.slice(5, 7));
  return [Date.UTC(year, month - 1, 1), Date.UTC(year, month, 1)];
}

/** True when `inner` has been replaced by `outer`. Equal intervals replace nothing: both stay active. */
function covers(outer: PartName, inner: PartName): boolean {
  if (outer.seqLo === inner.seqLo && outer.seqHi === inner.seqHi) return false;
  return outer.seqLo <= inner.seqLo && inner.seqHi <= outer.seqHi;
}

/**
 * Splits the files of one folder into those that readers open, by ascending sequence, and those that a wider
 * interval has replaced. O(n log n).
 */
export function splitActive<P extends PartName>(parts: readonly P[]): { active: P[]; covered: P[] } {
  const sorted = [...parts].sort((a, b) => a.seqLo - b.seqLo || b.seqHi - a.seqHi);
  const active: P[] = [];
  const covered: P[] = [];
  let widest: P | undefined;
  for (const part of sorted) {
    if (widest && covers(widest, part)) {
      covered.push(part);
    } else {
      active.push(part);
      if (!widest || part.seqHi > widest.seqHi) widest = part;
    }
  }
  return { active, covered };
}

/** True when the file may hold a row with ts in [from, to). */
export function intersects(name: PartName, from: number, to: number): boolean {
  return name.tsMax >= from && name.tsMin < to;
}

/**
 * Groups files whose ts ranges overlap, transitively, ordered by time. A group of one needs no de-duplication
 * and groups follow each other in time.
 */
export function overlapGroups<P extends PartName>(parts: readonly P[]): P[][] {
  const sorted = [...parts].sort((a, b) => a.tsMin - b.tsMin || a.seqLo - b.seqLo);
  const groups: P[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const part of sorted) {
    if (part.tsMin > end) groups.push([part]);
    else groups.at(-1)!.push(part);
    if (part.tsMax > end) end = part.tsMax;
  }
  return groups;
}
