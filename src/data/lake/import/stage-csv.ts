/**
 * CSV into a staged table. Columns that feed a number are read as DOUBLE at once (no text in between) and DuckDB sets
 * aside the lines that do not fit, with line and column.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote, rowsOf } from '../session.js';
import { type CsvDialect, sniffCsv } from './csv-dialect.js';
import { type InputFile, readHead } from './input-file.js';
import type { ImportSource } from './request.js';
import {
  choose,
  countRows,
  NULL_TEXTS,
  type Rejected,
  type StagedFile,
  symbolFilter,
  type TimeKind,
} from './staged-file.js';
import type { ImportTarget } from './target.js';

export async function stageCsv(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<Omit<StagedFile, 'symbol'>> {
  const head = await readHead(file.path);
  const dialect = sniffCsv(file.name, head.toString('utf8'), head.length === file.bytes, source.delimiter);
  const { header } = dialect;
  const at = choose(target, source, header, dialect.isNamed);
  const timeAt = at.get('ts')!;
  const timeKind = csvTimeKind(dialect, timeAt);
  const numbers = target.columns.map(({ name }) => name).filter((name) => at.has(name));
  const types = header.map(() => 'VARCHAR');
  for (const name of numbers) types[at.get(name)!] = 'DOUBLE';
  // One column may feed several (a price-only file); the time column feeds ts alone.
  types[timeAt] =
    timeKind === 'number' && types[timeAt] !== 'DOUBLE' ? 'DOUBLE' : (types[timeAt] ?? 'VARCHAR');
  const subjectAt = at.get(target.subject);
  if (subjectAt !== undefined) types[subjectAt] = 'VARCHAR';
  const rejects = `${table}_rejects`;
  const scans = `${table}_scans`;
  const options = [
    'auto_detect = false',
    `header = ${dialect.isNamed}`,
    `skip = ${dialect.skip}`,
    `delim = ${quote(dialect.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = [${NULL_TEXTS.map(quote).join(', ')}]`,
    `columns = {${types.map((type, index) => `'c${index}': '${type}'`).join(', ')}}`,
    'store_rejects = true',
    `rejects_table = '${rejects}'`,
    `rejects_scan = '${scans}'`,
    'rejects_limit = 0',
  ];
  const subject = subjectAt === undefined ? undefined : `c${subjectAt}`;
  const picked = [
    `c${timeAt} AS t`,
    ...(subject === undefined ? [] : [`${subject} AS subject`]),
    ...numbers.map((name) => `c${at.get(name)} AS ${name}`),
  ];
  await connection.run(
    `CREATE TABLE ${table} AS SELECT ${picked.join(', ')} FROM read_csv(${quote(file.path)}, ${options.join(', ')})${symbolFilter(source, subject)}`,
  );
  const rejected = await readRejects(connection, rejects, header, dialect);
  await connection.run(`DROP TABLE IF EXISTS ${rejects}`);
  await connection.run(`DROP TABLE IF EXISTS ${scans}`);
  return {
    file,
    source,
    table,
    timeKind,
    timeColumn: header[timeAt]!,
    hasSubject: subject !== undefined,
    columns: numbers,
    marksCells: false,
    rows: await countRows(connection, table),
    rejected,
  };
}

function csvTimeKind(dialect: CsvDialect, timeAt: number): TimeKind {
  const texts = dialect.sample
    .map((row) => row[timeAt]?.trim() ?? '')
    .filter((text) => !NULL_TEXTS.includes(text));
  return texts.length > 0 && texts.every((text) => Number.isFinite(Number(text))) ? 'number' : 'text';
}

async function readRejects(
  connection: DuckDBConnection,
  rejects: string,
  header: readonly string[],
  dialect: CsvDialect,
): Promise<Rejected[]> {
  // A line may break several rules: the first one counts. Its byte position tells lines apart.
  const found = await rowsOf(
    connection,
    `SELECT line, min_by(error_type::VARCHAR, coalesce(column_idx, 0)) AS kind, min_by(coalesce(column_name, ''), coalesce(column_idx, 0)) AS name,
       min_by(error_message, coalesce(column_idx, 0)) AS message
     FROM ${rejects} GROUP BY line, line_byte_position ORDER BY line, line_byte_position`,
  );
  const above = dialect.skip + (dialect.isNamed ? 1 : 0);
  return found.map(({ line, kind, name, message }) => {
    const position = Number(/^c(\d+)$/.exec(String(name))?.[1] ?? Number.NaN);
    const column = header[position] ?? '';
    const detail = String(message).replace(/column "c\d+"/, `column "${column}"`);
    return {
      row: Number(line) - above,
      code: kind === 'CAST' ? ('unreadable_value' as const) : ('malformed_row' as const),
      column,
      detail: detail.slice(0, 300),
    };
  });
}
