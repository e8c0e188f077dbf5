/**
 * A series on its own days: rolling windows count its rows, then its values go to the days of the panel.
 */

/** Values by day of the panel (index into `panel.days`), NaN where there is none. */
export type DayColumns<Name extends string> = Readonly<Record<Name, Float64Array>>;

/** Rows of a series: index into the panel's days, ascending, and a value that may be NaN. */
export interface DaySeries {
  readonly at: Int32Array;
  readonly values: Float64Array;
}

/** Indices below `count` that a test wants, ascending. */
export function indicesWhere(count: number, test: (index: number) => boolean): Int32Array {
  const found = new Int32Array(count);
  let length = 0;
  for (let index = 0; index < count; index += 1) {
    found[length] = index;
    if (test(index)) length += 1;
  }
  return found.slice(0, length);
}

/** The values at some indices. */
export function gather(column: Float64Array, at: Int32Array): Float64Array {
  const values = new Float64Array(at.length);
  for (let row = 0; row < at.length; row += 1) values[row] = column[at[row]!]!;
  return values;
}

/** The days of a by-day column that `has` names, as a series. */
export function seriesOf(column: Float64Array, has: (t: number) => boolean): DaySeries {
  const at = indicesWhere(column.length, has);
  return { at, values: gather(column, at) };
}

/** Values of a series by day of the panel; rows at −1 (a day that the panel lacks) are left out. */
export function spread(at: Int32Array, values: Float64Array, days: number): Float64Array {
  const out = new Float64Array(days).fill(Number.NaN);
  for (let row = 0; row < at.length; row += 1) if (at[row]! >= 0) out[at[row]!] = values[row]!;
  return out;
}
