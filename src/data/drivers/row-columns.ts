/**
 * Rows that the caller has made itself as columns: a schema need not look at each value of four hundred of them. In the
 * order in which the lake keeps them, and numbers as doubles, so that it need neither sort nor box them.
 */
import type { ColumnBatch } from '../lake/batch.js';
import type { RowOf } from '../lake/dataset-rows.js';

/** @param rows all with the same columns */
export function columnsOf<Row extends RowOf<'bars'> | RowOf<'price_points'>>(
  rows: readonly Row[],
): ColumnBatch {
  const sorted = [...rows].sort((a, b) =>
    a.instrument_id === b.instrument_id ? a.ts - b.ts : a.instrument_id < b.instrument_id ? -1 : 1,
  );
  const names = Object.keys(rows[0] ?? {}) as (keyof Row & string)[];
  const columns = names.map((name) => {
    const values = sorted.map((row): unknown => row[name] ?? null);
    const isNumeric = values.every((value) => value === null || typeof value === 'number');
    // NaN is how typed arrays say "missing"
    return [name, isNumeric ? Float64Array.from(values, (value) => (value as number) ?? Number.NaN) : values];
  });
  return { length: rows.length, columns: Object.fromEntries(columns) as Record<string, ArrayLike<unknown>> };
}
