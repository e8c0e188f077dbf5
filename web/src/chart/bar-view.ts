/** Bars on the axis of a chart: positions with gaps, and which time stands where. */
import type { DecodedLevel } from '../../../src/app/report/client/decode-columns.js';
import { type TimeAxis, timeAxis } from '../../../src/app/report/client/time-axis.js';

/** What every chart holds; a page adds what it draws over the bars. */
export interface BarContent {
  readonly level: DecodedLevel;
  /** ms of one bar of the series. */
  readonly barLength: number;
  /** The market never closes: missing rows are drawn as gaps. */
  readonly continuous: boolean;
  /** The last row is the newest there is. */
  readonly reachesEnd: boolean;
}

export interface BarView<C extends BarContent> {
  readonly content: C;
  readonly axis: TimeAxis;
}

/** Index of the first value ≥ `wanted` in an ascending list. */
export function firstAtOrAfter(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function viewBars<C extends BarContent>(content: C): BarView<C> {
  return { content, axis: timeAxis(content.level, content.continuous) };
}

/** Position of the row that holds a time; null outside the rows. */
export function positionHolding({ axis, content }: BarView<BarContent>, time: number): number | null {
  const { level } = content;
  const row = firstAtOrAfter(level.time, (time - level.bucket + 1) / 1000);
  return row < level.rows && level.time[row]! * 1000 <= time ? axis.positionOf[row]! : null;
}

/** A column of rows by position, NaN in gaps and where `known` says no. */
export function byPosition(
  { rowAt }: TimeAxis,
  column: ArrayLike<number>,
  known: (row: number) => boolean = () => true,
): Float64Array {
  return Float64Array.from(rowAt, (row) =>
    row < 0 || !known(row) ? Number.NaN : (column[row] ?? Number.NaN),
  );
}

/** UTC ms at a place on the axis; the left edge of position p is p − 0.5. */
export function timeAtPlace({ axis, content }: BarView<BarContent>, place: number): number {
  const { times } = axis;
  const step = content.level.bucket;
  const position = Math.floor(place + 0.5);
  const rest = (place + 0.5 - position) * step;
  const last = times.length - 1;
  if (position < 0) return times[0]! * 1000 + (place + 0.5) * step;
  if (position > last) return times[last]! * 1000 + (place + 0.5 - last) * step;
  return times[position]! * 1000 + rest;
}

/** Place on the axis of a UTC time; beyond the rows it goes on at their pace. */
export function placeOfTime({ axis, content }: BarView<BarContent>, time: number): number {
  const { times } = axis;
  const step = content.level.bucket;
  const next = firstAtOrAfter(times, time / 1000 + 1e-9);
  const position = next - 1;
  if (position < 0) return (time - times[0]! * 1000) / step - 0.5;
  const into = (time - times[position]! * 1000) / step;
  return position + (position === times.length - 1 ? into : Math.min(1, into)) - 0.5;
}
