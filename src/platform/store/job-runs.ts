/**
 * The history of jobs: one row per run window (operational schema §6). A job that is started by hand has a window of its
 * own; its key, input, progress and result lie in `stats`.
 *
 * A row that runs carries the worker that runs it. Every change of a running row names that worker, so that one that was
 * taken for dead and comes back changes nothing.
 */
import { z } from 'zod';
import { instant, type Sql } from './sql.js';

export const RUN_STATUSES = ['queued', 'running', 'ok', 'failed', 'skipped'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const stats = z.object({
  key: z.string().default(''),
  input: z.unknown().optional(),
  progress: z.number().default(0),
  result: z.unknown().optional(),
  /** Unexpected failures so far; known ones are not tried again. */
  failures: z.number().default(0),
  code: z.string().optional(),
  hint: z.string().nullable().optional(),
  cancel: z.boolean().default(false),
  worker: z.string().optional(),
});

/** A row of job_runs; times are epoch ms. */
export interface JobRun {
  readonly id: string;
  readonly job: string;
  readonly windowKey: string;
  readonly status: RunStatus;
  /** Runs begun, the present one included. */
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly error: string | null;
  readonly stats: z.infer<typeof stats>;
}

interface Stored {
  id: string;
  job: string;
  window_key: string;
  status: RunStatus;
  attempt: number;
  started_at: number | null;
  finished_at: number | null;
  created_at: number;
  updated_at: number;
  error: string | null;
  stats: unknown;
}

const COLUMNS =
  'id, job, window_key, status, attempt, started_at, finished_at, created_at, updated_at, error, stats';

/** What is left out does not filter; newest first, `limit` 100 unless said. */
export interface RunFilter {
  readonly job?: string | undefined;
  readonly key?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly limit?: number | undefined;
}

export interface NewRun {
  readonly id: string;
  readonly job: string;
  readonly windowKey: string;
  readonly key: string;
  readonly input: unknown;
}

export interface NewWindow extends NewRun {
  readonly degraded: boolean;
  /** Runs the window again although it is done. */
  readonly force: boolean;
}

/** Keys of the newest windows of a scheduled job, by how they ended; at most one is open. */
export interface WindowRuns {
  readonly ok: string | undefined;
  readonly failed: string | undefined;
  /** When the newest failed one ended, epoch ms. */
  readonly failedAt: number | undefined;
  readonly skipped: string | undefined;
  readonly open: string | undefined;
  readonly openStatus: 'queued' | 'running' | undefined;
  /** When the open one was queued or changed last, epoch ms. */
  readonly openSince: number | undefined;
}

export interface RunEnd {
  readonly status: 'ok' | 'failed' | 'skipped';
  readonly result?: unknown;
  /** Rows that the run wrote, where it says so. */
  readonly rows?: number;
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string | null };
}

export class JobRuns {
  constructor(private readonly sql: Sql) {}

  /** The same repository inside a transaction. */
  within(sql: Sql): JobRuns {
    return new JobRuns(sql);
  }

  /** Throws the violation of `job_runs_one_open` when one of this job and key is open. */
  async add({ id, job, windowKey, key, input }: NewRun): Promise<JobRun> {
    return one(
      await this.changed(
        `INSERT INTO job_runs (id, job, window_key, stats) VALUES ($1, $2, $3, $4::jsonb) RETURNING ${COLUMNS}`,
        [id, job, windowKey, JSON.stringify({ key, input })],
      ),
    );
  }

  /**
   * Queues a window, again where it failed or was cancelled. Throws the violation of `job_runs_one_open` when another
   * window of the job is open.
   * @returns undefined when it is open or done already
   */
  async addWindow(run: NewWindow): Promise<JobRun | undefined> {
    const { id, job, windowKey, key, input, degraded, force } = run;
    const queued = await this.changed(
      `INSERT INTO job_runs (id, job, window_key, degraded, stats) VALUES ($1, $2, $3, $4, $5::jsonb)
       ON CONFLICT (job, window_key) DO UPDATE
          SET status = 'queued', finished_at = NULL, error = NULL, degraded = excluded.degraded, stats = excluded.stats
        WHERE job_runs.status IN ('failed', 'skipped') OR ($6::boolean AND job_runs.status = 'ok')
       RETURNING ${COLUMNS}`,
      [id, job, windowKey, degraded, JSON.stringify({ key, input }), force],
    );
    return queued[0];
  }

  async findWindow(job: string, windowKey: string): Promise<JobRun | undefined> {
    const found = await this.changed(`SELECT ${COLUMNS} FROM job_runs WHERE job = $1 AND window_key = $2`, [
      job,
      windowKey,
    ]);
    return found[0];
  }

