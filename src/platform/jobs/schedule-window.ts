/**
 * The periods that scheduled jobs work for. A window is the half-open range of one period, named by its beginning; its job
 * may start once it is over. All in UTC: no zone and no summer time can move a window (operations spec §3.1).
 */
import { TidewatchError } from '../../errors.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** 1970-01-04, the first Sunday of the epoch. */
const SUNDAY = 3 * DAY;

/** How often: a grid of `every` ms with a point at `from`, or the calendar months. */
export type Cadence = { readonly every: number; readonly from: number } | 'month';

/** Whole minutes, as windows are named by the minute. */
export const everyMinutes = (count: number): Cadence => ({ every: count * MINUTE, from: 0 });
export const everyHours = (count: number): Cadence => ({ every: count * HOUR, from: 0 });
export const daily: Cadence = { every: DAY, from: 0 };
/** From Sunday to Sunday, 00:00. */
export const weekly: Cadence = { every: 7 * DAY, from: SUNDAY };

/** `[start, end)`, epoch ms. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** The newest window that has ended at `time`. */
export function windowBefore(cadence: Cadence, time: number): Window {
  if (cadence === 'month') {
    const date = new Date(time);
    const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    return { start: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1), end };
  }
  const { every, from } = cadence;
  const end = Math.floor((time - from) / every) * every + from;
  return { start: end - every, end };
}

/** The window that begins where the given one ends; months by the UTC calendar. */
export function windowAfter(cadence: Cadence, { end }: Window): Window {
  if (cadence !== 'month') return { start: end, end: end + cadence.every };
  const date = new Date(end);
  return { start: end, end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) };
}

/** Length of a window; that of the shortest month where they differ. */
export function periodOf(cadence: Cadence): number {
  return cadence === 'month' ? 28 * DAY : cadence.every;
}

/** `regime.1h@2026-01-05T13:00`: sorts by time within a job. */
export function windowKey(job: string, { start }: Window): string {
  return `${job}@${new Date(start).toISOString().slice(0, 16)}`;
}

/**
 * The window that a key, or only its time, names.
 * @throws TidewatchError `bad_parameter` when the time is none, or no window of the cadence begins there
 */
export function parseWindow(job: string, cadence: Cadence, text: string): Window {
  const label = text.startsWith(`${job}@`) ? text.slice(job.length + 1) : text;
  const written = /^\d{4}-\d\d-\d\d(T\d\d:\d\d)?Z?$/.test(label) ? label.replace('Z', '') : '';
  const start = Date.parse(written.length === 10 ? `${written}T00:00Z` : `${written}Z`);
  if (Number.isNaN(start)) {
    throw new TidewatchError('bad_parameter', `"${text}" names no window of ${job}`, {
      hint: 'write the beginning of the window in UTC, for example 2026-01-05T13:00',
    });
  }
  const before = windowBefore(cadence, start);
  if (before.end !== start) {
    const nearest = windowKey(job, before);
    throw new TidewatchError('bad_parameter', `no window of ${job} begins at ${label}`, {
      hint: `the one before it is ${nearest.slice(job.length + 1)}`,
    });
  }
  return windowAfter(cadence, before);
}
