/** Rows of a feature table as a model wants them: chosen columns, scaled, row-major, with their gap-free sequences. */
import type { FeatureTable } from '../features/feature-table.js';
import { featureColumn } from '../features/feature-table.js';
import type { Scaler } from '../features/scaler.js';
import type { Observations } from './observations.js';

/** The part of a table that a model reads. */
export type FeatureRows = Pick<FeatureTable, 'names' | 'columns' | 'time' | 'availableAt' | 'lengths'>;

/** Rows per sequence inside [from, to). */
export function sequenceLengths(lengths: readonly number[], from: number, to: number): number[] {
  const clipped: number[] = [];
  let start = 0;
  for (const length of lengths) {
    const rows = Math.min(to, start + length) - Math.max(from, start);
    if (rows > 0) clipped.push(rows);
    start += length;
  }
  return clipped;
}

/** @throws TidewatchError `bad_parameter` when the table lacks a column */
export function namedColumns(table: FeatureRows, names: readonly string[]): Float64Array[] {
  return names.map((name) => featureColumn(table as FeatureTable, name));
}

/**
 * Rows [from, to) of the named columns.
 * @param scaler of the training rows, in the order of `names`; undefined leaves raw units
 * @throws TidewatchError `bad_parameter` when the table lacks a column
 */
export function featureObservations(
  table: FeatureRows,
  names: readonly string[],
  scaler: Scaler | undefined,
  from = 0,
  to: number = table.time.length,
): Observations {
  const rows = to - from;
  const features = names.length;
  const data = new Float64Array(rows * features);
  namedColumns(table, names).forEach((whole, d) => {
    const column = whole.subarray(from, to);
    if (scaler) scaler.transformInto(column, d, data, d, features);
    else for (let row = 0; row < rows; row += 1) data[row * features + d] = column[row]!;
  });
  return { data, rows, features, lengths: sequenceLengths(table.lengths, from, to) };
}
