/**
 * The operational store: what must not be lost and is not market data. One set of SQL and migrations over the embedded
 * database, a folder under the home, or a PostgreSQL server.
 */
import { renameSync } from 'node:fs';
import { TidewatchError } from '../../errors.js';
import { Alerts } from './alerts.js';
import { type BackupFacts, restoreBackup, verifyBackup } from './backup.js';
import { BootstrapRuns } from './bootstrap-runs.js';
import { BucketSnapshots } from './bucket-snapshots.js';
import { CompositeStates } from './composite-states.js';
import { DriverRecords } from './driver-records.js';
import { JobRuns } from './job-runs.js';
import { Leases } from './leases.js';
import { migrate } from './migrations.js';
import { ModuleConfigs } from './module-configs.js';
import { PgliteDriver } from './pglite-driver.js';
import { APPLICATION, PostgresDriver, placeOf } from './postgres-driver.js';
import { checkSchema, type SchemaCheck } from './schema-check.js';
import { asStoreError, type SqlDriver } from './sql.js';
import { TokenCaps } from './token-caps.js';

export type StorePlace =
  | { readonly engine: 'pglite'; readonly folder: string }
  | { readonly engine: 'postgres'; readonly url: string };

export interface StoreStatus extends SchemaCheck {
  readonly engine: 'pglite' | 'postgres';
  /** Folder, or host, port and database. */
  readonly place: string;
  readonly serverVersion: string;
  /** Of the whole database on disk. */
  readonly bytes: number;
  /** Estimated rows per table, those that hold any. */
  readonly rows: Readonly<Record<string, number>>;
}

export class Store {
  readonly jobRuns: JobRuns;
  readonly leases: Leases;
  readonly alerts: Alerts;
  readonly bootstrapRuns: BootstrapRuns;
  readonly moduleConfigs: ModuleConfigs;
  readonly driverRecords: DriverRecords;
  readonly compositeStates: CompositeStates;
  readonly tokenCaps: TokenCaps;
  readonly bucketSnapshots: BucketSnapshots;

  private constructor(
    readonly place: StorePlace,
    readonly sql: SqlDriver,
  ) {
    this.jobRuns = new JobRuns(sql);
    this.leases = new Leases(sql);
    this.alerts = new Alerts(sql);
    this.bootstrapRuns = new BootstrapRuns(sql);
    this.moduleConfigs = new ModuleConfigs(sql);
    this.driverRecords = new DriverRecords(sql);
    this.compositeStates = new CompositeStates(sql);
    this.tokenCaps = new TokenCaps(sql);
    this.bucketSnapshots = new BucketSnapshots(sql);
  }

  /**
   * Opens the store, applies what is missing of the migrations and checks that everything is there. The embedded one
   * must be owned by this process (home-owner.ts).
   * @throws TidewatchError `store_unavailable`, `schema_mismatch`, `migration_failed`
   */
  static async open(place: StorePlace): Promise<Store> {
    const sql = await openMigrated(place);
    try {
      const { missing, pending } = await checkSchema(sql);
      if (missing.length > 0 || pending.length > 0) {
        const named = [...missing, ...pending].slice(0, 3).join(', ');
        throw new TidewatchError('schema_mismatch', `the operational database lacks ${named}`, {
          hint: 'restore a backup with: tidewatch db restore',
          details: { missing, pending },
        });
      }
      return new Store(place, sql);
    } catch (error) {
      await sql.close();
      throw asStoreError(error, 'checking the schema');
    }
  }

  async status(): Promise<StoreStatus> {
    const { rows: facts } = await this.sql.query<{ version: string; bytes: number }>(
      "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes",
    );
    const { rows: tables } = await this.sql.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    );
    // one query: a thread that is busy with jobs is waited for once
    const { rows: counted } = await this.sql.query<{ name: string; n: number }>(
      tables.map(({ name }) => `SELECT '${name}' AS name, count(*) AS n FROM "${name}"`).join(' UNION ALL '),
    );
    const rows = Object.fromEntries(counted.filter(({ n }) => n > 0).map(({ name, n }) => [name, n]));
    return {
      ...(await checkSchema(this.sql)),
      engine: this.place.engine,
      place: this.place.engine === 'pglite' ? this.place.folder : placeOf(this.place.url),
      serverVersion: facts[0]!.version,
      bytes: facts[0]!.bytes,
      rows,
    };
  }

  close(): Promise<void> {
    return this.sql.close();
  }
}

async function openMigrated(place: StorePlace): Promise<SqlDriver> {
  // the role that services work as is made by a migration
  const owner = await openAsOwner(place);
  if (place.engine === 'pglite') return owner;
  await owner.close();
  return PostgresDriver.open(place.url, 'app_rw');
}

/** As the user who may change the schema, migrated up to and with `to`. */
async function openAsOwner(place: StorePlace, to?: string): Promise<SqlDriver> {
  const driver =
    place.engine === 'pglite' ? await PgliteDriver.open(place.folder) : await PostgresDriver.open(place.url);
  try {
    await migrate(driver, to === undefined ? {} : { to });
    return driver;
  } catch (error) {
    await driver.close();
    throw asStoreError(error, 'migrating');
  }
}

/**
 * Applies migrations without opening the store for work.
 * @param to last one to apply, by number or name; all when left out
 * @returns the newest that is applied now
 * @throws TidewatchError as `Store.open`, `bad_parameter` when there is no such migration
 */
export async function migrateStore(place: StorePlace, to?: string): Promise<SchemaCheck> {
  const driver = await openAsOwner(place, to);
  return checkSchema(driver).finally(() => driver.close());
}

/**
 * Replaces everything in the store by a backup. An embedded database that cannot be opened any more is put aside and
 * made anew.
 * @throws TidewatchError `file_not_found`, `corrupt_backup`, `schema_mismatch`, `store_unavailable`
 */
export async function restoreStore(
  place: StorePlace,
  path: string,
  now: number,
): Promise<BackupFacts & { readonly putAside: string | null }> {
  await verifyBackup(path);
  if (place.engine === 'postgres') await refuseInUse(place.url);
  let putAside: string | null = null;
  const driver = await openAsOwner(place).catch((error: unknown) => {
    if (place.engine !== 'pglite') throw error;
    putAside = `${place.folder}.damaged-${now}`;
    renameSync(place.folder, putAside);
    return openAsOwner(place);
  });
  try {
    const { head, expected } = await checkSchema(driver);
    return { ...(await restoreBackup(driver, path, head ?? expected)), putAside };
  } finally {
    await driver.close();
  }
}

/**
 * Rows must not be replaced under a process that works with them. On a server no lock names who does: its connections do.
 */
async function refuseInUse(url: string): Promise<void> {
  const driver = await PostgresDriver.open(url);
  try {
    const { rows } = await driver.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`,
      [APPLICATION],
    );
    const others = rows[0]!.others;
    if (others === 0) return;
    throw new TidewatchError(
      'home_in_use',
      `other processes of Tidewatch work with the database ${placeOf(url)} (${others} connections)`,
      { hint: 'stop them first', details: { connections: others } },
    );
  } finally {
    await driver.close();
  }
}
