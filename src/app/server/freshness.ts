/** How old the newest bar is, and whether a newer one is overdue by the calendar of its market. */
import { calendarOf, expectedBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';

/** A bar may come this late: a twelfth of its length, between five minutes and an hour. */
const LEAST_GRACE = 5 * 60_000;
const MOST_GRACE = 60 * 60_000;

/** How old an answer's newest bar is. */
export interface Freshness {
  /** Close of the newest bar, UTC ms. */
  readonly as_of: number;
  readonly age_ms: number;
  readonly stale: boolean;
}

/** @param lastBar open of the newest closed bar, UTC ms */
export function freshnessOf(
  instrument: string,
  timeframe: Timeframe,
  lastBar: number,
  now: number,
): Freshness {
  const length = TIMEFRAME_MS[timeframe];
  const grace = Math.min(MOST_GRACE, Math.max(LEAST_GRACE, length / 12));
  const calendar = calendarOf(parseInstrument(instrument));
  const overdue = expectedBars(calendar, timeframe, lastBar + length, now - length - grace).next();
  const as_of = barClose(lastBar, timeframe);
  return { as_of, age_ms: now - as_of, stale: overdue.done !== true };
}
