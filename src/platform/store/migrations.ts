/**
 * The chain of migrations (operational schema §10): numbered files, forward only, one transaction each, recorded with
 * their checksum. A file that was applied must never change: a different checksum is refused. Processes that migrate at
 * the same moment take turns by an advisory lock.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { PACKAGE_ROOT } from '../package.js';
import type { Sql, SqlDriver } from './sql.js';

export interface Migration {
  /** `0001_extensions`. */
  readonly version: string;
  readonly sql: string;
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly version: string;
  readonly checksum: string;
  /** Epoch ms. */
  readonly appliedAt: number;
}

/** The files are part of the package: SQL is read, not compiled. */
const FOLDER = join(PACKAGE_ROOT, 'src', 'platform', 'store', 'migrations');
/** Any number, as long as it is ours. */
const LOCK = 7_421_190_835;

/** Files `NNNN_name.sql` of a folder in their order, each with its SHA-256. */
export function readMigrations(folder = FOLDER): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8');
      return {
        version: name.slice(0, -'.sql'.length),
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
      };
    });
}

/** Those recorded in the database, oldest first; none in an empty one. */
export async function appliedMigrations(sql: Sql): Promise<readonly AppliedMigration[]> {
  const { rows: found } = await sql.query<{ there: boolean }>(
    "SELECT to_regclass('public.schema_migrations') IS NOT NULL AS there",
  );
  if (!found[0]?.there) return [];
  const { rows } = await sql.query<{ version: string; checksum: string; applied_at: number }>(
    'SELECT version, checksum, applied_at FROM schema_migrations ORDER BY version',
  );
  return rows.map(({ version, checksum, applied_at }) => ({ version, checksum, appliedAt: applied_at }));
}

/**
 * Applies what is missing, up to and with `to`.
 * @returns versions applied now
 * @throws TidewatchError `schema_mismatch` when the database was made by other migrations than these,
 *   `migration_failed`; what was applied before the failing one stays
 */
export async function migrate(
  driver: SqlDriver,
  { migrations = readMigrations(), to }: { migrations?: readonly Migration[]; to?: string } = {},
): Promise<readonly string[]> {
  const head = to === undefined ? migrations.length - 1 : headIndex(migrations, to);
  const wanted = migrations.slice(0, head + 1);
  const before = await appliedMigrations(driver);
  requirePrefix(before, migrations);
  if (before.length === 0) {
    await inTurn(driver, (sql) =>
      sql.script(`
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version text PRIMARY KEY,
          checksum text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now(),
          created_at timestamptz NOT NULL DEFAULT now()
        )`),
    );
  }
  const done: string[] = [];
  for (const migration of wanted.slice(before.length)) {
    if (await applyOne(driver, migration, migrations)) done.push(migration.version);
  }
  return done;
}

/** A transaction beside which no other process migrates. */
function inTurn<T>(driver: SqlDriver, work: (sql: Sql) => Promise<T>): Promise<T> {
  return driver.transaction(async (sql) => {
    await sql.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    return work(sql);
  });
}

/** @returns false when another process has applied it meanwhile */
async function applyOne(
  driver: SqlDriver,
  { version, sql: text, checksum }: Migration,
  migrations: readonly Migration[],
): Promise<boolean> {
  try {
    return await inTurn(driver, async (sql) => {
      const applied = await appliedMigrations(sql);
      requirePrefix(applied, migrations);
      if (applied.some((each) => each.version === version)) return false;
      await sql.script(text);
      await sql.query('INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)', [
        version,
        checksum,
      ]);
      return true;
    });
  } catch (error) {
    if (error instanceof TidewatchError) throw error;
    throw new TidewatchError(
      'migration_failed',
      `migration ${version} failed · ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'nothing of it was applied; correct the cause and run: tidewatch db migrate',
        details: { version },
        cause: error,
      },
    );
  }
}

function headIndex(migrations: readonly Migration[], to: string): number {
  const index = migrations.findIndex(({ version }) => version === to || version.slice(0, 4) === to);
  if (index >= 0) return index;
  throw new TidewatchError('bad_parameter', `there is no migration ${to}`, {
    hint: `the newest is ${migrations.at(-1)?.version ?? 'none'}`,
    details: { to },
  });
}

/** What is applied must be the beginning of what this build has. */
function requirePrefix(applied: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  for (const [index, { version, checksum }] of applied.entries()) {
    const ours = migrations[index];
    if (ours?.version === version && ours.checksum === checksum) continue;
    throw new TidewatchError(
      'schema_mismatch',
      ours?.version === version
        ? `migration ${version} was applied with another content than this version has`
        : `the database has migration ${version}, which this version does not have`,
      {
        hint: 'use the version of Tidewatch that made the database, or a newer one',
        details: { version },
      },
    );
  }
}
