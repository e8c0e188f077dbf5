/** Rows that the caller has made itself as columns: a schema need not look at each value of four hundred of them. */
import type { Batch } from '../lake/batch.js';
import type { RowOf } from '../lake/dataset-rows.js';
import type { DatasetName } from '../lake/datasets.js';

/** @param rows all with the same columns */
export function columnsOf<D extends DatasetName>(rows: readonly RowOf<D>[]): Batch<D> {
  const names = Object.keys(rows[0] ?? {}) as (keyof RowOf<D> & string)[];
  return {
    length: rows.length,
    columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)])),
  };
}
