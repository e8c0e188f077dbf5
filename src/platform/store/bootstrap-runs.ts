/** The reports of bootstraps (operations spec §2). */
import type { Sql } from './sql.js';
import { instant } from './sql.js';

export const BOOTSTRAP_STATUSES = ['running', 'ok', 'partial', 'degraded', 'failed'] as const;
export type BootstrapStatus = (typeof BOOTSTRAP_STATUSES)[number];

/** One bootstrap; null `finished_at` while it runs or when the process died in it. */
export interface BootstrapRow {
  readonly id: string;
  /** Epoch ms. */
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly status: BootstrapStatus;
  readonly steps: unknown;
}

export class BootstrapRuns {
  constructor(private readonly sql: Sql) {}

  /** Adds a report, or replaces the one of that id. */
  async save({ id, started_at, finished_at, status, steps }: BootstrapRow): Promise<void> {
    await this.sql.query(
      `INSERT INTO bootstrap_runs (id, started_at, finished_at, status, steps)
       VALUES ($1, $2::timestamptz, $3::timestamptz, $4, $5::jsonb)
       ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, status = excluded.status,
                                      steps = excluded.steps`,
      [
        id,
        instant(started_at),
        finished_at === null ? null : instant(finished_at),
        status,
        JSON.stringify(steps),
      ],
    );
  }

  async newest(): Promise<BootstrapRow | undefined> {
    const { rows } = await this.sql.query<BootstrapRow>(
      'SELECT id, started_at, finished_at, status, steps FROM bootstrap_runs ORDER BY started_at DESC LIMIT 1',
    );
    return rows[0];
  }
}
