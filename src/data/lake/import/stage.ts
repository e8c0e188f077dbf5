/** The way of each format into a staged table. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { InputFile } from './input-file.js';
import type { Recognised } from './recognise.js';
import type { ImportSource } from './request.js';
import { stageArrow } from './stage-arrow.js';
import { stageCsv } from './stage-csv.js';
import { stageJson } from './stage-json.js';
import { stageParquet } from './stage-parquet.js';
import type { StagedFile } from './staged-file.js';
import { type ImportTarget, TRADES } from './target.js';

/** What the user said about a file, completed by what was recognised. */
interface FileMeaning {
  readonly source: ImportSource;
  readonly target: ImportTarget;
  readonly symbol: string | undefined;
}

/** What the caller said of a file, completed by what its name and columns tell; the caller wins. */
export function meaningOf(source: ImportSource, target: ImportTarget, found: Recognised): FileMeaning {
  const subject = source.subject ?? found.subject;
  const base = found.isTrades ? TRADES : target;
  return {
    source: {
      ...source,
      ...(subject === undefined ? {} : { subject }),
      map: { ...found.map, ...source.map },
    },
    target: found.positional === undefined ? base : { ...base, positional: found.positional },
    symbol: found.symbol,
  };
}

/**
 * Parses one file into a table.
 * @throws TidewatchError `missing_column`, `empty_series`, `unreadable_file`, `bad_parameter`
 */
export async function stageFile(
  connection: DuckDBConnection,
  file: InputFile,
  { source, target, symbol }: FileMeaning,
  table: string,
): Promise<StagedFile> {
  const stage = { csv: stageCsv, parquet: stageParquet, json: stageJson, arrow: stageArrow }[file.format];
  return { ...(await stage(connection, file, source, target, table)), symbol };
}
