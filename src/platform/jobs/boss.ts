/**
 * pg-boss over the store's own connection: the queue lies in the schema `pgboss` of the same database, so that a job and
 * its row in job_runs change in one transaction. Only what delivers is used (send, fetch, complete, clearing up);
 * retries and rescue of lost runs are decided from job_runs, which knows why a run ended.
 */
import PgBoss from 'pg-boss';
import type { Sql } from '../store/sql.js';

/** What a transaction passes to a call, so that the call is part of it. */
export function bossDatabase(sql: Sql): PgBoss.Db {
  return {
    async executeSql(text, values) {
      if (/^\s*BEGIN;/.test(text)) {
        await sql.script(text);
        return { rows: [] };
      }
      return { rows: (await sql.query(text, values ?? [])).rows };
    },
  };
}

/** Starts pg-boss and makes a queue for each kind of job. */
export async function openBoss(
  sql: Sql,
  kinds: readonly string[],
  onError: (error: unknown) => void,
): Promise<PgBoss> {
  const boss = new PgBoss({ db: bossDatabase(sql), schedule: false, supervise: true, migrate: true });
  boss.on('error', onError);
  await boss.start();
  const there = new Set((await boss.getQueues()).map(({ name }) => name));
  for (const kind of kinds) if (!there.has(kind)) await createQueue(boss, kind);
  return boss;
}

const DEADLOCK = '40P01';
const TRIES = 5;

/**
 * A queue is a partition of the table that the other workers read. Of two that wait for each other, as workers that
 * start at the same moment may, PostgreSQL ends one, which asks again; a queue that is there by then is left as it is.
 */
async function createQueue(boss: PgBoss, kind: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await boss.createQueue(kind);
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK || attempt === TRIES) throw error;
    }
  }
}