  /** What the schedule needs to know of each of these jobs; those that never ran are not in it. */
  async windows(jobs: readonly string[]): Promise<ReadonlyMap<string, WindowRuns>> {
    const newest = (status: string): string =>
      `LEFT JOIN LATERAL (SELECT window_key, finished_at FROM job_runs r
          WHERE r.job = j.job AND r.status = '${status}' ORDER BY window_key DESC LIMIT 1) ${status} ON true`;
    const { rows } = await this.sql.query<{
      job: string;
      ok: string | null;
      failed: string | null;
      failed_at: number | null;
      skipped: string | null;
      open: string | null;
      open_status: 'queued' | 'running' | null;
      open_since: number | null;
    }>(
      `SELECT j.job, ok.window_key AS ok, failed.window_key AS failed, failed.finished_at AS failed_at,
              skipped.window_key AS skipped, open.window_key AS open, open.status AS open_status,
              open.updated_at AS open_since
         FROM unnest($1::text[]) AS j(job)
         ${newest('ok')} ${newest('failed')} ${newest('skipped')}
         LEFT JOIN job_runs open
           ON open.job = j.job AND open.stats ->> 'key' = j.job AND open.status IN ('queued', 'running')`,
      [jobs],
    );
    return new Map(
      rows
        .filter(({ ok, failed, skipped, open }) => ok ?? failed ?? skipped ?? open)
        .map((row) => [
          row.job,
          {
            ok: row.ok ?? undefined,
            failed: row.failed ?? undefined,
            failedAt: row.failed_at ?? undefined,
            skipped: row.skipped ?? undefined,
            open: row.open ?? undefined,
            openStatus: row.open_status ?? undefined,
            openSince: row.open_since ?? undefined,
          },
        ]),
    );
  }

  /**
   * Failed runs of these jobs that ended since `time`, epoch ms, and whether the newest two of one of them failed.
   * Looks at runs that were queued up to a day before that.
   */
  async failures(jobs: readonly string[], time: number): Promise<{ failed: number; inRow: boolean }> {
    const { rows } = await this.sql.query<{ failed: number; in_row: boolean }>(
      `WITH ended AS (
         SELECT job, status, finished_at, row_number() OVER (PARTITION BY job ORDER BY finished_at DESC) AS back
           FROM job_runs
          WHERE job = ANY($1::text[]) AND created_at > $2::timestamptz - interval '1 day'
            AND finished_at >= $2::timestamptz AND status IN ('ok', 'failed')
       ), newest AS (
         SELECT job, count(*) FILTER (WHERE status = 'failed') AS n FROM ended WHERE back <= 2 GROUP BY job
       )
       SELECT (SELECT count(*) FROM ended WHERE status = 'failed') AS failed,
              EXISTS (SELECT 1 FROM newest WHERE n = 2) AS in_row`,
      [jobs, instant(time)],
    );
    return { failed: rows[0]!.failed, inRow: rows[0]!.in_row };
  }

  /** Forgets runs that ended before `time`, epoch ms. */
  async prune(time: number): Promise<number> {
    const { affected } = await this.sql.query(
      "DELETE FROM job_runs WHERE finished_at < $1::timestamptz AND status NOT IN ('queued', 'running')",
      [instant(time)],
    );
    return affected;
  }

  async find(id: string): Promise<JobRun | undefined> {
    return (await this.changed(`SELECT ${COLUMNS} FROM job_runs WHERE id = $1`, [id]))[0];
  }

  async openOf(job: string, key: string): Promise<JobRun | undefined> {
    const found = await this.changed(
      `SELECT ${COLUMNS} FROM job_runs
        WHERE job = $1 AND stats ->> 'key' = $2 AND status IN ('queued', 'running')`,
      [job, key],
    );
    return found[0];
  }

  /** Newest first. */
  list({ job, key, status, limit = 100 }: RunFilter): Promise<readonly JobRun[]> {
    return this.changed(
      `SELECT ${COLUMNS} FROM job_runs
        WHERE ($1::text IS NULL OR job = $1) AND ($2::text IS NULL OR stats ->> 'key' = $2)
          AND ($3::text IS NULL OR status = $3)
        ORDER BY created_at DESC, id DESC LIMIT $4`,
      [job ?? null, key ?? null, status ?? null, limit],
    );
  }

  /** Marks a queued run as running; undefined when it is not queued any more. */
  async begin(id: string, worker: string): Promise<JobRun | undefined> {
    const begun = await this.changed(
      `UPDATE job_runs SET status = 'running', attempt = attempt + 1, started_at = now(), finished_at = NULL,
              error = NULL, stats = (stats - 'code' - 'hint') || jsonb_build_object('worker', $2::text, 'progress', 0)
        WHERE id = $1 AND status = 'queued' RETURNING ${COLUMNS}`,
      [id, worker],
    );
    return begun[0];
  }

