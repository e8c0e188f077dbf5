/**
 * A file as a table of numbers inside the query engine: parsed once, in SQL, before anything is published. Times stay
 * as they were read; import-rows.ts turns them into epoch milliseconds, because the unit follows from the whole column.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type ErrorCode, TidewatchError } from '../../../errors.js';
import { quote, rowsOf } from '../session.js';
import { chooseColumns } from './column-map.js';
import type { InputFile } from './input-file.js';
import type { ImportSource } from './request.js';
import type { ImportTarget } from './target.js';

/** How the raw time column `t` of the staged table is typed. */
export type TimeKind = 'number' | 'text' | 'instant' | 'naive' | 'date';

/** A row that the reader of the file could not take in; rows count from 1. */
export interface Rejected {
  readonly row: number;
  readonly code: ErrorCode;
  readonly column: string;
  readonly detail: string;
}

export interface StagedFile {
  readonly file: InputFile;
  readonly source: ImportSource;
  /** Symbol that the file's name tells. */
  readonly symbol: string | undefined;
  /** Columns: t (as read), subject (text, when the file has it), one DOUBLE per target column found, bad (text). */
  readonly table: string;
  readonly timeKind: TimeKind;
  readonly timeColumn: string;
  readonly hasSubject: boolean;
  /** Target columns that the file feeds. */
  readonly columns: readonly string[];
  /** True when a cell that could not be read is marked in `bad`. */
  readonly marksCells: boolean;
  readonly rows: number;
  /** Lines that never became rows, ascending. */
  readonly rejected: readonly Rejected[];
}

/** 1-based data row of the staged row `index` (0-based): the lines set aside before it count too. */
export function dataRow(staged: StagedFile, index: number): number {
  let row = index + 1;
  for (const rejected of staged.rejected) {
    if (rejected.row > row) break;
    row += 1;
  }
  return row;
}

/** Texts that mean a missing value. */
export const NULL_TEXTS = ['', 'null', 'NULL', 'NaN', 'nan', 'NA', 'N/A', 'None'];

/** Target column → position in the file. */
export function choose(
  target: ImportTarget,
  source: ImportSource,
  header: readonly string[],
  isNamed: boolean,
): ReadonlyMap<string, number> {
  const constants = new Set(Object.keys(source.constants ?? {}));
  return chooseColumns(target, header, isNamed, source.map ?? {}, constants);
}

/** The rows asked for by symbol; all when nothing was asked. */
export function symbolFilter(source: ImportSource, subject: string | undefined): string {
  if (!source.symbols) return '';
  if (subject === undefined) {
    throw new TidewatchError('missing_column', `${source.path} has no symbol column to choose rows by`, {
      hint: 'map it with --map instrument_id=COLUMN',
    });
  }
  // not IN: a long list becomes a join, which does not keep the order of rows
  return ` WHERE list_contains([${source.symbols.map(quote).join(', ')}], ${subject})`;
}

/** Rows of a table or relation; `table` goes into SQL as it is. */
export async function countRows(connection: DuckDBConnection, table: string): Promise<number> {
  const [row] = await rowsOf(connection, `SELECT count(*) AS n FROM ${table}`);
  return Number(row!.n);
}
