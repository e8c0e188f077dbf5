/** A row of job_runs as a job: the words of the schema on one side, those of the API on the other. */
import type { JobRun, RunStatus } from '../store/job-runs.js';
import type { Job, JobStatus } from './job.js';

const STATUS: Readonly<Record<RunStatus, JobStatus>> = {
  queued: 'queued',
  running: 'running',
  ok: 'completed',
  failed: 'failed',
  skipped: 'cancelled',
};

/** The schema's word for a status of the API. */
export function statusFilter(status: JobStatus): RunStatus {
  return (Object.keys(STATUS) as RunStatus[]).find((each) => STATUS[each] === status)!;
}

/** A row as a job; its measure is null, which only the running process knows. */
export function jobOf(run: JobRun): Job {
  const { stats } = run;
  return {
    id: run.id,
    kind: run.job,
    // a scheduled run is known by its window
    key: run.windowKey.startsWith(`${run.job}@`) ? run.windowKey : stats.key,
    status: STATUS[run.status],
    progress: stats.progress,
    measure: null,
    attempt: run.attempt,
    createdAt: run.createdAt,
    updatedAt: run.updatedAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    input: stats.input,
    result: run.status === 'ok' ? (stats.result ?? null) : null,
    error:
      run.error === null
        ? null
        : { code: stats.code ?? 'internal', message: run.error, hint: stats.hint ?? null },
  };
}
