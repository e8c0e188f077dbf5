/** JSON records into a staged table, each record an untyped value: a field of another type is one refused row. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { quote, rowsOf } from '../session.js';
import type { InputFile } from './input-file.js';
import type { ImportSource } from './request.js';
import { createFromCells } from './stage-cells.js';
import { choose, countRows, type StagedFile } from './staged-file.js';
import type { ImportTarget } from './target.js';

/**
 * Records one per line, read as lines: that keeps their order (DuckDB's own JSON reader does not promise it) and makes
 * a broken line one refused row.
 */
export async function stageJson(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<Omit<StagedFile, 'symbol'>> {
  const lines = `${table}_lines`;
  await connection.run(
    `CREATE TABLE ${lines} AS SELECT line, try_cast(line AS JSON) AS json FROM read_csv(${quote(file.path)}, auto_detect = false,
       header = false, delim = '\x1F', quote = '', escape = '', columns = {'line': 'VARCHAR'}, max_line_size = 16777216)
     WHERE trim(line) <> ''`,
  );
  const [shape] = await rowsOf(
    connection,
    `SELECT count(*) AS records, coalesce(max(CASE WHEN json_type(json) = 'ARRAY' THEN json_array_length(json) END), 0) AS width,
       coalesce(list_sort(list_distinct(flatten(list(CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) ELSE [] END)))), []) AS keys
     FROM (SELECT json FROM ${lines} LIMIT 1000)`,
  );
  if (Number(shape!.records) === 0) {
    throw new TidewatchError('empty_series', `${file.name} holds no record`, {
      hint: 'records are objects or arrays, in one array or one per line',
      details: { file: file.name },
    });
  }
  const keys = shape!.keys as string[];
  const isNamed = keys.length > 0;
  const header = isNamed ? keys : Array.from({ length: Number(shape!.width) }, (_, index) => String(index));
  const at = choose(target, source, header, isNamed);
  const extract = (index: number): string => {
    const pointer = `/${header[index]!.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return `nullif(trim(json_extract_string(json, ${quote(isNamed ? pointer : `/${index}`)})), '')`;
  };
  const timeAt = at.get('ts')!;
  const numbers = target.columns.map(({ name }) => name).filter((name) => at.has(name));
  const cells = numbers.map((name) => ({ name, sql: extract(at.get(name)!), isText: true }));
  const subjectAt = at.get(target.subject);
  const subject = subjectAt === undefined ? undefined : extract(subjectAt);
  const record = isNamed ? 'OBJECT' : 'ARRAY';
  const rejected = await rowsOf(
    connection,
    `SELECT rowid AS row, json IS NULL AS broken FROM ${lines} WHERE json IS NULL OR json_type(json) <> '${record}' ORDER BY rowid`,
  );
  const from = `(SELECT json FROM ${lines} WHERE json_type(json) = '${record}')`;
  const marksCells = await createFromCells(connection, table, from, source, extract(timeAt), subject, cells);
  await connection.run(`DROP TABLE ${lines}`);
  return {
    file,
    source,
    table,
    timeKind: 'text',
    timeColumn: header[timeAt]!,
    hasSubject: subject !== undefined,
    columns: numbers,
    marksCells,
    rows: await countRows(connection, table),
    rejected: rejected.map(({ row, broken }) => ({
      row: Number(row) + 1,
      code: 'malformed_row' as const,
      column: '',
      detail: broken ? 'is no JSON' : `is no ${record === 'OBJECT' ? 'object' : 'array'} as the others are`,
    })),
  };
}
