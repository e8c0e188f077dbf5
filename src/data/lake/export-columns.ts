/**
 * Columns that a program holds, into one file that other tools read: the formats and the manner of export.ts, for
 * rows that are not stored as they are shown (regimes with their labels and prices).
 */
import { resolve } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { duckdb } from '../../platform/duckdb.js';
import { isoTextSql } from './csv-time.js';
import { type ExportReport, formatOf, formSql } from './export.js';
import { quote, type Session } from './session.js';
import { writeWholeFile } from './whole-file.js';

const { BOOLEAN, DOUBLE, DuckDBDataChunk, VARCHAR } = duckdb;

const TABLE = 'outgoing';
const CHUNK_ROWS = 2048;

/** Whole numbers beyond 32 bits arrive as doubles and are cast: exact below 2⁵³. */
const TYPES = {
  number: { arrives: DOUBLE, stored: 'DOUBLE' },
  integer: { arrives: DOUBLE, stored: 'BIGINT' },
  /** Epoch ms; ISO-8601 with `Z` in CSV. */
  time: { arrives: DOUBLE, stored: 'BIGINT' },
  text: { arrives: VARCHAR, stored: 'VARCHAR' },
  boolean: { arrives: BOOLEAN, stored: 'BOOLEAN' },
} as const;

export interface OutgoingColumn {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  /** Value of a row. */
  value(row: number): DuckDBValue;
}

/**
 * @param rows how many
 * @throws TidewatchError `bad_parameter` for an ending that names no format, `disk_full`, `write_failed`
 */
export async function exportColumns(
  session: Session,
  out: string,
  columns: readonly OutgoingColumn[],
  rows: number,
): Promise<ExportReport> {
  const { format, isPacked } = formatOf({ out });
  await session.use(async (connection) => {
    const fields = columns.map(({ name, type }) => `${quoteName(name)} ${TYPES[type].arrives}`);
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${TABLE} (${fields.join(', ')})`);
    try {
      const appender = await connection.createAppender(TABLE, null, 'temp');
      const types = columns.map(({ type }) => TYPES[type].arrives);
      for (let start = 0; start < rows; start += CHUNK_ROWS) {
        const length = Math.min(CHUNK_ROWS, rows - start);
        const chunk = DuckDBDataChunk.create(types, length);
        chunk.setColumns(columns.map(({ value }) => Array.from({ length }, (_, at) => value(start + at))));
        appender.appendDataChunk(chunk);
        chunk.reset();
      }
      appender.closeSync();
      const picked = columns.map(({ name, type }) => {
        const value = `${quoteName(name)}::${TYPES[type].stored}`;
        return `${type === 'time' && format === 'csv' ? isoTextSql(value) : value} AS ${quoteName(name)}`;
      });
      await writeWholeFile(resolve(out), (path) =>
        connection.run(
          `COPY (SELECT ${picked.join(', ')} FROM ${TABLE}) TO ${quote(path)} (${formSql(format, isPacked)})`,
        ),
      );
    } finally {
      await connection.run(`DROP TABLE IF EXISTS temp.${TABLE}`);
    }
  });
  return { file: resolve(out), format, rows, columns: columns.map(({ name }) => name) };
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
