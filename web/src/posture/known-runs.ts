/** Stretches of driver states on an axis of moments: each from the moment at which it was known. Pure. */
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import type { StripRun } from '../ui/state-strip.js';
import { STATES, type State } from '../uptrend/uptrend-content.js';

interface ToldRun {
  /** Open of the first bar in the state, UTC ms. */
  readonly from: number;
  readonly state: string;
}

/** Inside [from, to), UTC ms; each lasts until the next is known. */
export function knownRuns(
  runs: readonly ToldRun[],
  timeframe: Timeframe,
  from: number,
  to: number,
): readonly StripRun[] {
  const length = TIMEFRAME_MS[timeframe];
  return runs
    .map((run, at) => ({
      from: Math.max(from, run.from + length),
      to: Math.min(to, (runs[at + 1]?.from ?? to) + length),
      state: STATES.indexOf(run.state as State),
    }))
    .filter((run) => run.to > run.from && run.state >= 0);
}

/** The same as rows of the moments, both ends in it. */
export function knownRows(
  runs: readonly StripRun[],
  moments: readonly number[],
): readonly { readonly from: number; readonly to: number; readonly state: number }[] {
  const rows = [];
  let row = 0;
  for (const run of runs) {
    while (row < moments.length && moments[row]! < run.from) row += 1;
    const from = row;
    while (row < moments.length && moments[row]! < run.to) row += 1;
    if (row > from) rows.push({ from, to: row - 1, state: run.state });
  }
  // the newest moment ends the last stretch and is in it
  const last = rows.at(-1);
  if (last !== undefined && last.to === moments.length - 2) last.to += 1;
  return rows;
}
