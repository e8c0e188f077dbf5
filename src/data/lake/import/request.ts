/** What an import is told and what it reports. */
import type { Timeframe } from '../../../market/timeframe.js';
import type { DatasetName } from '../datasets.js';
import type { LakeFile } from '../lake-file.js';
import type { TimeUnit } from './time-unit.js';

/** How a stamp of the file becomes `ts`: as it is · its UTC day · the last millisecond of its UTC day. */
export type TimeRule = 'as_is' | 'start_of_day' | 'end_of_day';

/** One file or folder and how its rows are to be read; what is left out is told from the file. */
export interface ImportSource {
  /** A file or an archive, or a folder: every file that can be imported in it and in the folders inside. */
  readonly path: string;
  /**
   * Instrument id (or driver name) of all rows, or a pattern in which `{symbol}` stands for the file's symbol column
   * (or the symbol in its name) and `{file}` for the file's name up to its first dot. Left out: the file's column
   * holds full ids, or its folders tell.
   */
  readonly subject?: string;
  /** Target column → source column (or position, where there is no header). */
  readonly map?: Readonly<Record<string, string>>;
  /** Target column → value, for what the file does not say. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Only rows whose symbol column holds one of these. */
  readonly symbols?: readonly string[];
  readonly timeUnit?: TimeUnit;
  readonly timeRule?: TimeRule;
  /** Take date-times without zone as UTC instead of refusing them. */
  readonly assumeUtc?: boolean;
  readonly delimiter?: string;
}

/** One row that cannot be stored. */
export interface Refusal {
  readonly file: string;
  /** 1-based data row, a header not counted. */
  readonly row: number;
  readonly column: string;
  readonly code: string;
  readonly value?: string;
}

/** Which files become which dataset, and how strictly. */
export interface ImportRequest {
  readonly dataset: string;
  readonly sources: readonly ImportSource[];
  /** Where the dataset has one; left out: told from the spacing of the rows. */
  readonly timeframe?: Timeframe;
  readonly tolerant?: boolean;
  /** Rows under one key are parts of one candle: merge them by the rule of the trade pages (bars only). */
  readonly mergePartials?: boolean;
  /** What the rows are stored as: archive (default), rest, ws, backfill … decides which row of a key wins. */
  readonly origin?: string;
}

/** What became of every row that was read. */
export interface ImportReport {
  readonly dataset: DatasetName;
  readonly timeframe: Timeframe | undefined;
  readonly subjects: readonly string[];
  readonly files: readonly string[];
  /** What each file was taken for, one sentence each, in the order of `files`. */
  readonly recognised: readonly string[];
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Rows that went into another row of their key. */
  readonly rowsMerged: number;
  readonly rowsRefused: number;
  /** Rows refused, by reason (an error code). */
  readonly refused: Readonly<Record<string, number>>;
  /** The first refusals, at most 20. */
  readonly examples: readonly Refusal[];
  /** Rows that stood before an earlier one of their subject and were sorted in. */
  readonly rowsReordered: number;
  readonly parts: readonly LakeFile[];
}
