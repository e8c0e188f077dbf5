/**
 * What can be asked of the operational side of a home. The command line runs these itself, or asks the process that owns
 * the home: the answers are the same plain JSON.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../market/clock.js';
import type { Calls } from '../platform/command-socket.js';
import type { Home } from '../platform/home.js';
import { JOB_STATUSES, type Job, type JobQueue } from '../platform/jobs/job.js';
import type { Scheduler } from '../platform/jobs/scheduler.js';
import { type AlertRow, SEVERITIES } from '../platform/store/alerts.js';
import { writeBackup } from '../platform/store/backup.js';
import { BOOTSTRAP_STATUSES, type BootstrapRow } from '../platform/store/bootstrap-runs.js';
import type { Store } from '../platform/store/store.js';
import { tokenCapSchema } from '../platform/store/token-caps.js';
import { DRIVER_CALLS, driverCalls } from './drivers/driver-calls.js';
import type { Drivers } from './drivers/drivers.js';
import { type ScheduledJobJson, scheduledJobJson } from './jobs/scheduled-job-json.js';

export interface OperationParts {
  readonly store: Store;
  readonly jobs: JobQueue;
  readonly scheduler: Scheduler;
  readonly home: Home;
  readonly clock: Clock;
  readonly drivers: Drivers;
}

/** The operational database: engine, migrations and rows by table. */
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
  /** UTC ms. */
  readonly created_at: number;
}

const backupInput = z.object({ path: z.string().nullable() });
const listInput = z.object({
  kind: z.string().optional(),
  key: z.string().optional(),
  status: z.enum(JOB_STATUSES).optional(),
  limit: z.int().min(1).max(10_000).optional(),
});
const startInput = z.object({ kind: z.string(), key: z.string(), input: z.json() });
const scheduleRunInput = z.object({ job: z.string(), window: z.string().nullable(), force: z.boolean() });
const alertInput = z.object({
  alert: z.object({
    name: z.string().min(1).max(200),
    kind: z.string().min(1).max(100),
    severity: z.enum(SEVERITIES),
    message: z.string().max(2_000),
    details: z.record(z.string(), z.json()),
  }),
  now: z.number(),
});
const alertName = z.object({ name: z.string(), now: z.number() });
const alertsInput = z.object({ open: z.boolean(), limit: z.int().min(1).max(1_000) });
const bootstrapInput = z.object({
  id: z.uuid(),
  started_at: z.number(),
  finished_at: z.number().nullable(),
  status: z.enum(BOOTSTRAP_STATUSES),
  steps: z.json(),
});
const idInput = z.object({ id: z.uuid() });
const capsInput = z.object({
  caps: z.array(tokenCapSchema.omit({ updated_at: true })),
  tagged_at: z.number(),
});

export function operationCalls({ store, jobs, scheduler, home, clock, drivers }: OperationParts) {
  return {
    ...driverCalls(drivers),
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
    'jobs.list': async (given: unknown): Promise<readonly Job[]> => jobs.list(listInput.parse(given)),
    'jobs.start': async (given: unknown): Promise<Job> => {
      const { kind, key, input } = startInput.parse(given);
      return jobs.start(kind, key, input);
    },
    'jobs.find': async (given: unknown): Promise<Job> => jobs.find(idInput.parse(given).id),
    'jobs.finished': async (given: unknown): Promise<Job> => jobs.finished(idInput.parse(given).id),
    'jobs.retry': async (given: unknown): Promise<Job> => jobs.retry(idInput.parse(given).id),
    'jobs.cancel': async (given: unknown): Promise<Job> => jobs.cancel(idInput.parse(given).id),
    'schedule.list': async (): Promise<readonly ScheduledJobJson[]> =>
      (await scheduler.state()).map(scheduledJobJson),
    'schedule.run': async (given: unknown): Promise<Job> => {
      const { job, window, force } = scheduleRunInput.parse(given);
      return scheduler.runNow(job, window ?? undefined, force);
    },
    'alerts.raise': async (given: unknown): Promise<'fired' | 'graver' | 'known'> => {
      const { alert, now } = alertInput.parse(given);
      return store.alerts.raise(alert, now);
    },
    'alerts.clear': async (given: unknown): Promise<AlertRow | null> => {
      const { name, now } = alertName.parse(given);
      return (await store.alerts.clear(name, now)) ?? null;
    },
    'alerts.list': async (given: unknown): Promise<readonly AlertRow[]> =>
      store.alerts.list(alertsInput.parse(given)),
    'bootstrap.save': async (given: unknown): Promise<null> => {
      await store.bootstrapRuns.save(bootstrapInput.parse(given));
      return null;
    },
    'caps.replace': async (given: unknown): Promise<number> => {
      const { caps, tagged_at: taggedAt } = capsInput.parse(given);
      await store.tokenCaps.replace(caps, taggedAt);
      return caps.length;
    },
    'bootstrap.newest': async (): Promise<BootstrapRow | null> =>
      (await store.bootstrapRuns.newest()) ?? null,
  } satisfies Calls;
}

export type OperationCalls = ReturnType<typeof operationCalls>;

/** What an owner answers from its first moment on. */
export const CALL_NAMES = [
  'db.status',
  'db.backup',
  'jobs.list',
  'jobs.start',
  'jobs.find',
  'jobs.finished',
  'jobs.retry',
  'jobs.cancel',
  'schedule.list',
  'schedule.run',
  'alerts.raise',
  'alerts.clear',
  'alerts.list',
  'bootstrap.save',
  'bootstrap.newest',
  'caps.replace',
  ...DRIVER_CALLS,
] as const satisfies readonly (keyof OperationCalls)[];

/** `<home>/db/backups/tidewatch-20260105T130000Z.ndjson.gz` */
function backupPath(home: Home, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  return join(home.db, 'backups', `tidewatch-${stamp}.ndjson.gz`);
}
