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
const HELD_ROWS = 5_000;

/** Screens held: the visible one and one on both sides. */
const SCREENS = 3;
const FEWEST_ROWS = 10;
/** px between two bars at least; the chart is told the same. */
export const LEAST_BAR_SPACING = 0.4;
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

/** Rows that find room side by side on a screen of this width, px. */
export function capacityOf(width: number): number {
  return Math.max(FEWEST_ROWS, Math.floor(width / LEAST_BAR_SPACING));
}

/** Rows that may be asked for: no screen of the window gets more than find room. */
export function rowsFor(visible: TimeSpan, window: TimeSpan, capacity: number): number {
  const screens = (window.to - window.from) / (visible.to - visible.from || 1);
  return Math.max(FEWEST_ROWS, Math.min(HELD_ROWS, Math.floor(capacity * screens)));
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
  capacity: number,
): boolean {
  const most = Math.min(HELD_ROWS, SCREENS * capacity);
  const margin = LEAST_MARGIN * (visible.to - visible.from);
  const leftShort = held.from > data.from && visible.from - margin < held.from;
  const rightShort = held.to < data.to && visible.to + margin > held.to;
  if (leftShort || rightShort) return true;
  const finer = finestLevel(visible, levels, most / HYSTERESIS);
  const coarser = finestLevel(visible, levels, most * HYSTERESIS);
  return held.bucket > finer || held.bucket < coarser;
}
