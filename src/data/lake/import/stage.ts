/** The way of each format into a staged table. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { InputFile } from './input-file.js';
import type { ImportSource } from './request.js';
import { stageCsv } from './stage-csv.js';
import { stageJson } from './stage-json.js';
import { stageParquet } from './stage-parquet.js';
import type { StagedFile } from './staged-file.js';
import type { ImportTarget } from './target.js';

/**
 * Parses one file into a table.
 * @throws TidewatchError `missing_column`, `empty_series`, `unreadable_file`, `bad_parameter`
 */
export async function stageFile(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<StagedFile> {
  if (file.format === 'csv') return stageCsv(connection, file, source, target, table);
  if (file.format === 'parquet') return stageParquet(connection, file, source, target, table);
  return stageJson(connection, file, source, target, table);
}
