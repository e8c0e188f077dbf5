/**
 * Which window of a scheduled job is to be queued now: what operations spec §3.1 and §3.4 say, as functions of what is
 * known. A window that is done is never due again; neither a clock that jumps back nor a restart changes that.
 */
import type { ScheduledJob } from './schedule.js';
import { periodOf, type Window, windowAfter, windowBefore } from './schedule-window.js';

/** What the history says of a job. */
export interface JobWindows {
  /** End of the newest window that is ok. */
  readonly ok: number | undefined;
  /** End of the newest window that was given up: failed since the schedule runs, or cancelled by hand. */
  readonly settled: number | undefined;
}

/** The window to be queued now. */
export interface DueWindow {
  readonly window: Window;
  /** From when on nothing was done, epoch ms; the window's start unless the job makes up for a span. */
  readonly since: number;
  /** It is late, or stands for earlier windows that nobody worked off. */
  readonly catchUp: boolean;
}

type Timing = Pick<ScheduledJob, 'cadence' | 'offsetMs' | 'catchUp'>;

/**
 * @param now epoch ms
 * @param from since when the schedule runs: windows that came before it are made up for as the job's policy says
 */
export function dueWindow(
  { cadence, offsetMs, catchUp }: Timing,
  { ok, settled }: JobWindows,
  now: number,
  from: number,
): DueWindow | undefined {
  const newest = windowBefore(cadence, now - offsetMs);
  const done = Math.max(ok ?? Number.NEGATIVE_INFINITY, settled ?? Number.NEGATIVE_INFINITY);
  if (newest.end <= done) return undefined;
  switch (catchUp.policy) {
    case 'none':
      return newest.end + offsetMs < from
        ? undefined
        : { window: newest, since: newest.start, catchUp: false };
    case 'newest':
      return { window: newest, since: newest.start, catchUp: isLate(newest) };
    case 'span': {
      const since = Math.max(Math.min(ok ?? newest.start, newest.start), newest.end - catchUp.lookBackMs);
      return { window: newest, since, catchUp: since < newest.start || isLate(newest) };
    }
    case 'each': {
      if (done === Number.NEGATIVE_INFINITY)
        return { window: newest, since: newest.start, catchUp: isLate(newest) };
      const oldest = windowBefore(cadence, newest.end - catchUp.lookBackMs);
      let window = windowAfter(cadence, oldest);
      if (done > window.start) window = windowAfter(cadence, windowBefore(cadence, done));
      return { window, since: window.start, catchUp: isLate(window) };
    }
  }

  function isLate({ end }: Window): boolean {
    return now - offsetMs - end >= periodOf(cadence);
  }
}

/** When the run of a window is given up at the latest: the next one is due, or a period has gone since it was queued. */
export function retryUntil({ cadence, offsetMs }: Timing, window: Window, now: number): number {
  return Math.max(windowAfter(cadence, window).end + offsetMs, now + periodOf(cadence));
}
