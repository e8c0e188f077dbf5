/**
 * The ladder of buckets behind the report's chart: the finest level holds the newest bars one by one, coarser levels
 * reach further back. A chart library's update is linear in the bars it holds, so no level holds more than 5,000.
 *
 * Buckets are aligned to UTC (weeks begin on Monday): open first, high max, low min, close last, regime = the state
 * of most of its bars with that share, probabilities = mean. No bucket crosses the train end, and in a market that
 * never closes none crosses a gap; both begin a new row at the first bar after them.
 */
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { openOfBucket } from './bucket-open.js';

/** State of a bar without probabilities. */
export const NO_STATE = 255;

/** Rows of one level at most. */
export const LEVEL_ROWS = 5_000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const BUCKETS = [5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, WEEK];
/** A ladder ends at the level that shows all of history in about this many rows: a phone's width. */
const LAST_LEVEL_ROWS = 400;

/** Bars merged into buckets of one length, one row per bucket. */
export interface DetailLevel {
  /** Length of a bucket in ms; the timeframe's length on the finest level. */
  readonly bucket: number;
  readonly rows: number;
  /** Open time of the first bar in the bucket on split rows, of the bucket otherwise; UTC ms. */
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** State of most bars, NO_STATE where none has one. */
  readonly state: Uint8Array;
  /** Share of the bucket's bars that are in `state`, 0–1. */
  readonly share: Float64Array;
  /** rows × K row-major. */
  readonly probabilities: Float64Array;
}

/** A series with its states, from the first bar that has one. */
export interface LadderInput {
  readonly series: Series;
  /** First bar with probabilities. */
  readonly firstBar: number;
  /** (series.length − firstBar) × K row-major. */
  readonly probabilities: Float64Array;
  readonly stateCount: number;
  readonly trainEnd: number | null;
  /** The market never closes: a missing bar is a gap. */
  readonly continuous: boolean;
}

/** Most probable state of every bar of the series; NO_STATE before the first row and on rows of NaN. */
export function mostProbableStates(input: LadderInput): Uint8Array {
  const { series, firstBar, probabilities, stateCount } = input;
  const states = new Uint8Array(series.length).fill(NO_STATE);
  for (let bar = firstBar; bar < series.length; bar += 1) {
    const row = (bar - firstBar) * stateCount;
    let best = 0;
    for (let state = 1; state < stateCount; state += 1) {
      if (probabilities[row + state]! > probabilities[row + best]!) best = state;
    }
    if (Number.isFinite(probabilities[row]!)) states[bar] = best;
  }
  return states;
}

/** Bucket lengths from the bar's own up to the one that shows everything in a phone's width. */
export function ladder(barLength: number, span: number): number[] {
  const lengths = [barLength];
  for (let last = barLength; span / last > LAST_LEVEL_ROWS; ) {
    const nice = BUCKETS.find((bucket) => bucket >= 4 * last && bucket % barLength === 0);
    last = nice ?? 4 * last;
    lengths.push(last);
  }
  return lengths;
}

/** All levels, finest first, each with its newest LEVEL_ROWS rows. */
export function buildLevels(input: LadderInput): DetailLevel[] {
  const { series } = input;
  const states = mostProbableStates(input);
  const barLength = TIMEFRAME_MS[series.timeframe];
  const span = series.time[series.length - 1]! - series.time[0]! + barLength;
  return ladder(barLength, span).map((bucket) => buildLevel(input, states, bucket, barLength));
}

function buildLevel(input: LadderInput, states: Uint8Array, bucket: number, barLength: number): DetailLevel {
  const { series, firstBar, probabilities, stateCount, trainEnd, continuous } = input;
  const starts = rowStarts(series, bucket, barLength, trainEnd, continuous).slice(-LEVEL_ROWS);
  const rows = starts.length;
  const level = {
    bucket,
    rows,
    time: new Float64Array(rows),
    open: new Float64Array(rows),
    high: new Float64Array(rows),
    low: new Float64Array(rows),
    close: new Float64Array(rows),
    state: new Uint8Array(rows),
    share: new Float64Array(rows),
    probabilities: new Float64Array(rows * stateCount),
  };
  const counts = new Float64Array(stateCount);
  for (let row = 0; row < rows; row += 1) {
    const from = starts[row]!;
    const to = row + 1 < rows ? starts[row + 1]! : series.length;
    const bucketOpen = openOfBucket(series.time[from]!, bucket);
    const isSplit = row > 0 && level.time[row - 1]! >= bucketOpen;
    level.time[row] = isSplit ? series.time[from]! : bucketOpen;
    level.open[row] = series.open[from]!;
    level.close[row] = series.close[to - 1]!;
    level.high[row] = series.high[from]!;
    level.low[row] = series.low[from]!;
    counts.fill(0);
    let known = 0;
    for (let bar = from; bar < to; bar += 1) {
      if (series.high[bar]! > level.high[row]!) level.high[row] = series.high[bar]!;
      if (series.low[bar]! < level.low[row]!) level.low[row] = series.low[bar]!;
      const state = states[bar]!;
      if (state === NO_STATE) continue;
      known += 1;
      counts[state]! += 1;
      for (let index = 0; index < stateCount; index += 1) {
        level.probabilities[row * stateCount + index]! +=
          probabilities[(bar - firstBar) * stateCount + index]!;
      }
    }
    if (known === 0) {
      level.state[row] = NO_STATE;
      continue;
    }
    let best = 0;
    for (let index = 0; index < stateCount; index += 1) {
      if (counts[index]! > counts[best]!) best = index;
      level.probabilities[row * stateCount + index]! /= known;
    }
    level.state[row] = best;
    level.share[row] = counts[best]! / known;
  }
  return level;
}

/** Position of the first bar of every row. */
function rowStarts(
  series: Series,
  bucket: number,
  barLength: number,
  trainEnd: number | null,
  continuous: boolean,
): number[] {
  const starts: number[] = [];
  let open = Number.NEGATIVE_INFINITY;
  for (let bar = 0; bar < series.length; bar += 1) {
    const time = series.time[bar]!;
    const previous = bar > 0 ? series.time[bar - 1]! : Number.NEGATIVE_INFINITY;
    const crossesTrainEnd = trainEnd !== null && previous < trainEnd && time >= trainEnd;
    const crossesGap = continuous && time - previous > barLength;
    if (crossesTrainEnd || crossesGap || openOfBucket(time, bucket) !== open) {
      starts.push(bar);
      open = openOfBucket(time, bucket);
    }
  }
  return starts;
}
