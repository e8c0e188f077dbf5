/**
 * The rows of one fact table, gathered by asset: the engine reads each file once and hands over whole columns, so that
 * the cost does not grow with the number of rows that pass between it and this process.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { quote, rowsOf } from '../lake/session.js';

/** Rows of one asset in the order of the file; NaN is a day or a value that is missing or none. */
export interface AssetRows {
  /** Null for rows that name no asset. */
  readonly asset: string | null;
  /** Days since 1970-01-01. */
  readonly day: Float64Array;
  readonly value: Float64Array;
}

export interface TableFile {
  /** Name without ending. */
  readonly file: string;
  readonly path: string;
  /** Column of the values. */
  readonly column: string;
}

export interface RowRange {
  /** First and last day to read, inclusive; rows without a day come along, to be counted. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Gives the rows in another order. */
  readonly shuffleSeed?: number | undefined;
}

/** asset_id, day, value whatever types the file has. */
function relation({ path, column }: TableFile, more = ''): string {
  return `SELECT asset_id::VARCHAR AS asset_id,
    coalesce((TRY_CAST(date AS DATE) - DATE '1970-01-01')::DOUBLE, 'NaN'::DOUBLE) AS day,
    coalesce(TRY_CAST(${column} AS DOUBLE), 'NaN'::DOUBLE) AS value${more} FROM read_parquet(${quote(path)})`;
}

const paired = (order = ''): string => `list({d: day, v: value}${order})`;

/** @throws TidewatchError `unreadable_file`, `missing_column` */
export async function readTableRows(
  connection: DuckDBConnection,
  table: TableFile,
  { first, last, shuffleSeed }: RowRange,
): Promise<AssetRows[]> {
  const bounds = [
    ...(first === undefined ? [] : [`day >= ${first}`]),
    ...(last === undefined ? [] : [`day <= ${last}`]),
  ];
  const within = bounds.length === 0 ? '' : `WHERE isnan(day) OR (${bounds.join(' AND ')})`;
  const order =
    shuffleSeed === undefined
      ? ''
      : ` ORDER BY hash(asset_id || ' ' || day::VARCHAR || ' ${Math.trunc(shuffleSeed)}')`;
  try {
    return await groups(
      connection,
      `SELECT asset_id, ${paired(order)} FROM (${relation(table)}) ${within} GROUP BY asset_id`,
    );
  } catch (cause) {
    throw await reasonOf(connection, table, cause);
  }
}

/**
 * One value for each asset and day of a table that has several exchanges: their mean, added up in the order of their
 * names; undefined when one exchange gives two values for a day.
 * @param usable which rows count, over `day` and `value`
 */
export async function meanOfExchanges(
  connection: DuckDBConnection,
  table: TableFile,
  usable: string,
): Promise<AssetRows[] | undefined> {
  const columns = await columnsOf(connection, table);
  const exchange = columns.includes('exchange') ? "coalesce(exchange::VARCHAR, '')" : "''";
  const rows = `(${relation(table, `, ${exchange} AS exchange`)}) WHERE ${usable}`;
  const conflict = await rowsOf(
    connection,
    `SELECT 1 FROM ${rows} GROUP BY asset_id, day, exchange HAVING count(DISTINCT value) > 1 LIMIT 1`,
  );
  if (conflict.length > 0) return undefined;
  return groups(
    connection,
    `SELECT asset_id, ${paired()} FROM (SELECT asset_id, day,
       list_avg(list_transform(list_sort(list_distinct(list({e: exchange, v: value}))), r -> r.v))::DOUBLE AS value
     FROM ${rows} GROUP BY asset_id, day) GROUP BY asset_id`,
  );
}

/** First and last day with a price, or nothing when there is none. */
export async function extentOf(
  connection: DuckDBConnection,
  table: TableFile,
): Promise<{ first: number; last: number } | undefined> {
  const [found] = await rowsOf(
    connection,
    `SELECT min(day) AS first, max(day) AS last FROM (${relation(table)})
     WHERE isfinite(day) AND isfinite(value) AND value > 0`,
  );
  const { first, last } = found as { first: number | null; last: number | null };
  return first === null || last === null ? undefined : { first, last };
}

/** What the binding keeps of a list column: where each row's entries stand, and the entries of all rows in a row. */
interface ListOfPairs {
  /** Position and length, alternating. */
  readonly entryData: BigUint64Array;
  readonly childData: { readonly entryVectors: readonly { readonly items: Float64Array }[] };
}

/** @param sql a text column and a list of structs of two doubles */
async function groups(connection: DuckDBConnection, sql: string): Promise<AssetRows[]> {
  const result = await connection.stream(sql);
  const found: AssetRows[] = [];
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return found;
    const names = chunk.getColumnVector(0);
    const { entryData, childData } = chunk.getColumnVector(1) as unknown as ListOfPairs;
    const [day, value] = childData.entryVectors.map(({ items }) => items) as [Float64Array, Float64Array];
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const from = Number(entryData[2 * row]);
      const to = from + Number(entryData[2 * row + 1]);
      const asset = names.getItem(row);
      found.push({
        asset: typeof asset === 'string' ? asset : null,
        day: day.subarray(from, to),
        value: value.subarray(from, to),
      });
    }
  }
}

/** @throws TidewatchError `unreadable_file` */
async function columnsOf(connection: DuckDBConnection, { path }: TableFile): Promise<string[]> {
  try {
    const rows = await rowsOf(connection, `DESCRIBE SELECT * FROM read_parquet(${quote(path)})`);
    return rows.map((row) => String(row.column_name));
  } catch (cause) {
    throw new TidewatchError('unreadable_file', `${path} is not a Parquet file that can be read`, {
      hint: 'write the table anew',
      details: { file: path },
      cause,
    });
  }
}

/** Why a table could not be read, in the words of its file. */
async function reasonOf(
  connection: DuckDBConnection,
  table: TableFile,
  cause: unknown,
): Promise<TidewatchError> {
  const { file, path, column } = table;
  let columns: string[];
  try {
    columns = await columnsOf(connection, table);
  } catch (unreadable) {
    return unreadable as TidewatchError;
  }
  const missing = ['asset_id', 'date', column].filter((name) => !columns.includes(name));
  return missing.length > 0
    ? new TidewatchError('missing_column', `${file}.parquet lacks the column ${missing.join(', ')}`, {
        hint: `it needs asset_id, date and ${column}`,
        details: { file: path, columns: missing },
      })
    : new TidewatchError('unreadable_file', `${path} cannot be read`, {
        hint: `asset_id is text, date a date, ${column} a number; write the table anew`,
        details: { file: path },
        cause,
      });
}
