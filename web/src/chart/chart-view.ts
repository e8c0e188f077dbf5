/** What the chart shows, prepared once per window: positions with gaps, runs for the strip, columns for the stack. */
import type { DecodedLevel } from '../../../src/app/report/client/decode-columns.js';
import { findRuns, type StateRun } from '../../../src/app/report/client/state-runs.js';
import { type TimeAxis, timeAxis } from '../../../src/app/report/client/time-axis.js';
import type { RegimeColor } from '../../../src/app/report/regime-report-input.js';
import { NO_STATE } from './level-of-answer.js';
import type { SwitchMark } from './switch-markers.js';

export interface ChartContent {
  readonly level: DecodedLevel;
  /** ms of one bar of the series. */
  readonly barLength: number;
  /** The market never closes: missing rows are drawn as gaps. */
  readonly continuous: boolean;
  readonly labels: readonly string[];
  readonly names: readonly RegimeColor[];
  /** UTC ms where the model stops having been fitted; null for none. */
  readonly trainEnd: number | null;
  /** UTC ms of refits, ascending. */
  readonly refits: readonly number[];
  /** UTC ms of the first bar of each run of one state, with the state; null draws none. */
  readonly switches: { readonly time: readonly number[]; readonly state: readonly number[] } | null;
}

export interface ChartView {
  readonly content: ChartContent;
  readonly axis: TimeAxis;
  readonly runs: StateRun[];
  /** Probability columns by position, NaN in gaps. */
  readonly columns: Float64Array[];
  readonly boundary: number | null;
  readonly refits: readonly number[];
  readonly marks: readonly SwitchMark[];
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

export function makeView(content: ChartContent): ChartView {
  const { level, continuous, trainEnd, refits, switches } = content;
  const axis = timeAxis(level, continuous);
  const columns = level.probabilities.map((column) =>
    Float64Array.from(axis.rowAt, (row) =>
      row < 0 || level.state[row] === NO_STATE ? Number.NaN : column[row]!,
    ),
  );
  const positionAt = (time: number): number | null => {
    const row = firstAtOrAfter(level.time, time / 1000);
    return row > 0 && row < level.rows ? axis.positionOf[row]! : null;
  };
  return {
    content,
    axis,
    runs: findRuns(level.state, axis.positionOf),
    columns,
    boundary: trainEnd === null ? null : positionAt(trainEnd),
    refits: refits.map(positionAt).filter((position) => position !== null),
    marks: switches === null ? [] : marksOf(level, axis, switches),
  };
}

/** A switch stands on the row that holds its first bar. */
function marksOf(
  level: DecodedLevel,
  axis: TimeAxis,
  switches: NonNullable<ChartContent['switches']>,
): SwitchMark[] {
  const marks: SwitchMark[] = [];
  const step = level.bucket / 1000;
  // the first run begins where the data begin: nothing switched there
  for (let index = 1; index < switches.time.length; index += 1) {
    const seconds = switches.time[index]! / 1000;
    const row = firstAtOrAfter(level.time, seconds - step + 1);
    if (row >= level.rows || level.time[row]! > seconds) continue;
    marks.push({
      position: axis.positionOf[row]!,
      state: switches.state[index]!,
      high: level.high[row]!,
      low: level.low[row]!,
    });
  }
  return marks;
}

/** UTC ms at a place on the axis; the left edge of position p is p − 0.5. */
export function timeAtPlace({ axis, content }: ChartView, place: number): number {
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
export function placeOfTime({ axis, content }: ChartView, time: number): number {
  const { times } = axis;
  const step = content.level.bucket;
  const next = firstAtOrAfter(times, time / 1000 + 1e-9);
  const position = next - 1;
  if (position < 0) return (time - times[0]! * 1000) / step - 0.5;
  const into = (time - times[position]! * 1000) / step;
  return position + (position === times.length - 1 ? into : Math.min(1, into)) - 0.5;
}