  async progress(id: string, worker: string, progress: number): Promise<void> {
    await this.sql.query(
      `UPDATE job_runs SET stats = stats || jsonb_build_object('progress', $3::double precision)
        WHERE id = $1 AND status = 'running' AND stats ->> 'worker' = $2`,
      [id, worker, progress],
    );
  }

  /** Ends a run of this worker; undefined when it is not this worker's any more. */
  async end(
    id: string,
    worker: string,
    { status, result, rows, failure }: RunEnd,
  ): Promise<JobRun | undefined> {
    const facts = {
      ...(status === 'ok' ? { progress: 1, result: result ?? null } : {}),
      ...(failure === undefined ? {} : { code: failure.code, hint: failure.hint }),
    };
    const ended = await this.changed(
      `UPDATE job_runs SET status = $3, finished_at = now(), error = $4,
              stats = (stats - 'worker') || $5::jsonb, rows = $6
        WHERE id = $1 AND status = 'running' AND stats ->> 'worker' = $2 RETURNING ${COLUMNS}`,
      [id, worker, status, failure?.message ?? null, JSON.stringify(facts), rows ?? null],
    );
    return ended[0];
  }

  /** Puts a run of this worker back in the queue; `failed` counts an unexpected failure. */
  async putBack(id: string, worker: string, failed?: string): Promise<JobRun | undefined> {
    const queued = await this.changed(
      `UPDATE job_runs SET status = 'queued', error = $3,
              stats = (stats - 'worker') || jsonb_build_object(
                'failures', coalesce((stats ->> 'failures')::int, 0) + $4::int)
        WHERE id = $1 AND status = 'running' AND stats ->> 'worker' = $2 RETURNING ${COLUMNS}`,
      [id, worker, failed ?? null, failed === undefined ? 0 : 1],
    );
    return queued[0];
  }

  /** A queued run is skipped at once, a running one is marked; undefined when it has ended. */
  async cancel(id: string): Promise<JobRun | undefined> {
    const cancelled = await this.changed(
      `UPDATE job_runs SET stats = stats || '{"cancel": true}',
              finished_at = CASE status WHEN 'queued' THEN now() ELSE finished_at END,
              status = CASE status WHEN 'queued' THEN 'skipped' ELSE status END
        WHERE id = $1 AND status IN ('queued', 'running') RETURNING ${COLUMNS}`,
      [id],
    );
    return cancelled[0];
  }

  /** A failed or skipped run is queued again; undefined when it is neither. */
  async requeue(id: string): Promise<JobRun | undefined> {
    const queued = await this.changed(
      `UPDATE job_runs SET status = 'queued', finished_at = NULL, error = NULL,
              stats = (stats - 'code' - 'hint' - 'cancel' - 'worker') || '{"failures": 0, "progress": 0}'
        WHERE id = $1 AND status IN ('failed', 'skipped') RETURNING ${COLUMNS}`,
      [id],
    );
    return queued[0];
  }

  runningOf(worker: string): Promise<readonly JobRun[]> {
    return this.changed(
      `SELECT ${COLUMNS} FROM job_runs WHERE status = 'running' AND stats ->> 'worker' = $1`,
      [worker],
    );
  }

  /** Runs of this worker that somebody asked to stop. */
  async cancelledOf(worker: string): Promise<readonly string[]> {
    const { rows } = await this.sql.query<{ id: string }>(
      `SELECT id FROM job_runs WHERE status = 'running' AND stats ->> 'worker' = $1 AND stats @> '{"cancel": true}'`,
      [worker],
    );
    return rows.map(({ id }) => id);
  }

  /** Queues runs again whose worker's lease is over; those that were to stop are skipped. */
  async rescue(): Promise<readonly JobRun[]> {
    return this.changed(
      `UPDATE job_runs r SET
              status = CASE WHEN stats @> '{"cancel": true}' THEN 'skipped' ELSE 'queued' END,
              finished_at = CASE WHEN stats @> '{"cancel": true}' THEN now() END,
              stats = stats - 'worker'
        WHERE r.status = 'running' AND stats ? 'worker' AND NOT EXISTS (
          SELECT 1 FROM leases l WHERE l.name = r.stats ->> 'worker' AND l.expires_at > now()
        ) RETURNING ${COLUMNS}`,
      [],
    );
  }

  private async changed(text: string, parameters: readonly unknown[]): Promise<JobRun[]> {
    const { rows } = await this.sql.query<Stored>(text, parameters);
    return rows.map((row) => ({
      id: row.id,
      job: row.job,
      windowKey: row.window_key,
      status: row.status,
      attempt: row.attempt,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      error: row.error,
      stats: stats.parse(row.stats),
    }));
  }
}

function one(rows: JobRun[]): JobRun {
  return rows[0]!;
}
