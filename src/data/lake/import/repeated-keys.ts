/**
 * Several rows of one import under one key: parts of the same candle, merged by the rule of the trade pages, or
 * repetitions, of which the first stays.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { mergePartialCandles } from '../../../market/merge-partial-candles.js';
import { quote, rowsOf } from '../session.js';
import type { ImportTarget } from './target.js';

const FIVE = ['open', 'high', 'low', 'close', 'volume'] as const;
/** Keys worked on at a time; bounds the memory whatever the file holds. */
const KEYS_AT_ONCE = 20_000;
const VALUES_AT_ONCE = 1_000;

/** Keeps the first row of every key. */
export function firstOfEachSql(rows: string): string {
  return `SELECT * FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY subject, ts ORDER BY file, row) = 1`;
}

/**
 * Merges rows under one key, files and rows in their order, and leaves the others as they are. Columns beside the five
 * numbers of a candle stay only where nothing had to be merged.
 *
 * @param prefix of the tables it creates: `{prefix}_keys`, `{prefix}_merged`
 * @returns SELECT of the rows to store
 */
export async function mergePartialsSql(
  connection: DuckDBConnection,
  target: ImportTarget,
  rows: string,
  prefix: string,
): Promise<string> {
  const columns = target.columns.map(({ name }) => name);
  const keys = `${prefix}_keys`;
  const merged = `${prefix}_merged`;
  await connection.run(
    `CREATE TABLE ${keys} AS SELECT subject, ts, row_number() OVER (ORDER BY subject, ts) AS number
     FROM (${rows}) GROUP BY subject, ts HAVING count(*) > 1`,
  );
  await connection.run(
    `CREATE TABLE ${merged} AS SELECT subject, ts, ${columns.join(', ')} FROM (${rows}) LIMIT 0`,
  );
  const [count] = await rowsOf(connection, `SELECT count(*) AS n FROM ${keys}`);
  for (let first = 1; first <= Number(count!.n); first += KEYS_AT_ONCE) {
    const parts = await rowsOf(
      connection,
      `SELECT k.number AS number, r.subject AS subject, r.ts AS ts, ${FIVE.join(', ')} FROM (${rows}) r JOIN ${keys} k
       ON r.subject = k.subject AND r.ts = k.ts WHERE k.number BETWEEN ${first} AND ${first + KEYS_AT_ONCE - 1}
       ORDER BY k.number, r.file, r.row`,
    );
    await insertMerged(connection, merged, parts);
  }
  const list = columns.join(', ');
  return `SELECT subject, ts, ${list} FROM (${rows}) r ANTI JOIN ${keys} k ON r.subject = k.subject AND r.ts = k.ts
    UNION ALL SELECT subject, ts, ${list} FROM ${merged}`;
}

async function insertMerged(
  connection: DuckDBConnection,
  table: string,
  parts: readonly Record<string, unknown>[],
): Promise<void> {
  // Number the keys as if they were times: two subjects may share a time.
  const column = (name: string): Float64Array => Float64Array.from(parts, (part) => Number(part[name]));
  const candles = mergePartialCandles({
    time: column('number'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  });
  const keyOf = new Map(parts.map((part) => [Number(part.number), part]));
  const values = Array.from(candles.time, (number, at) => {
    const key = keyOf.get(number)!;
    const numbers = FIVE.map((name) => candles[name][at]);
    return `(${quote(String(key.subject))}, ${key.ts}, ${numbers.join(', ')})`;
  });
  for (let at = 0; at < values.length; at += VALUES_AT_ONCE) {
    await connection.run(
      `INSERT INTO ${table} (subject, ts, ${FIVE.join(', ')}) VALUES ${values.slice(at, at + VALUES_AT_ONCE).join(', ')}`,
    );
  }
}
