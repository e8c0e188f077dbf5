/** A scheduled job in the words of the API: what it is, when it runs next, how its newest windows ended. */
import type { CatchUp } from '../../platform/jobs/schedule-table.js';
import type { Cadence } from '../../platform/jobs/schedule-window.js';
import type { ScheduleState } from '../../platform/jobs/scheduler.js';

/** A row of the schedule with what became of its windows. */
export interface ScheduledJobJson {
  readonly job: string;
  readonly what: string;
  /** `5m`, `1h`, `1w`, `month`. */
  readonly cadence: string;
  readonly offset_ms: number;
  readonly depends_on: readonly string[];
  readonly lane: 'io' | 'cpu';
  readonly timeout_ms: number;
  readonly catch_up: CatchUp['policy'];
  readonly idempotency: string;
  readonly enabled: boolean;
  /** When the next window may start, epoch ms. */
  readonly next_at: number;
  /** Keys of windows; null where there is none. */
  readonly newest_ok: string | null;
  readonly newest_failed: string | null;
  readonly open: string | null;
  readonly open_status: 'queued' | 'running' | null;
}

export function scheduledJobJson({ job, enabled, newest, next }: ScheduleState): ScheduledJobJson {
  return {
    job: job.id,
    what: job.what,
    cadence: cadenceName(job.cadence),
    offset_ms: job.offsetMs,
    depends_on: job.dependsOn.map((each) => each.job),
    lane: job.lane,
    timeout_ms: job.timeoutMs,
    catch_up: job.catchUp.policy,
    idempotency: job.idempotency,
    enabled,
    next_at: next,
    newest_ok: newest?.ok ?? null,
    newest_failed: newest?.failed ?? null,
    open: newest?.open ?? null,
    open_status: newest?.openStatus ?? null,
  };
}

const UNITS = [
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

function cadenceName(cadence: Cadence): string {
  if (cadence === 'month') return 'month';
  const [unit, ms] = UNITS.find(([, length]) => cadence.every % length === 0)!;
  return `${cadence.every / ms}${unit}`;
}
