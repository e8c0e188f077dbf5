/**
 * Rolling statistics over rows in which NaN is "no value": a window with a missing value has no result.
 *
 * Each window is computed from its own values, never from running sums, so a result depends on nothing before its
 * window and a window of equal values has deviation exactly 0. Windows here are at most some sixty rows.
 */

/** Calls `visit(row)` for each row whose window is complete; all other results are NaN. */
function overFullWindows(
  values: Float64Array,
  window: number,
  result: (row: number) => number,
): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  let complete = 0;
  for (let row = 0; row < values.length; row += 1) {
    complete = Number.isNaN(values[row]) ? 0 : complete + 1;
    if (complete >= window) out[row] = result(row);
  }
  return out;
}

/** Mean of `count` values that end at `row`. */
function meanAt(values: Float64Array, row: number, count: number): number {
  let sum = 0;
  for (let i = row - count + 1; i <= row; i += 1) sum += values[i]!;
  return sum / count;
}

/** Sample deviation (count − 1) of the values that end at `row`, about the given mean; 0 when all are equal. */
function deviationAt(values: Float64Array, row: number, count: number, mean: number): number {
  const first = values[row - count + 1]!;
  let differs = false;
  let squares = 0;
  for (let i = row - count + 1; i <= row; i += 1) {
    const value = values[i]!;
    differs ||= value !== first;
    squares += (value - mean) * (value - mean);
  }
  return differs ? Math.sqrt(squares / (count - 1)) : 0;
}

/** Mean of the window that ends at the row. */
export function rollingMean(values: Float64Array, window: number): Float64Array {
  return overFullWindows(values, window, (row) => meanAt(values, row, window));
}

/** Sample standard deviation. */
export function rollingDeviation(values: Float64Array, window: number): Float64Array {
  return overFullWindows(values, window, (row) =>
    deviationAt(values, row, window, meanAt(values, row, window)),
  );
}

/** (x − mean) / sample deviation of the window that ends at the row; NaN when all its values are equal. */
export function rollingZ(values: Float64Array, window: number): Float64Array {
  return overFullWindows(values, window, (row) => {
    const mean = meanAt(values, row, window);
    const deviation = deviationAt(values, row, window, mean);
    return deviation === 0 ? Number.NaN : (values[row]! - mean) / deviation;
  });
}

/** The mean of the two middle values for an even window. */
export function rollingMedian(values: Float64Array, window: number): Float64Array {
  const scratch = new Float64Array(window);
  return overFullWindows(values, window, (row) => {
    scratch.set(values.subarray(row - window + 1, row + 1));
    return medianOfSorted(scratch.sort(), window);
  });
}

/** x(row) − x(row − lag). */
export function difference(values: Float64Array, lag: number): Float64Array {
  return values.map((value, row) => (row < lag ? Number.NaN : value - values[row - lag]!));
}

/** Median of the first `count` values, which are sorted; NaN for none. */
export function medianOfSorted(sorted: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  const middle = count >> 1;
  return count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
