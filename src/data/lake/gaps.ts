/**
 * Which bars are missing, told from the data and the market's calendar: a closed exchange is no gap, and nothing is
 * ever filled. Minutes without a trade are ordinary on quiet venues, so at 1m a hole counts from ten minutes on
 * (HMM spec §3.6); at every other timeframe from one bar on.
 *
 * Known limits are the calendar's: holidays of foreign exchange show up as gaps. What lies before the first or after
 * the last stored bar is not missing here; freshness is `lake status`.
 */
import { calendarOf, expectedBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { Lake } from './lake.js';

export interface Gap {
  /** Open time of the first missing bar, UTC ms. */
  readonly from: number;
  /** Open time of the next stored bar. */
  readonly to: number;
  /** Bars that the calendar expects in between. */
  readonly missing: number;
}

export interface Coverage {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly rows: number;
  readonly firstTs: number;
  readonly lastTs: number;
  /** All missing bars, those of holes too short to be listed included. */
  readonly missing: number;
  readonly gaps: readonly Gap[];
}

const SHORTEST_GAP: Partial<Record<Timeframe, number>> = { '1m': 10 };

/**
 * Coverage of stored bars per instrument and timeframe.
 * @throws TidewatchError `corrupt_file`
 */
export async function coverageOf(
  lake: Lake,
  only: { readonly instrument?: string; readonly timeframe?: Timeframe } = {},
): Promise<readonly Coverage[]> {
  const found: Coverage[] = [];
  for (const { subject, timeframe } of await lake.status('bars')) {
    if (only.instrument !== undefined && subject !== only.instrument) continue;
    if (only.timeframe !== undefined && timeframe !== only.timeframe) continue;
    const { ts } = await lake.columns('bars', { subject, timeframe, columns: [] });
    found.push(coverageOfTimes(subject, timeframe as Timeframe, ts));
  }
  return found;
}

/** The same for open times in memory, ascending. */
export function coverageOfTimes(instrument: string, timeframe: Timeframe, ts: Float64Array): Coverage {
  const calendar = calendarOf(parseInstrument(instrument));
  const length = TIMEFRAME_MS[timeframe];
  const shortest = SHORTEST_GAP[timeframe] ?? 1;
  const gaps: Gap[] = [];
  let missing = 0;
  for (let row = 1; row < ts.length; row += 1) {
    const [from, to] = [ts[row - 1]! + length, ts[row]!];
    if (to <= from) continue;
    let bars = 0;
    let first = from;
    if (calendar.name === 'continuous') bars = Math.ceil((to - from) / length);
    else {
      for (const open of expectedBars(calendar, timeframe, from, to)) {
        if (bars === 0) first = open;
        bars += 1;
      }
    }
    missing += bars;
    if (bars >= shortest) gaps.push({ from: first, to, missing: bars });
  }
  return {
    instrument,
    timeframe,
    rows: ts.length,
    firstTs: ts[0] ?? Number.NaN,
    lastTs: ts[ts.length - 1] ?? Number.NaN,
    missing,
    gaps,
  };
}
