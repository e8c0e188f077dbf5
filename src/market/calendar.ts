/**
 * When a market is expected to trade, so that a closed session is not mistaken for missing data.
 *
 * Three calendars: crypto and prediction markets never close; foreign exchange and gold run from Sunday 17:00 to
 * Friday 17:00 New York time; US equities have regular sessions 09:30–16:00 New York time with the exchange's
 * holidays and early closes (13:00). New York daylight saving follows US law (1987–2006: first Sunday of April to
 * last Sunday of October; since 2007: second Sunday of March to first Sunday of November). Sources: NYSE holiday
 * rules 7.2 and its list of special closings; Gauss's Easter computation in the form of Meeus.
 *
 * Daily bars are dated by session date: a 1d bar counts as expected when its UTC date is a trading day.
 * Limits: holidays of foreign exchange are not modelled (a quiet Christmas shows up as a gap); equity dates before
 * 1990 are not checked.
 */
import type { Instrument } from './instrument.js';
import { TIMEFRAME_MS, type Timeframe } from './timeframe.js';

const HOUR = 3_600_000;
const DAY = 86_400_000;

/** When a market is open. */
export interface Calendar {
  readonly name: 'continuous' | 'forex' | 'us-equity';
  /** True when trade is expected at some moment of the bar that opens at `open` (UTC ms). */
  expectsBar(open: number, timeframe: Timeframe): boolean;
}

/** Always open: crypto and prediction markets. */
export const CONTINUOUS: Calendar = { name: 'continuous', expectsBar: () => true };

/** Sunday 17:00 to Friday 17:00 New York time: foreign exchange and gold. */
export const FOREX: Calendar = {
  name: 'forex',
  expectsBar(open, timeframe) {
    if (timeframe === '1d') return weekday(open) !== 6;
    return overlapsAnyDay(open, open + TIMEFRAME_MS[timeframe], (day) => {
      const close = 17 * HOUR - newYorkOffset(day + 17 * HOUR);
      switch (weekday(day)) {
        case 6:
          return undefined;
        case 0:
          return [day + close, day + DAY];
        case 5:
          return [day, day + close];
        default:
          return [day, day + DAY];
      }
    });
  },
};

/** Regular sessions of US stock exchanges, with holidays and early closes; 09:30 to 16:00 New York time. */
export const US_EQUITY: Calendar = {
  name: 'us-equity',
  expectsBar(open, timeframe) {
    if (timeframe === '1d') return isEquitySession(startOfDay(open));
    return overlapsAnyDay(open, open + TIMEFRAME_MS[timeframe], (day) => {
      if (!isEquitySession(day)) return undefined;
      const midnight = day - newYorkOffset(day + 12 * HOUR);
      return [midnight + 9.5 * HOUR, midnight + (isEarlyClose(day) ? 13 : 16) * HOUR];
    });
  },
};

/** The calendar that an instrument's kind implies. */
export function calendarOf(instrument: Pick<Instrument, 'kind'>): Calendar {
  if (instrument.kind === 'equity') return US_EQUITY;
  return instrument.kind === 'fx' ? FOREX : CONTINUOUS;
}

/** Open times of the expected bars in the half-open range [from, to), UTC ms, on the timeframe's grid. */
export function* expectedBars(
  calendar: Calendar,
  timeframe: Timeframe,
  from: number,
  to: number,
): Generator<number> {
  const length = TIMEFRAME_MS[timeframe];
  for (let open = Math.ceil(from / length) * length; open < to; open += length) {
    if (calendar.expectsBar(open, timeframe)) yield open;
  }
}

/** True when at least one expected bar lies between two neighbouring bars of a series (open times, UTC ms). */
export function missesBars(
  calendar: Calendar,
  timeframe: Timeframe,
  previous: number,
  next: number,
): boolean {
  const length = TIMEFRAME_MS[timeframe];
  if (next - previous <= length) return false;
  return !expectedBars(calendar, timeframe, previous + length, next).next().done;
}

