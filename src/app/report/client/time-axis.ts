/** Positions on the chart's axis: one per row, and in a market that never closes one per missing bucket. No DOM. */
import type { DecodedLevel } from './decode-columns.js';

export interface TimeAxis {
  /** UTC seconds of every position. */
  times: number[];
  /** Row at a position, −1 in a gap. */
  rowAt: Int32Array;
  /** Position of a row. */
  positionOf: Int32Array;
}

/** Missing positions beyond this many are not spread out. */
const MOST_GAP_POSITIONS = 10_000;

export function timeAxis(level: DecodedLevel, continuous: boolean): TimeAxis {
  const step = level.bucket / 1000;
  const times: number[] = [];
  const rows: number[] = [];
  const positionOf = new Int32Array(level.rows);
  let gaps = 0;
  for (let row = 0; row < level.rows; row += 1) {
    const time = level.time[row]!;
    if (continuous && row > 0) {
      for (
        let missing = level.time[row - 1]! + step;
        missing < time && gaps < MOST_GAP_POSITIONS;
        missing += step
      ) {
        if (time - missing < step) break;
        times.push(missing);
        rows.push(-1);
        gaps += 1;
      }
    }
    positionOf[row] = times.length;
    times.push(time);
    rows.push(row);
  }
  return { times, rowAt: Int32Array.from(rows), positionOf };
}
