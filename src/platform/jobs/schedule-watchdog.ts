/**
 * Looks after the schedule: a slot that nobody worked on in time, and a job whose newest window failed (operations spec
 * §3). It only reads the history, so that every process can watch, also over a scheduler that hangs.
 */
import type { AlertToRaise } from '../alerts/alert-book.js';
import type { WindowRuns } from '../store/job-runs.js';
import type { Schedule, ScheduledJob } from './schedule.js';
import { periodOf, windowBefore, windowKey } from './schedule-window.js';

/** What is to be raised, and cleared where `wrong` is undefined. */
export interface Finding {
  readonly name: string;
  readonly wrong: Omit<AlertToRaise, 'name'> | undefined;
}

const LEAST_GRACE_MS = 30_000;
const MOST_GRACE_MS = 600_000;

/**
 * @param since when this process began: slots before it are nobody's fault
 * @param now epoch ms
 */
export function findings(
  schedule: Schedule,
  known: ReadonlyMap<string, WindowRuns>,
  since: number,
  now: number,
): readonly Finding[] {
  return schedule.all.flatMap((job) => {
    const runs = schedule.isEnabled(job) ? known.get(job.id) : undefined;
    const missed = schedule.isEnabled(job) ? missedSlot(job, runs, since, now) : undefined;
    const failed = runs?.failed !== undefined && runs.failed > (runs.ok ?? '') ? runs.failed : undefined;
    return [
      {
        name: `job_missed:${job.id}`,
        wrong:
          missed === undefined
            ? undefined
            : {
                severity: 'warning' as const,
                message: `${missed} was not started in time`,
                details: { job: job.id, window_key: missed },
              },
      },
      {
        name: `job_failed:${job.id}`,
        wrong:
          failed === undefined
            ? undefined
            : {
                severity: 'warning' as const,
                // the same words until it works again: one notice, not one a window
                message: `${job.id} fails · see: tidewatch jobs history ${job.id}`,
                details: { job: job.id, window_key: failed },
              },
      },
    ];
  });
}

function missedSlot(
  job: ScheduledJob,
  runs: WindowRuns | undefined,
  since: number,
  now: number,
): string | undefined {
  const period = periodOf(job.cadence);
  const waits = job.dependsOn.map(({ waitMs = period / 2 }) => waitMs);
  const grace = Math.max(0, ...waits) + Math.min(MOST_GRACE_MS, Math.max(LEAST_GRACE_MS, period / 4));
  const slot = windowBefore(job.cadence, now - job.offsetMs - grace);
  const due = slot.end + job.offsetMs;
  if (due < since && (job.catchUp.policy === 'none' || now - since < grace)) return undefined;
  const key = windowKey(job.id, slot);
  const done = [runs?.ok, runs?.failed, runs?.skipped].some((each) => each !== undefined && each >= key);
  if (done || runs?.openStatus === 'running') return undefined;
  if (runs?.openStatus === 'queued' && (runs.openSince ?? 0) > now - grace) return undefined;
  return key;
}
