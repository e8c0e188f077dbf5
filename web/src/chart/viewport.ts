/**
 * Which stretch of a series the chart should hold for what is on screen. A chart's update is linear in the rows it
 * holds, so it holds about 5,000: the screen and a screen on both sides, at the finest length of row that fits.
 * Pure; times are UTC ms, ranges half-open.
 */

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Rows asked for at most. */
export const HELD_ROWS = 5_000;

/** Screens held: the visible one and one on both sides. */
const SCREENS = 3;
const FEWEST_ROWS = 10;
/** More room is needed for a finer level than to stay on it, or zooming back and forth would flicker. */
const HYSTERESIS = 1.5;
/** Share of a screen that must be held beside the visible one. */
const LEAST_MARGIN = 0.35;

/** The visible span with a screen on both sides, moved inside the data. */
export function windowFor(visible: TimeSpan, data: TimeSpan): TimeSpan {
  const width = visible.to - visible.from;
  const size = SCREENS * width;
  if (size >= data.to - data.from) return data;
  const from = Math.min(Math.max(visible.from - width, data.from), data.to - size);
  return { from, to: from + size };
}

/** Finest length of row at which the window of this screen has at most HELD_ROWS rows. */
export function finestLevel(visible: TimeSpan, levels: readonly number[], rows = HELD_ROWS): number {
  const size = SCREENS * (visible.to - visible.from);
  return levels.find((length) => size / length <= rows) ?? levels.at(-1)!;
}

/** Rows that may be asked for: a window cut short by the data has less than all its screens, and no screen gets more. */
export function rowsFor(visible: TimeSpan, window: TimeSpan): number {
  const screens = (window.to - window.from) / (visible.to - visible.from || 1);
  return Math.max(FEWEST_ROWS, Math.min(HELD_ROWS, Math.ceil((HELD_ROWS / SCREENS) * screens)));
}

/** What is held: its span, the length of its rows. */
export interface Held extends TimeSpan {
  readonly bucket: number;
}

/** True when another window should be fetched. */
export function needsWindow(
  visible: TimeSpan,
  held: Held,
  data: TimeSpan,
  levels: readonly number[],
): boolean {
  const margin = LEAST_MARGIN * (visible.to - visible.from);
  const leftShort = held.from > data.from && visible.from - margin < held.from;
  const rightShort = held.to < data.to && visible.to + margin > held.to;
  if (leftShort || rightShort) return true;
  const finer = finestLevel(visible, levels, HELD_ROWS / HYSTERESIS);
  const coarser = finestLevel(visible, levels, HELD_ROWS * HYSTERESIS);
  return held.bucket > finer || held.bucket < coarser;
}
