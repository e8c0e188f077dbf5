/** Stretches of one uptrend state, for charts and strips. */
import type { z } from 'zod';
import type { UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import { lowerBound } from '../../market/series.js';
import { runsOf } from './regime-levels.js';
import { MOST_POINTS } from './series-schemas.js';
import type { uptrendSeriesAnswer } from './uptrend-schemas.js';

type Runs = z.infer<typeof uptrendSeriesAnswer>['uptrend']['runs'];

/** The run of one state that ends with a bar of the track: its first bar and how many. */
export function stateRun({ track }: UptrendDigest, bar: number): { since: number; bars: number } {
  let first = bar;
  while (first > 0 && track.state[first - 1] === track.state[bar]) first -= 1;
  return { since: track.time[first] ?? Number.NaN, bars: bar - first + 1 };
}

/**
 * Exact runs that touch [from, to); those of the finest rows that fit when there are too many.
 * @param barLength ms
 */
export function runsWithin(digest: UptrendDigest, barLength: number, from: number, to: number): Runs {
  const { length } = digest.track;
  const track = {
    time: digest.track.time.subarray(0, length),
    state: digest.track.state.subarray(0, length),
  };
  const exact = runsOf(track, lowerBound(track.time, from), lowerBound(track.time, to), MOST_POINTS);
  if (exact) return { exact: true, ...ended(exact, barLength), bars: exact.bars };
  for (const level of digest.levels) {
    const time = level.time.subarray(0, level.length);
    const first = lowerBound(time, from - level.bucket + 1);
    const end = lowerBound(time, to);
    if (end - first > MOST_POINTS && level !== digest.levels.at(-1)) continue;
    const state = Uint8Array.from({ length: end - first }, (_, row) => level.majority(first + row).state);
    const rows = runsOf({ time: time.subarray(first, end), state }, 0, end - first, end - first)!;
    const bars = rows.first.map((open, run) => {
      const last = lowerBound(track.time, rows.last[run]! + level.bucket);
      return last - lowerBound(track.time, open);
    });
    return { exact: false, ...ended(rows, level.bucket), bars };
  }
  return { exact: true, state: [], from: [], to: [], bars: [] };
}

function ended(
  { state, first, last }: { readonly state: number[]; readonly first: number[]; readonly last: number[] },
  length: number,
): Pick<Runs, 'state' | 'from' | 'to'> {
  return { state, from: first, to: last.map((open) => open + length) };
}
