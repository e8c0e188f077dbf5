/**
 * A file as a table of numbers inside the query engine: parsed once, in SQL, before anything is published.
 *
 * CSV columns that feed a number are read as DOUBLE at once (no text in between) and DuckDB sets aside the lines that
 * do not fit, with line and column. Parquet and JSON cells are cast one by one and a cell that does not fit is marked.
 * JSON records are read as untyped values, so that a record with a field of another type is one refused row.
 * Times stay as they were read; `timestamps` turns them into epoch milliseconds afterwards, because the unit follows
 * from the whole column.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type ErrorCode, TidewatchError } from '../../../errors.js';
import { quote, rowsOf } from '../session.js';
import { chooseColumns } from './column-map.js';
import { type CsvDialect, sniffCsv } from './csv-dialect.js';
import { type InputFile, readHead } from './input-file.js';
import type { ImportSource } from './request.js';
import type { ImportTarget } from './target.js';

/** How the raw time column `t` of the staged table is typed. */
export type TimeKind = 'number' | 'text' | 'instant' | 'naive' | 'date';

export interface Rejected {
  readonly row: number;
  readonly code: ErrorCode;
  readonly column: string;
  readonly detail: string;
}

export interface StagedFile {
  readonly file: InputFile;
  readonly source: ImportSource;
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

interface Choice {
  readonly at: ReadonlyMap<string, number>;
  readonly header: readonly string[];
}

const NULL_TEXTS = ['', 'null', 'NULL', 'NaN', 'nan', 'NA', 'N/A', 'None'];

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

function choose(
  target: ImportTarget,
  source: ImportSource,
  header: readonly string[],
  isNamed: boolean,
): Choice {
  const constants = new Set(Object.keys(source.constants ?? {}));
  return { at: chooseColumns(target, header, isNamed, source.map ?? {}, constants), header };
}

/** The rows asked for by symbol; all when nothing was asked. */
function symbolFilter(source: ImportSource, subject: string | undefined): string {
  if (!source.symbols) return '';
  if (subject === undefined) {
    throw new TidewatchError('missing_column', `${source.path} has no symbol column to choose rows by`, {
      hint: 'map it with --map instrument_id=COLUMN',
    });
  }
  return ` WHERE ${subject} IN (${source.symbols.map(quote).join(', ')})`;
}

async function stageCsv(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<StagedFile> {
  const head = await readHead(file.path);
  const dialect = sniffCsv(file.name, head.toString('utf8'), head.length === file.bytes, source.delimiter);
  const { at, header } = choose(target, source, dialect.header, dialect.isNamed);
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

const NUMERIC_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;

async function stageParquet(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<StagedFile> {
  const from = `read_parquet(${quote(file.path)})`;
  const described = await rowsOf(connection, `DESCRIBE SELECT * FROM ${from}`);
  const names = described.map((row) => String(row.column_name));
  const types = described.map((row) => String(row.column_type));
  const { at } = choose(target, source, names, true);
  const quoted = (index: number): string => `"${names[index]!.replaceAll('"', '""')}"`;
  const timeAt = at.get('ts')!;
  const time = parquetTime(types[timeAt]!, quoted(timeAt), names[timeAt]!, file.name);
  const numbers = target.columns.map(({ name }) => name).filter((name) => at.has(name));
  const cells = numbers.map((name) => {
    const index = at.get(name)!;
    const type = types[index]!;
    if (NUMERIC_TYPE.test(type)) return { name, sql: quoted(index), isText: false };
    if (type === 'VARCHAR') return { name, sql: quoted(index), isText: true };
    throw new TidewatchError(
      'unreadable_value',
      `column "${names[index]}" of ${file.name} is of type ${type} · ${name} needs numbers`,
      { hint: `map ${name} to another column`, details: { column: names[index], file: file.name } },
    );
  });
  const subjectAt = at.get(target.subject);
  const subject = subjectAt === undefined ? undefined : `${quoted(subjectAt)}::VARCHAR`;
  const marksCells = await createFromCells(connection, table, from, source, time.sql, subject, cells);
  return {
    file,
    source,
    table,
    timeKind: time.kind,
    timeColumn: names[timeAt]!,
    hasSubject: subject !== undefined,
    columns: numbers,
    marksCells,
    rows: await countRows(connection, table),
    rejected: [],
  };
}

function parquetTime(
  type: string,
  column: string,
  name: string,
  file: string,
): { kind: TimeKind; sql: string } {
  if (NUMERIC_TYPE.test(type)) return { kind: 'number', sql: `${column}::DOUBLE` };
  if (type === 'VARCHAR') return { kind: 'text', sql: column };
  const milliseconds = `CASE WHEN isfinite(${column}) THEN epoch_ms(${column}) END`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return { kind: 'instant', sql: milliseconds };
  if (type === 'DATE')
    return { kind: 'date', sql: `CASE WHEN isfinite(${column}) THEN epoch_ms(${column}::TIMESTAMP) END` };
  if (type.startsWith('TIMESTAMP')) return { kind: 'naive', sql: milliseconds };
  throw new TidewatchError(
    'unreadable_value',
    `column "${name}" of ${file} is of type ${type}, which is no time`,
    {
      hint: 'map ts to another column',
      details: { column: name, file },
    },
  );
}

/**
 * Records one per line, read as lines: that keeps their order (DuckDB's own JSON reader does not promise it) and makes
 * a broken line one refused row.
 */
async function stageJson(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<StagedFile> {
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
  const { at } = choose(target, source, header, isNamed);
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

/** A cell of the source as SQL: a number already, or text that has to become one. */
interface Cell {
  readonly name: string;
  readonly sql: string;
  readonly isText: boolean;
}

/** Text is taken from the source once, then cast, then compared with what the cast made of it. */
async function createFromCells(
  connection: DuckDBConnection,
  table: string,
  from: string,
  source: ImportSource,
  time: string,
  subject: string | undefined,
  cells: readonly Cell[],
): Promise<boolean> {
  const nulls = NULL_TEXTS.map(quote).join(', ');
  const own = subject === undefined ? [] : [`${subject} AS subject`];
  const kept = subject === undefined ? ['t'] : ['t', 'subject'];
  const texts = cells.filter(({ isText }) => isText).map(({ name }) => name);
  const taken = [`${time} AS t`, ...own, ...cells.map(({ name, sql }) => `${sql} AS x_${name}`)];
  const cast = cells.map(({ name, isText }) =>
    isText ? `try_cast(x_${name} AS DOUBLE) AS v_${name}` : `x_${name}::DOUBLE AS v_${name}`,
  );
  const marks = texts.map(
    (name) =>
      `WHEN v_${name} IS NULL AND x_${name} IS NOT NULL AND x_${name} NOT IN (${nulls}) THEN '${name}'`,
  );
  const picked = [
    ...kept,
    ...cells.map(({ name }) => `CASE WHEN isnan(v_${name}) THEN NULL ELSE v_${name} END AS ${name}`),
    ...(marks.length === 0 ? [] : [`CASE ${marks.join(' ')} END AS bad`]),
  ];
  await connection.run(
    `CREATE TABLE ${table} AS SELECT ${picked.join(', ')} FROM (SELECT ${[...kept, ...texts.map((name) => `x_${name}`), ...cast].join(', ')}
     FROM (SELECT ${taken.join(', ')} FROM ${from}${symbolFilter(source, subject)}))`,
  );
  return marks.length > 0;
}

async function countRows(connection: DuckDBConnection, table: string): Promise<number> {
  const [row] = await rowsOf(connection, `SELECT count(*) AS n FROM ${table}`);
  return Number(row!.n);
}
