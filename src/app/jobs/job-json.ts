/** A job as JSON, snake_case and epoch ms: one shape for the command line and the HTTP API. */
import type { Job, JobMeasure, JobStatus } from '../../platform/jobs/job.js';

/** A job with the names of the API; times UTC ms. */
export interface JobJson {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly status: JobStatus;
  readonly progress: number;
  readonly measure: JobMeasure | null;
  readonly attempt: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

export function jobJson(job: Job): JobJson {
  return {
    id: job.id,
    kind: job.kind,
    key: job.key,
    status: job.status,
    progress: job.progress,
    measure: job.measure,
    attempt: job.attempt,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
    result: job.result ?? null,
    error: job.error,
  };
}
