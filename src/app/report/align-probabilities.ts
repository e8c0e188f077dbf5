/** From rows of a feature table, which skip bars without features, to one row for every bar of the report. */

export interface AlignedProbabilities {
  /** Bar of the first row. */
  readonly firstBar: number;
  /** (bars − firstBar) × K row-major, NaN where a bar had no row. */
  readonly probabilities: Float64Array;
}

/**
 * @param bar position in the series of each row, ascending
 * @param rows rows × K row-major
 * @param bars length of the series
 */
export function alignProbabilities(
  bar: ArrayLike<number>,
  rows: Float64Array,
  states: number,
  bars: number,
): AlignedProbabilities {
  const firstBar = bar.length > 0 ? bar[0]! : bars - 1;
  const probabilities = new Float64Array((bars - firstBar) * states).fill(Number.NaN);
  for (let row = 0; row < bar.length; row += 1) {
    probabilities.set(rows.subarray(row * states, (row + 1) * states), (bar[row]! - firstBar) * states);
  }
  return { firstBar, probabilities };
}
