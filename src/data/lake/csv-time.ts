/**
 * Times in CSV: ISO-8601 with `Z`, for people and spreadsheets (operational schema §1). Everywhere else (lake, Parquet,
 * JSON) a time is epoch milliseconds. The text is that of `Date.toISOString`, so that SQL and programs write the same.
 */
import { timeColumns } from './datasets.js';

const TIMES: ReadonlySet<string> = timeColumns();

/** True for a column name that holds epoch milliseconds in some dataset. */
export const isTimeColumn = (name: string): boolean => TIMES.has(name);

/** SQL: epoch milliseconds as text; NULL stays NULL. */
export function isoTextSql(milliseconds: string): string {
  return `strftime(make_timestamp_ms(${milliseconds}), '%Y-%m-%dT%H:%M:%S.%gZ')`;
}
