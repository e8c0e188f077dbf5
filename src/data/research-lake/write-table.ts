/** Writes a table of dated columns as one Parquet file (zstd). The same columns give the same bytes. */
import type { DuckDBValue, DuckDBVector } from '@duckdb/node-api';
import { duckdb } from '../../platform/duckdb.js';
import { quote } from '../lake/session.js';
import { withTables } from './table-engine.js';

const { BOOLEAN, DATE, DOUBLE, DuckDBDataChunk, DuckDBDateValue } = duckdb;

export interface DatedColumns {
  /** Days since 1970-01-01, UTC; the column `date`. */
  readonly day: ArrayLike<number>;
  /** NaN is written as null. */
  readonly numbers: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** 1 true, 0 false, anything else null; `after` names the column in front of it, the last one when left out. */
  readonly flags: readonly {
    readonly name: string;
    readonly values: ArrayLike<number>;
    readonly after?: string;
  }[];
}

/** Rows of a chunk of the engine. */
const CHUNK = 2_048;

interface Column {
  readonly name: string;
  readonly type: typeof DATE | typeof DOUBLE | typeof BOOLEAN;
  readonly at: (row: number) => DuckDBValue;
}

function columnsOf({ day, numbers, flags }: DatedColumns): Column[] {
  const columns: Column[] = [
    { name: 'date', type: DATE, at: (row) => new DuckDBDateValue(day[row]!) },
    ...numbers.map(
      ({ name, values }): Column => ({
        name,
        type: DOUBLE,
        at: (row) => (Number.isNaN(values[row]!) ? null : values[row]!),
      }),
    ),
  ];
  for (const { name, values, after } of flags) {
    const at = columns.findIndex((column) => column.name === after);
    columns.splice(at < 0 ? columns.length : at + 1, 0, {
      name,
      type: BOOLEAN,
      at: (row) => (values[row] === 1 ? true : values[row] === 0 ? false : null),
    });
  }
  return columns;
}

/** Values first, nulls after: once a vector holds a null, every further item costs arithmetic on big integers. */
function fill(vector: DuckDBVector, length: number, at: (row: number) => DuckDBValue): void {
  const nulls: number[] = [];
  for (let row = 0; row < length; row += 1) {
    const value = at(row);
    if (value === null) nulls.push(row);
    else vector.setItem(row, value);
  }
  for (const row of nulls) vector.setItem(row, null);
  vector.flush();
}

/** @param path a new file; not flushed to disk */
export async function writeParquetTable(path: string, table: DatedColumns): Promise<void> {
  const columns = columnsOf(table);
  await withTables(async (connection) => {
    await connection.run(
      `CREATE TEMP TABLE dated_rows (${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`,
    );
    try {
      const appender = await connection.createAppender('dated_rows');
      for (let from = 0; from < table.day.length; from += CHUNK) {
        const length = Math.min(CHUNK, table.day.length - from);
        const chunk = DuckDBDataChunk.create(
          columns.map(({ type }) => type),
          length,
        );
        columns.forEach(({ at }, column) => {
          fill(chunk.getColumnVector(column), length, (row) => at(from + row));
        });
        appender.appendDataChunk(chunk);
      }
      appender.closeSync();
      await connection.run(`COPY dated_rows TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd)`);
    } finally {
      await connection.run('DROP TABLE dated_rows');
    }
  });
}
