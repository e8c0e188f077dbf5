/**
 * Which bars are missing, told from the data and the market's calendar: a closed exchange is no gap, and nothing is
 * ever filled. Minutes without a trade are ordinary on quiet venues, so at 1m a hole counts from ten minutes on
 * (HMM spec §3.6); at every other timeframe from one bar on.
 *
 * Known limits are the calendar's: holidays of foreign exchange show up as gaps. What lies before the first or after
 * the last stored bar is not missing here; freshness is `lake status`.
 */
import { type Calendar, calendarOf, expectedBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { settledSpans, type TimeSpan, withoutSpans } from './confirmed-gaps.js';
import type { Lake } from './lake.js';

export interface Gap {
  /** Open time of the first missing bar, UTC ms. */
  readonly from: number;
  /** Open time of the next stored bar. */
  readonly to: number;
  /** Bars that the calendar expects in between. */
  readonly missing: number;
  /** Of those, what the venue has confirmed that it does not hold either. */
  readonly confirmed: number;
}

/** What is stored of a series and what is missing between its first and last bar, UTC ms. */
export interface Coverage {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly rows: number;
  readonly firstTs: number;
  readonly lastTs: number;
  /** All missing bars, those of holes too short to be listed included. */
  readonly missing: number;
  /** Of those, what the venue has confirmed that it does not hold either. */
  readonly confirmed: number;
  readonly gaps: readonly Gap[];
}

const SHORTEST_GAP: Partial<Record<Timeframe, number>> = { '1m': 10 };

export interface CoverageRequest {
  readonly instrument?: string;
  readonly timeframe?: Timeframe;
  /** Fewest missing bars of a gap that is listed; default ten at 1m, else one. */
  readonly shortest?: number;
}

/**
 * Coverage of stored bars per instrument and timeframe.
 * @throws TidewatchError `corrupt_file`
 */
export async function coverageOf(lake: Lake, only: CoverageRequest = {}): Promise<readonly Coverage[]> {
  const found: Coverage[] = [];
  for (const { subject, timeframe: stored } of await lake.status('bars')) {
    const timeframe = stored as Timeframe;
    if (only.instrument !== undefined && subject !== only.instrument) continue;
    if (only.timeframe !== undefined && timeframe !== only.timeframe) continue;
    const { ts } = await lake.columns('bars', { subject, timeframe, columns: [] });
    const confirmed = await settledSpans(lake, subject, timeframe);
    found.push(coverageOfTimes(subject, timeframe, ts, { confirmed, shortest: only.shortest }));
  }
  return found;
}

/** Bars that a calendar expects in a span. */
export function countExpected(calendar: Calendar, timeframe: Timeframe, { from, to }: TimeSpan): number {
  const length = TIMEFRAME_MS[timeframe];
  if (calendar.name === 'continuous') return Math.ceil(to / length) - Math.ceil(from / length);
  let bars = 0;
  for (const _open of expectedBars(calendar, timeframe, from, to)) bars += 1;
  return bars;
}

/**
 * The same for open times in memory, ascending.
 * @param known spans that the venue has confirmed empty, ascending; fewest missing bars of a gap that is listed
 */
export function coverageOfTimes(
  instrument: string,
  timeframe: Timeframe,
  ts: Float64Array,
  known: { readonly confirmed?: readonly TimeSpan[]; readonly shortest?: number | undefined } = {},
): Coverage {
  const calendar = calendarOf(parseInstrument(instrument));
  const length = TIMEFRAME_MS[timeframe];
  const shortest = known.shortest ?? SHORTEST_GAP[timeframe] ?? 1;
  const gaps: Gap[] = [];
  const settled = known.confirmed ?? [];
  let passed = 0;
  let missing = 0;
  let confirmed = 0;
  for (let row = 1; row < ts.length; row += 1) {
    const [from, to] = [ts[row - 1]! + length, ts[row]!];
    if (to <= from) continue;
    const bars = countExpected(calendar, timeframe, { from, to });
    if (bars === 0) continue;
    while (passed < settled.length && settled[passed]!.to <= from) passed += 1;
    const open = withoutSpans({ from, to }, settled, passed).reduce(
      (sum, span) => sum + countExpected(calendar, timeframe, span),
      0,
    );
    missing += bars;
    confirmed += bars - open;
    if (bars < shortest) continue;
    const { value: first } = expectedBars(calendar, timeframe, from, to).next();
    gaps.push({ from: first!, to, missing: bars, confirmed: bars - open });
  }
  return {
    instrument,
    timeframe,
    rows: ts.length,
    firstTs: ts[0] ?? Number.NaN,
    lastTs: ts[ts.length - 1] ?? Number.NaN,
    missing,
    confirmed,
    gaps,
  };
}
