/** Parquet into a staged table: typed cells are cast, text cells become numbers or are marked. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { quote, rowsOf } from '../session.js';
import type { InputFile } from './input-file.js';
import type { ImportSource } from './request.js';
import { createFromCells } from './stage-cells.js';
import { choose, countRows, type StagedFile, type TimeKind } from './staged-file.js';
import type { ImportTarget } from './target.js';

const NUMERIC_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;

export async function stageParquet(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<Omit<StagedFile, 'symbol'>> {
  const from = `read_parquet(${quote(file.path)})`;
  const described = await rowsOf(connection, `DESCRIBE SELECT * FROM ${from}`);
  const names = described.map((row) => String(row.column_name));
  const types = described.map((row) => String(row.column_type));
  const at = choose(target, source, names, true);
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
