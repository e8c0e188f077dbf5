/**
 * Which rows of which level of detail the chart holds: a library's update is linear in what it holds, so never more than
 * 6,000 rows, about three screens around what is seen. No DOM.
 */
import type { TimedRows } from './range-choice.js';

export interface HeldWindow {
  /** Index of the level. */
  readonly level: number;
  /** Rows [from, to) of the level. */
  readonly from: number;
  readonly to: number;
}

/** Times (UTC s, fractions of rows included) at the edges of the screen. */
export interface SeenTimes {
  readonly from: number;
  readonly to: number;
}

interface BucketRows extends TimedRows {
  /** ms */
  readonly bucket: number;
}

const HELD_ROWS = 6000;
/** Rows this narrow are told apart. */
const SHARP_PIXELS = 0.7;
/** A level stays until it is twice too fine, or the finer one has a fifth of the screen to spare. */
const TOO_FINE = 2;
const TO_SPARE = 1.25;

/** Time at a fractional row; rows before the first and after the last are as long as the bucket. */
export function timeAtRow({ time, rows, bucket }: BucketRows, row: number): number {
  const step = bucket / 1000;
  if (row <= 0) return time[0]! + row * step;
  if (row >= rows - 1) return time[rows - 1]! + (row - (rows - 1)) * step;
  const before = Math.floor(row);
  return time[before]! + (row - before) * (time[before + 1]! - time[before]!);
}

/** The reverse. */
export function rowAtTime(level: BucketRows, seconds: number): number {
  const { time, rows, bucket } = level;
  const step = bucket / 1000;
  if (seconds <= time[0]!) return (seconds - time[0]!) / step;
  if (seconds >= time[rows - 1]!) return rows - 1 + (seconds - time[rows - 1]!) / step;
  let low = 0;
  let high = rows - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (time[middle]! <= seconds) low = middle;
    else high = middle;
  }
  return low + (seconds - time[low]!) / (time[high]! - time[low]!);
}

/** Rows that the screen shows of a level; room before and after history is none. */
function rowsSeen(level: BucketRows, seen: SeenTimes): number {
  const inside = (row: number): number => Math.max(0, Math.min(level.rows, row));
  return inside(rowAtTime(level, seen.to)) - inside(rowAtTime(level, seen.from));
}

/**
 * The window for what is seen; the one that is held, when it still serves.
 * @param width of the screen, px
 */
export function windowFor(
  levels: readonly BucketRows[],
  seen: SeenTimes,
  width: number,
  held: HeldWindow | null,
): HeldWindow {
  const most = width / SHARP_PIXELS;
  const finest = levels.findIndex((level) => rowsSeen(level, seen) <= most);
  const ideal = finest < 0 ? levels.length - 1 : finest;
  let level = ideal;
  if (held !== null) {
    const isFineEnough = ideal >= held.level || rowsSeen(levels[ideal]!, seen) > most / TO_SPARE;
    const isCoarseEnough = ideal <= held.level || rowsSeen(levels[held.level]!, seen) <= most * TOO_FINE;
    if (isFineEnough && isCoarseEnough) level = held.level;
  }
  const rows = levels[level]!;
  const first = rowAtTime(rows, seen.from);
  const last = rowAtTime(rows, seen.to);
  if (held !== null && level === held.level) {
    const screen = last - first;
    const reachesBack = held.from === 0 || first - held.from > screen / 2;
    const reachesOn = held.to === rows.rows || held.to - last > screen / 2;
    if (reachesBack && reachesOn) return held;
  }
  const from = Math.max(0, Math.min(rows.rows - HELD_ROWS, Math.round((first + last - HELD_ROWS) / 2)));
  return { level, from, to: Math.min(rows.rows, from + HELD_ROWS) };
}
