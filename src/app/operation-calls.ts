/**
 * What can be asked of the operational side of a home. The command line runs these itself, or asks the process that owns
 * the home: the answers are the same plain JSON (snake_case, epoch ms).
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../market/clock.js';
import type { Calls } from '../platform/command-socket.js';
import type { Home } from '../platform/home.js';
import { JOB_STATUSES, type JobQueue } from '../platform/jobs/job.js';
import { writeBackup } from '../platform/store/backup.js';
import type { Store } from '../platform/store/store.js';
import { type JobJson, jobJson } from './jobs/job-json.js';

export interface OperationParts {
  readonly store: Store;
  readonly jobs: JobQueue;
  readonly home: Home;
  readonly clock: Clock;
}

export interface DatabaseStatusJson {
  readonly engine: 'pglite' | 'postgres';
  readonly place: string;
  readonly server_version: string;
  readonly bytes: number;
  readonly head: string | null;
  readonly expected: string;
  readonly pending: readonly string[];
  readonly missing: readonly string[];
  readonly rows: Readonly<Record<string, number>>;
}

export interface BackupJson {
  readonly path: string;
  readonly head: string;
  readonly rows: number;
  readonly created_at: number;
}

const backupInput = z.object({ path: z.string().nullable() });
const historyInput = z.object({
  kind: z.string().nullable(),
  status: z.enum(JOB_STATUSES).nullable(),
  limit: z.int().min(1).max(10_000),
});
const startInput = z.object({ kind: z.string(), key: z.string(), input: z.json() });
const idInput = z.object({ id: z.uuid() });

export function operationCalls({ store, jobs, home, clock }: OperationParts) {
  return {
    'db.status': async (): Promise<DatabaseStatusJson> => {
      const status = await store.status();
      return {
        engine: status.engine,
        place: status.place,
        server_version: status.serverVersion,
        bytes: status.bytes,
        head: status.head,
        expected: status.expected,
        pending: status.pending,
        missing: status.missing,
        rows: status.rows,
      };
    },
    'db.backup': async (given: unknown): Promise<BackupJson> => {
      const { path } = backupInput.parse(given);
      const now = clock.now();
      const { head, expected } = await store.status();
      const written = await writeBackup(store.sql, path ?? backupPath(home, now), {
        head: head ?? expected,
        createdAt: now,
      });
      return { path: written.path, head: written.head, rows: written.rows, created_at: now };
    },
    'jobs.history': async (given: unknown): Promise<readonly JobJson[]> => {
      const { kind, status, limit } = historyInput.parse(given);
      const found = await jobs.list({ kind: kind ?? undefined, status: status ?? undefined, limit });
      return found.map(jobJson);
    },
    'jobs.start': async (given: unknown): Promise<JobJson> => {
      const { kind, key, input } = startInput.parse(given);
      return jobJson(await jobs.start(kind, key, input));
    },
    'jobs.finished': async (given: unknown): Promise<JobJson> =>
      jobJson(await jobs.finished(idInput.parse(given).id)),
    'jobs.retry': async (given: unknown): Promise<JobJson> =>
      jobJson(await jobs.retry(idInput.parse(given).id)),
    'jobs.cancel': async (given: unknown): Promise<JobJson> =>
      jobJson(await jobs.cancel(idInput.parse(given).id)),
  } satisfies Calls;
}

export type OperationCalls = ReturnType<typeof operationCalls>;

/** `<home>/db/backups/tidewatch-20260105T130000Z.ndjson.gz` */
function backupPath(home: Home, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  return join(home.db, 'backups', `tidewatch-${stamp}.ndjson.gz`);
}
