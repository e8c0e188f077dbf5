/** Whether the rows of each subject come in the order of time, each time once. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { rowsOf } from '../session.js';
import type { FileRows } from './import-rows.js';
import { dataRow } from './staged-file.js';

export interface Order {
  /** Rows that do not come after the row before them of their subject. */
  readonly backward: number;
  /** Rows beyond the first of their key. */
  readonly repeated: number;
  /** Rows with a key of their own that stand before an earlier one. */
  readonly reordered: number;
}

/** Every row with the time of the row before it of the same subject. */
function withBefore(files: readonly FileRows[], good: string): string {
  const isOne = files.length === 1 && files[0]!.subject !== undefined;
  const window = isOne ? '' : 'PARTITION BY subject ORDER BY file, row';
  return `SELECT file, row, ts, subject, lag(ts) OVER (${window}) AS before FROM (${good})`;
}

/** How far the good rows of all files together are out of order, and how many repeat a key. */
export async function orderOf(
  connection: DuckDBConnection,
  files: readonly FileRows[],
  good: string,
): Promise<Order> {
  const [row] = await rowsOf(
    connection,
    `SELECT count_if(ts <= before) AS backward, count_if(ts < before) AS earlier FROM (${withBefore(files, good)})`,
  );
  const backward = Number(row!.backward);
  if (backward === 0) return { backward, repeated: 0, reordered: 0 };
  const [keys] = await rowsOf(
    connection,
    `SELECT coalesce(sum(n - 1), 0) AS repeated FROM (SELECT count(*) AS n FROM (${good}) GROUP BY subject, ts)`,
  );
  return { backward, repeated: Number(keys!.repeated), reordered: Number(row!.earlier) };
}

/** @param wrong how a time compares with the one before it where the order is broken */
export async function orderError(
  connection: DuckDBConnection,
  files: readonly FileRows[],
  good: string,
  wrong: '<' | '<=' = '<=',
): Promise<TidewatchError> {
  const [found] = await rowsOf(
    connection,
    `SELECT * FROM (${withBefore(files, good)}) WHERE ts ${wrong} before ORDER BY file, row LIMIT 1`,
  );
  const { staged } = files[Number(found!.file)]!;
  const row = dataRow(staged, Number(found!.row));
  const [time, before] = [found!.ts, found!.before].map((ms) => new Date(Number(ms)).toISOString());
  const isSecondFile = row === 1 && Number(found!.file) > 0;
  const above = isSecondFile ? 'the end of another file of that symbol' : 'the row above it';
  const how = time === before ? `repeats ${time}` : `(${time}) comes before ${above} (${before})`;
  return new TidewatchError(
    'time_not_increasing',
    `${staged.file.name}: ts of row ${row} of ${found!.subject} ${how}`,
    {
      hint: isSecondFile
        ? 'if the files are of different symbols, let their names tell with {symbol} in --symbol; if they overlap, --tolerant keeps the first row of each time'
        : '--tolerant sorts the rows and keeps the first of each time; --merge-partials joins parts of one candle',
      details: {
        file: staged.file.name,
        row,
        column: 'ts',
        ts: Number(found!.ts),
        previous_ts: Number(found!.before),
      },
    },
  );
}
