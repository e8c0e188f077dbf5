/** Writes a table of dated columns as one Parquet file (zstd), whole or not at all. */
import { DuckDBInstance } from '@duckdb/node-api';
import { quote } from '../lake/session.js';
import { writeWholeFile } from '../lake/whole-file.js';

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

/** @throws TidewatchError `disk_full`, `write_failed`; `path` then holds what it held before */
export async function writeParquetTable(path: string, table: DatedColumns): Promise<void> {
  const columns = [
    ...table.numbers.map(({ name, values }) => ({ name, values, type: 'DOUBLE' as const })),
  ] as { name: string; values: ArrayLike<number>; type: 'DOUBLE' | 'BOOLEAN' }[];
  for (const { name, values, after } of table.flags) {
    const at = columns.findIndex((column) => column.name === after);
    columns.splice(at < 0 ? columns.length : at + 1, 0, { name, values, type: 'BOOLEAN' });
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(
      `CREATE TABLE rows (date DATE, ${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`,
    );
    const appender = await connection.createAppender('rows');
    for (let row = 0; row < table.day.length; row += 1) {
      appender.appendDate({ days: table.day[row]! } as never);
      for (const { values, type } of columns) {
        const value = values[row]!;
        if (type === 'DOUBLE') {
          if (Number.isNaN(value)) appender.appendNull();
          else appender.appendDouble(value);
        } else if (value === 0 || value === 1) appender.appendBoolean(value === 1);
        else appender.appendNull();
      }
      appender.endRow();
    }
    appender.closeSync();
    await writeWholeFile(path, (temporary) =>
      connection.run(`COPY rows TO ${quote(temporary)} (FORMAT parquet, COMPRESSION zstd)`),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
