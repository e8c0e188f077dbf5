/**
 * The one schedule (operations spec §3.3) as data, for the jobs that exist. A part of the product gives a row its work
 * with `scheduled(id, run)`; nothing else in the product keeps time for itself. Offsets are the earliest start after the
 * end of the window: what orders the work is what a job waits for.
 */
import { type Cadence, daily, everyHours, everyMinutes, weekly } from './schedule-window.js';

/**
 * What happens to windows that nobody worked off, because nothing ran or a run took too long:
 * - `none`: they stay missing (what they would have read is gone);
 * - `newest`: only the newest one runs;
 * - `span`: only the newest one runs, told since when nothing was done (at most `lookBackMs`), and fills all of it;
 * - `each`: every one runs, oldest first (at most `lookBackMs` back).
 */
export type CatchUp =
  | { readonly policy: 'none' }
  | { readonly policy: 'newest' }
  | { readonly policy: 'span'; readonly lookBackMs: number }
  | { readonly policy: 'each'; readonly lookBackMs: number };

export interface Dependency {
  readonly job: string;
  /** Longest wait after the earliest start; then the job runs all the same, `degraded`. Half a period when left out. */
  readonly waitMs?: number;
}

/** One job of the schedule but for its work. */
export interface ScheduleRow {
  readonly id: string;
  readonly what: string;
  readonly cadence: Cadence;
  /** Earliest start after the end of the window. */
  readonly offsetMs: number;
  /** Jobs whose newest window that ends with this one, or before, must be done. Those that nobody runs are no matter. */
  readonly dependsOn: readonly Dependency[];
  /** What the work needs most: one CPU-bound run at a time, eight of the others. */
  readonly lane: 'io' | 'cpu';
  /** Longest run; then it is aborted and counts as failed. */
  readonly timeoutMs: number;
  readonly catchUp: CatchUp;
  /** Why a second run of a window does no harm. */
  readonly idempotency: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const none: CatchUp = { policy: 'none' };
const newest: CatchUp = { policy: 'newest' };
const span = (lookBackMs: number): CatchUp => ({ policy: 'span', lookBackMs });

type Given = Pick<ScheduleRow, 'what' | 'cadence' | 'offsetMs' | 'catchUp' | 'idempotency'> &
  Partial<Pick<ScheduleRow, 'lane' | 'timeoutMs'>> & { readonly after?: readonly (string | Dependency)[] };

function row(id: string, { after = [], lane = 'io', timeoutMs = 10 * MINUTE, ...given }: Given): ScheduleRow {
  const dependsOn = after.map((each) => (typeof each === 'string' ? { job: each } : each));
  return { id, lane, timeoutMs, dependsOn, ...given };
}

export const SCHEDULE_TABLE: readonly ScheduleRow[] = [
  row('heartbeat', {
    what: 'say that this process lives',
    cadence: everyMinutes(5),
    offsetMs: 0,
    timeoutMs: MINUTE,
    catchUp: none,
    idempotency: 'writes one log line',
  }),
  row('dominance.poll', {
    what: 'read the dominance of bitcoin and tether',
    cadence: everyMinutes(5),
    offsetMs: 0,
    timeoutMs: 2 * MINUTE,
    catchUp: none,
    idempotency: "one sample per provider's updated_at",
  }),
  row('bars.1m', {
    what: 'minutes of watched series that no stream delivered',
    cadence: everyMinutes(1),
    offsetMs: 5 * SECOND,
    timeoutMs: 5 * MINUTE,
    catchUp: span(DAY),
    idempotency: 'upsert by bar',
  }),
  row('regime.1m', {
    what: 'driver bars and states of the minute',
    cadence: everyMinutes(1),
    offsetMs: 12 * SECOND,
    after: ['bars.1m'],
    catchUp: span(2 * DAY),
    idempotency: 'upsert; states step by bar',
  }),
  row('bars.5m', {
    what: '5m bars from minutes',
    cadence: everyMinutes(5),
    offsetMs: 20 * SECOND,
    after: ['bars.1m'],
    catchUp: span(2 * DAY),
    idempotency: 'upsert by bar',
  }),
  row('bars.15m', {
    what: '15m bars from minutes, else native',
    cadence: everyMinutes(15),
    offsetMs: 30 * SECOND,
    after: ['bars.1m', { job: 'regime.1m', waitMs: 20 * SECOND }],
    catchUp: span(7 * DAY),
    idempotency: 'upsert by bar',
  }),
  row('oi.sample', {
    what: 'open interest of watched series',
    cadence: everyMinutes(5),
    offsetMs: 30 * SECOND,
    catchUp: span(7 * DAY),
    idempotency: 'one row per instrument and time',
  }),
  row('lake.sync', {
    what: 'minutes of watched series from the last stored one on',
    cadence: everyMinutes(5),
    offsetMs: 3 * MINUTE,
    timeoutMs: 30 * MINUTE,
    catchUp: newest,
    idempotency: 'upsert by bar',
  }),
  row('regime.1h', {
    what: 'driver bars and states of the hour',
    cadence: everyHours(1),
    offsetMs: 45 * SECOND,
    after: ['regime.1m'],
    catchUp: span(30 * DAY),
    idempotency: 'upsert; states step by bar',
  }),
  row('bars.1h', {
    what: '1h bars from minutes, else native',
    cadence: everyHours(1),
    offsetMs: MINUTE,
    after: ['bars.15m', { job: 'regime.1h', waitMs: 2 * MINUTE }],
    catchUp: span(30 * DAY),
    idempotency: 'upsert by bar',
  }),
  row('bars.4h', {
    what: '4h bars from minutes, else native',
    cadence: everyHours(4),
    offsetMs: 90 * SECOND,
    after: ['bars.1h', { job: 'regime.1h', waitMs: 2 * MINUTE }],
    catchUp: span(30 * DAY),
    idempotency: 'upsert by bar',
  }),
  row('funding.sample', {
    what: 'funding rates of watched series',
    cadence: everyHours(1),
    offsetMs: MINUTE,
    catchUp: span(30 * DAY),
    idempotency: 'one row per instrument and settlement',
  }),
  row('bars.catchup', {
    what: 'look back for bars that are missing',
    cadence: everyHours(1),
    offsetMs: 4 * MINUTE,
    timeoutMs: 30 * MINUTE,
    catchUp: newest,
    idempotency: 'upsert by bar',
  }),
  row('caps.tag', {
    what: 'market caps and their buckets',
    cadence: everyHours(1),
    offsetMs: 11 * MINUTE,
    catchUp: newest,
    idempotency: 'replaces',
  }),
  row('bucket.tracker', {
    what: 'strength of each bucket of market caps',
    cadence: everyHours(1),
    offsetMs: 12 * MINUTE,
    after: ['caps.tag', 'regime.1h'],
    catchUp: newest,
    idempotency: 'replaces',
  }),
  row('regime.1d', {
    what: 'driver bars and states of the day',
    cadence: daily,
    offsetMs: 2 * MINUTE,
    after: ['regime.1h'],
    timeoutMs: 30 * MINUTE,
    catchUp: span(730 * DAY),
    idempotency: 'upsert; states step by bar',
  }),
  row('universe.discover', {
    what: 'instruments that venues list',
    cadence: daily,
    offsetMs: 20 * MINUTE,
    catchUp: newest,
    idempotency: 'upsert',
  }),
  row('lake.daily', {
    what: 'daily facts of the panel',
    cadence: daily,
    offsetMs: 30 * MINUTE,
    timeoutMs: 2 * HOUR,
    catchUp: newest,
    idempotency: 'upsert from the last stored date',
  }),
  row('monitor.signal', {
    what: 'signal of majors against alts',
    cadence: daily,
    offsetMs: 45 * MINUTE,
    after: ['lake.daily'],
    lane: 'cpu',
    timeoutMs: HOUR,
    catchUp: newest,
    idempotency: 'by date',
  }),
  row('retention.prune', {
    what: 'delete what is older than its retention',
    cadence: daily,
    offsetMs: 3 * HOUR,
    timeoutMs: 2 * HOUR,
    catchUp: newest,
    idempotency: 'what is gone stays gone',
  }),
  row('lake.compact', {
    what: 'merge small files of the lake',
    cadence: daily,
    offsetMs: 3 * HOUR,
    timeoutMs: 2 * HOUR,
    after: ['retention.prune'],
    catchUp: newest,
    idempotency: 'merged files stay merged',
  }),
  row('backup', {
    what: 'copy of the operational database',
    cadence: daily,
    offsetMs: 3 * HOUR + 30 * MINUTE,
    timeoutMs: HOUR,
    catchUp: newest,
    idempotency: 'one file per day',
  }),
  row('hmm.retrain', {
    what: 'fit the regime models of watched series anew',
    cadence: weekly,
    offsetMs: 4 * HOUR,
    lane: 'cpu',
    timeoutMs: 6 * HOUR,
    catchUp: newest,
    idempotency: 'equal bars give the saved model',
  }),
];
