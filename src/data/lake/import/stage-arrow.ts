/**
 * Arrow IPC files (feather version 2, as freqtrade and pandas write them) into a staged table, one record batch at a
 * time. Feather is LZ4 by default, a codec that Arrow for JavaScript does not bring: it is registered here.
 *
 * Known limit: neither Arrow nor the LZ4 frames of feather carry checksums, so damage inside a value shows only where
 * it breaks a rule of the rows. Feather packed with zstd needs a Node that has it (22.15 or newer).
 */
import { open } from 'node:fs/promises';
import zlib from 'node:zlib';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { DataType, Field, RecordBatch, Vector } from 'apache-arrow';
import { TidewatchError } from '../../../errors.js';
import { duckdb } from '../../../platform/duckdb.js';
import type { InputFile } from './input-file.js';
import type { ImportSource } from './request.js';
import { choose, countRows, type StagedFile, symbolFilter, type TimeKind } from './staged-file.js';
import type { ImportTarget } from './target.js';

const { DOUBLE, DuckDBDataChunk, VARCHAR } = duckdb;

type Arrow = typeof import('apache-arrow');

const CHUNK_ROWS = 2048;

let arrow: Promise<Arrow> | undefined;

/** Loaded when it is first needed: it takes a moment, and few imports need it. */
function loadArrow(): Promise<Arrow> {
  arrow ??= Promise.all([import('apache-arrow'), import('lz4js')]).then(([module, lz4]) => {
    const { compressionRegistry, CompressionType } = module;
    compressionRegistry.set(CompressionType.LZ4_FRAME, {
      encode: (data) => lz4.compress(data),
      decode: (data) => lz4.decompress(data),
    });
    const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Uint8Array) => Buffer };
    if (zstdDecompressSync) {
      compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => zstdDecompressSync(data) });
    }
    return module;
  });
  return arrow;
}

export async function stageArrow(
  connection: DuckDBConnection,
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
  table: string,
): Promise<Omit<StagedFile, 'symbol'>> {
  const { RecordBatchReader, DataType } = await loadArrow();
  const handle = await open(file.path, 'r');
  try {
    const reader = await RecordBatchReader.from(handle);
    await reader.open();
    const { fields } = reader.schema;
    const header = fields.map(({ name }) => name);
    const at = choose(target, source, header, true);
    const time = timeOf(DataType, fields[at.get('ts')!]!, file.name);
    const numbers = target.columns.map(({ name }) => name).filter((name) => at.has(name));
    for (const name of numbers) requireNumbers(DataType, fields[at.get(name)!]!, name, file.name);
    const subjectAt = at.get(target.subject);
    const texts = subjectAt === undefined ? [] : [subjectAt];
    const types = [time.isText ? VARCHAR : DOUBLE, ...texts.map(() => VARCHAR), ...numbers.map(() => DOUBLE)];
    const names = ['t', ...texts.map(() => 'subject'), ...numbers];
    await connection.run(
      `CREATE TABLE ${table} (${names.map((name, index) => `${name} ${types[index]}`).join(', ')})`,
    );
    const appender = await connection.createAppender(table);
    try {
      for await (const batch of reader) {
        const columns = [
          time.read(columnOf(batch, at.get('ts')!)),
          ...texts.map((index) => textsOf(columnOf(batch, index))),
          ...numbers.map((name) => numbersOf(columnOf(batch, at.get(name)!))),
        ];
        appendColumns(appender, types, columns, batch.numRows);
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
    if (source.symbols) {
      const kept = symbolFilter(source, subjectAt === undefined ? undefined : 'subject');
      await connection.run(`CREATE TABLE ${table}_kept AS SELECT * FROM ${table}${kept}`);
      await connection.run(`DROP TABLE ${table}`);
      await connection.run(`ALTER TABLE ${table}_kept RENAME TO ${table}`);
    }
    return {
      file,
      source,
      table,
      timeKind: time.kind,
      timeColumn: header[at.get('ts')!]!,
      hasSubject: subjectAt !== undefined,
      columns: numbers,
      marksCells: false,
      rows: await countRows(connection, table),
      rejected: [],
    };
  } catch (cause) {
    if (cause instanceof TidewatchError || !(cause instanceof Error)) throw cause;
    const packed = /codec/i.test(cause.message);
    // what the reader trips over in a file that ends too early
    const why =
      cause instanceof TypeError || cause instanceof RangeError ? 'it is cut off or damaged' : cause.message;
    throw new TidewatchError('unreadable_file', `${file.name} cannot be read as feather · ${why}`, {
      hint: packed ? "write it with compression='lz4' or 'uncompressed'" : 'fetch or write the file again',
      details: { file: file.name },
      cause,
    });
  } finally {
    await handle.close().catch(() => undefined);
  }
}

function columnOf(batch: RecordBatch, index: number): Vector {
  const column = batch.getChildAt(index);
  if (!column) throw new Error(`column ${index} is missing`);
  return column;
}

/** NaN is how pandas says "missing"; staged tables have NULL there. */
function numbersOf(column: Vector): (row: number) => DuckDBValue {
  return (row) => {
    const value = column.get(row) as number | bigint | null;
    const number = value === null ? Number.NaN : Number(value);
    return Number.isNaN(number) ? null : number;
  };
}

function textsOf(column: Vector): (row: number) => DuckDBValue {
  return (row) => {
    const value: unknown = column.get(row);
    return value === null ? null : String(value);
  };
}

interface ArrowTime {
  readonly kind: TimeKind;
  readonly isText: boolean;
  readonly read: (column: Vector) => (row: number) => DuckDBValue;
}

function timeOf(types: typeof DataType, { type, name }: Field, file: string): ArrowTime {
  if (types.isTimestamp(type)) {
    // Arrow gives milliseconds, whatever the unit
    const read = (column: Vector) => (row: number) => {
      const value = column.get(row) as number | null;
      return value === null ? null : Math.floor(value);
    };
    return { kind: type.timezone ? 'instant' : 'naive', isText: false, read };
  }
  if (types.isDate(type)) {
    const read = (column: Vector) => (row: number) => {
      const value = column.get(row) as number | Date | null;
      return value === null ? null : Number(value);
    };
    return { kind: 'date', isText: false, read };
  }
  if (types.isInt(type) || types.isFloat(type)) return { kind: 'number', isText: false, read: numbersOf };
  if (types.isUtf8(type) || types.isLargeUtf8(type)) return { kind: 'text', isText: true, read: textsOf };
  throw new TidewatchError(
    'unreadable_value',
    `column "${name}" of ${file} is of type ${type}, which is no time`,
    {
      hint: 'map ts to another column',
      details: { column: name, file },
    },
  );
}

function requireNumbers(types: typeof DataType, { type, name }: Field, wanted: string, file: string): void {
  if (types.isInt(type) || types.isFloat(type)) return;
  throw new TidewatchError(
    'unreadable_value',
    `column "${name}" of ${file} is of type ${type} · ${wanted} needs numbers`,
    { hint: `map ${wanted} to another column`, details: { column: name, file } },
  );
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>;

function appendColumns(
  appender: Appender,
  types: readonly DuckDBType[],
  columns: readonly ((row: number) => DuckDBValue)[],
  length: number,
): void {
  for (let from = 0; from < length; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, length - from);
    const chunk = DuckDBDataChunk.create(types, rows);
    for (const [at, valueAt] of columns.entries()) {
      const values = new Array<DuckDBValue>(rows);
      for (let row = 0; row < rows; row += 1) values[row] = valueAt(from + row);
      chunk.setColumnValues(at, values);
    }
    appender.appendDataChunk(chunk);
  }
}
