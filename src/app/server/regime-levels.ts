/**
 * Regimes of bars summed into the buckets of a chart: how many bars of a bucket are in each state, the sum of their
 * probabilities, and the exact runs of one state, which a bucket may hide. Pure functions.
 */
import { openOfBucket } from '../../market/bucket.js';
import { lowerBound } from '../../market/series.js';
import { bucketStarts } from './series-levels.js';

/** Rows with a regime; bars without one (warm-up, gaps) are left out. */
export interface RegimeLevel {
  readonly states: number;
  readonly length: number;
  /** Open time of each bar or bucket, UTC ms, ascending. */
  readonly time: Float64Array;
  /** Bars in each state, rows × K. */
  readonly counts: Uint32Array;
  /** Sums of probabilities over the bars, rows × K. */
  readonly sums: Float64Array;
}

/** The state of every bar that has one. */
export interface RegimeTrack {
  /** Open times, UTC ms, ascending. */
  readonly time: Float64Array;
  readonly state: Uint8Array;
}

/** Runs of equal states, one entry per run in every column. */
export interface RegimeRuns {
  readonly state: number[];
  /** Open time of the first and of the last bar of each run, UTC ms. */
  readonly first: number[];
  readonly last: number[];
  readonly bars: number[];
}

/** A level in which every row is a bar. */
export function regimeOfBars(
  states: number,
  time: Float64Array,
  regime: Uint8Array,
  probability: Float64Array,
): RegimeLevel {
  const counts = new Uint32Array(time.length * states);
  regime.forEach((state, row) => {
    counts[row * states + state] = 1;
  });
  return { states, length: time.length, time, counts, sums: probability };
}

/** The same bars in longer buckets of `bucket` ms: counts and sums add up. */
export function mergeRegimes(
  { states, length, time, counts, sums }: RegimeLevel,
  bucket: number,
): RegimeLevel {
  const starts = bucketStarts(time, length, bucket);
  const merged = emptyRegimes(states, starts.length);
  for (let row = 0; row < starts.length; row += 1) {
    const first = starts[row]!;
    const end = row + 1 < starts.length ? starts[row + 1]! : length;
    merged.time[row] = openOfBucket(time[first]!, bucket);
    for (let at = first * states; at < end * states; at += states) {
      for (let state = 0; state < states; state += 1) {
        merged.counts[row * states + state]! += counts[at + state]!;
        merged.sums[row * states + state]! += sums[at + state]!;
      }
    }
  }
  return merged;
}

/** Rows with open time in [from, to), as a view. */
export function regimesBetween(level: RegimeLevel, from: number, to: number): RegimeLevel {
  const first = lowerBound(level.time, from);
  const end = lowerBound(level.time, to);
  const { states } = level;
  return {
    states,
    length: end - first,
    time: level.time.subarray(first, end),
    counts: level.counts.subarray(first * states, end * states),
    sums: level.sums.subarray(first * states, end * states),
  };
}

/** Levels that follow each other in time, as one. */
export function joinRegimes(parts: readonly RegimeLevel[]): RegimeLevel {
  const joined = emptyRegimes(parts[0]!.states, sum(parts.map(({ length }) => length)));
  const { states } = joined;
  let row = 0;
  for (const { time, counts, sums, length } of parts) {
    joined.time.set(time, row);
    joined.counts.set(counts, row * states);
    joined.sums.set(sums, row * states);
    row += length;
  }
  return joined;
}

/** The part before `to`, UTC ms; shares the memory. */
export function trackBefore({ time, state }: RegimeTrack, to: number): RegimeTrack {
  const end = lowerBound(time, to);
  return { time: time.subarray(0, end), state: state.subarray(0, end) };
}

/** Tracks that follow each other in time, as one. */
export function joinTracks(parts: readonly RegimeTrack[]): RegimeTrack {
  const length = sum(parts.map(({ time }) => time.length));
  const joined = { time: new Float64Array(length), state: new Uint8Array(length) };
  let row = 0;
  for (const { time, state } of parts) {
    joined.time.set(time, row);
    joined.state.set(state, row);
    row += time.length;
  }
  return joined;
}

/**
 * Stretches of one state that touch rows [from, to), each with its whole extent; undefined when there are more than
 * `most`.
 */
export function runsOf(
  { time, state }: RegimeTrack,
  from: number,
  to: number,
  most: number,
): RegimeRuns | undefined {
  const runs: RegimeRuns = { state: [], first: [], last: [], bars: [] };
  let row = from;
  // an empty stretch touches no run
  while (row > 0 && row < to && state[row - 1] === state[row]) row -= 1;
  while (row < to) {
    const begin = row;
    while (row < time.length && state[row] === state[begin]) row += 1;
    if (runs.state.length === most) return undefined;
    runs.state.push(state[begin]!);
    runs.first.push(time[begin]!);
    runs.last.push(time[row - 1]!);
    runs.bars.push(row - begin);
  }
  return runs;
}

/** State of most bars of a row, −1 where there is none. */
export function majority({ states, counts }: RegimeLevel, row: number): { state: number; share: number } {
  let best = 0;
  let known = 0;
  for (let state = 0; state < states; state += 1) {
    const count = counts[row * states + state]!;
    known += count;
    if (count > counts[row * states + best]!) best = state;
  }
  return known === 0 ? { state: -1, share: 0 } : { state: best, share: counts[row * states + best]! / known };
}

/** Bytes that the level holds in memory. */
export function regimeBytes(level: RegimeLevel): number {
  return level.length * (8 + 12 * level.states);
}

function emptyRegimes(states: number, length: number): RegimeLevel {
  return {
    states,
    length,
    time: new Float64Array(length),
    counts: new Uint32Array(length * states),
    sums: new Float64Array(length * states),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
