/** Alerts in the store: one open row per name, the cleared ones as history. */
import { instant, type Sql } from './sql.js';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** An alert with the names of its table; open until `cleared_at` is set. */
export interface AlertRow {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  readonly fired_at: number;
  readonly cleared_at: number | null;
}

export type NewAlert = Pick<AlertRow, 'name' | 'kind' | 'severity' | 'message' | 'details'>;

const COLUMNS = 'id, name, kind, severity, message, details, fired_at, cleared_at';

export class Alerts {
  constructor(private readonly sql: Sql) {}

  /** @returns `fired` when none of the name was open, `graver` when its severity rose, else `known` */
  async raise(
    { name, kind, severity, message, details }: NewAlert,
    now: number,
  ): Promise<'fired' | 'graver' | 'known'> {
    const { rows } = await this.sql.query<{ fresh: boolean; before: Severity | null }>(
      `WITH open AS (SELECT severity FROM alerts WHERE name = $1 AND cleared_at IS NULL)
       INSERT INTO alerts (name, kind, severity, message, details, fired_at)
       VALUES ($1, $2, $3, $4, $5::jsonb, $6::timestamptz)
       ON CONFLICT (name) WHERE cleared_at IS NULL
       DO UPDATE SET kind = excluded.kind, severity = excluded.severity, message = excluded.message,
                     details = excluded.details
       RETURNING (xmax = 0) AS fresh, (SELECT severity FROM open) AS before`,
      [name, kind, severity, message, JSON.stringify(details), instant(now)],
    );
    const { fresh, before } = rows[0]!;
    if (fresh) return 'fired';
    return before !== null && SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(before) ? 'graver' : 'known';
  }

  /** @returns the alert that was open, if one was */
  async clear(name: string, now: number): Promise<AlertRow | undefined> {
    const { rows } = await this.sql.query<AlertRow>(
      `UPDATE alerts SET cleared_at = $2::timestamptz WHERE name = $1 AND cleared_at IS NULL RETURNING ${COLUMNS}`,
      [name, instant(now)],
    );
    return rows[0];
  }

  /** Newest first; only the open ones, or all. */
  async list({ open, limit }: { open: boolean; limit: number }): Promise<readonly AlertRow[]> {
    const { rows } = await this.sql.query<AlertRow>(
      `SELECT ${COLUMNS} FROM alerts WHERE NOT $1::boolean OR cleared_at IS NULL
        ORDER BY (cleared_at IS NULL) DESC, fired_at DESC, id DESC LIMIT $2`,
      [open, limit],
    );
    return rows;
  }

  /** Forgets what was cleared before `time`. */
  async prune(time: number): Promise<number> {
    const { affected } = await this.sql.query('DELETE FROM alerts WHERE cleared_at < $1::timestamptz', [
      instant(time),
    ]);
    return affected;
  }
}