/** Does [from, to) meet the open span of one of the UTC days it touches? */
function overlapsAnyDay(
  from: number,
  to: number,
  span: (day: number) => [number, number] | undefined,
): boolean {
  for (let day = startOfDay(from) - DAY; day < to; day += DAY) {
    const open = span(day);
    if (open && open[0] < to && from < open[1]) return true;
  }
  return false;
}

function startOfDay(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

/** 0 = Sunday … 6 = Saturday. */
function weekday(time: number): number {
  return (((Math.floor(time / DAY) + 4) % 7) + 7) % 7;
}

/** UTC midnight of the n-th given weekday of a month (n = −1: the last one). Months are 0-based. */
function nthWeekday(year: number, month: number, day: number, n: number): number {
  if (n < 0) {
    const last = Date.UTC(year, month + 1, 0);
    return last - ((weekday(last) - day + 7) % 7) * DAY;
  }
  const first = Date.UTC(year, month, 1);
  return first + (((day - weekday(first) + 7) % 7) + 7 * (n - 1)) * DAY;
}

/** New York's offset from UTC in ms (negative) at a UTC time. */
function newYorkOffset(time: number): number {
  const year = new Date(time).getUTCFullYear();
  const [start, end] =
    year >= 2007
      ? [nthWeekday(year, 2, 0, 2), nthWeekday(year, 10, 0, 1)]
      : [nthWeekday(year, 3, 0, 1), nthWeekday(year, 9, 0, -1)];
  const isDaylight = time >= start + 7 * HOUR && time < end + 6 * HOUR;
  return (isDaylight ? -4 : -5) * HOUR;
}

/** Closings outside the rules: attacks of 2001, days of mourning, hurricane Sandy. */
const SPECIAL_CLOSINGS = new Set(
  [
    [1994, 3, 27],
    [2001, 8, 11],
    [2001, 8, 12],
    [2001, 8, 13],
    [2001, 8, 14],
    [2004, 5, 11],
    [2007, 0, 2],
    [2012, 9, 29],
    [2012, 9, 30],
    [2018, 11, 5],
    [2025, 0, 9],
  ].map(([year, month, day]) => Date.UTC(year!, month!, day!)),
);

const holidaysByYear = new Map<number, ReadonlySet<number>>();

function isEquitySession(day: number): boolean {
  const weekdayNumber = weekday(day);
  if (weekdayNumber === 0 || weekdayNumber === 6) return false;
  const year = new Date(day).getUTCFullYear();
  let holidays = holidaysByYear.get(year);
  if (!holidays) {
    holidays = equityHolidays(year);
    holidaysByYear.set(year, holidays);
  }
  return !holidays.has(day) && !SPECIAL_CLOSINGS.has(day);
}

function equityHolidays(year: number): Set<number> {
  const observed = (day: number): number => {
    if (weekday(day) === 6) return day - DAY;
    return weekday(day) === 0 ? day + DAY : day;
  };
  const newYear = Date.UTC(year, 0, 1);
  const days = [
    // On a Saturday New Year's Day is not made up for: the Friday before closes the old year's books.
    weekday(newYear) === 6 ? newYear : observed(newYear),
    nthWeekday(year, 1, 1, 3),
    easterSunday(year) - 2 * DAY,
    nthWeekday(year, 4, 1, -1),
    observed(Date.UTC(year, 6, 4)),
    nthWeekday(year, 8, 1, 1),
    nthWeekday(year, 10, 4, 4),
    observed(Date.UTC(year, 11, 25)),
  ];
  if (year >= 1998) days.push(nthWeekday(year, 0, 1, 3));
  if (year >= 2022) days.push(observed(Date.UTC(year, 5, 19)));
  return new Set(days);
}

/** Sessions that end at 13:00 New York time: before Independence Day, after Thanksgiving, Christmas Eve. */
function isEarlyClose(day: number): boolean {
  const date = new Date(day);
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (month === 6 && dayOfMonth === 3) return weekday(day) !== 5;
  if (month === 11 && dayOfMonth === 24) return true;
  return month === 10 && day === nthWeekday(year, 10, 4, 4) + DAY;
}

function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const day = ((h + l - 7 * m + 114) % 31) + 1;
  return Date.UTC(year, month - 1, day);
}
