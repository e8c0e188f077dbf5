/** Who holds a duty, and until when (operations spec §1). The clock is the database's: processes may disagree. */
import type { Sql } from './sql.js';

/** A lease lives this long and is renewed three times as often. */
export const LEASE_SECONDS = 30;

export class Leases {
  constructor(private readonly sql: Sql) {}

  /** Takes a free or expired lease, or renews an own one. */
  async hold(name: string, owner: string, pid: number, seconds: number = LEASE_SECONDS): Promise<boolean> {
    const { rows } = await this.sql.query(
      `INSERT INTO leases (name, owner, pid, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, pid = excluded.pid, expires_at = excluded.expires_at
        WHERE leases.owner = excluded.owner OR leases.expires_at < now()
       RETURNING name`,
      [name, owner, pid, seconds],
    );
    return rows.length === 1;
  }

  async release(name: string, owner: string): Promise<void> {
    await this.sql.query('DELETE FROM leases WHERE name = $1 AND owner = $2', [name, owner]);
  }

  /** For the one process that owns an embedded database: whoever held a lease in it is gone. */
  async releaseAll(): Promise<void> {
    await this.sql.query('DELETE FROM leases');
  }
}
