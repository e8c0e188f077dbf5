/** Least-squares slope per bar of ten values against 0 … 9, about the last one so that a level costs no digits. */

const SQUARES = 82.5;

/** Of the ten values of a column that end at row `last`. */
export function columnSlope(values: Float64Array, last: number): number {
  const end = values[last]!;
  const first = last - 9;
  return (
    (-4.5 * (values[first]! - end) -
      3.5 * (values[first + 1]! - end) -
      2.5 * (values[first + 2]! - end) -
      1.5 * (values[first + 3]! - end) -
      0.5 * (values[first + 4]! - end) +
      0.5 * (values[first + 5]! - end) +
      1.5 * (values[first + 6]! - end) +
      2.5 * (values[first + 7]! - end) +
      3.5 * (values[first + 8]! - end)) /
    SQUARES
  );
}

/** Of the last ten values of a circular column of sixteen, in which row r stands at r mod 16. */
export function ringSlope(values: Float64Array, last: number): number {
  const end = values[last & 15]!;
  return (
    (-4.5 * (values[(last - 9) & 15]! - end) -
      3.5 * (values[(last - 8) & 15]! - end) -
      2.5 * (values[(last - 7) & 15]! - end) -
      1.5 * (values[(last - 6) & 15]! - end) -
      0.5 * (values[(last - 5) & 15]! - end) +
      0.5 * (values[(last - 4) & 15]! - end) +
      1.5 * (values[(last - 3) & 15]! - end) +
      2.5 * (values[(last - 2) & 15]! - end) +
      3.5 * (values[(last - 1) & 15]! - end)) /
    SQUARES
  );
}
