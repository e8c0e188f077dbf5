/** `db …`: beside a running server the calls go to it, which owns the embedded database. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, TidewatchError } from '../../errors.js';
import { embeddedFolder, homeExists } from '../../platform/home.js';
import { ownHome } from '../../platform/home-owner.js';
import { verifyBackup } from '../../platform/store/backup.js';
import { readMigrations } from '../../platform/store/migrations.js';
import { migrateStore, restoreStore, type StorePlace } from '../../platform/store/store.js';
import type { DatabaseStatusJson } from '../operation-calls.js';
import { storePlace } from '../operations.js';
import type { CommandContext } from './command-context.js';
import { bytes, count, minute, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export async function runDbStatus(context: CommandContext): Promise<CommandResult> {
  const status = await statusOf(context);
  const { engine, place, server_version, head, pending, missing, rows } = status;
  const tables = Object.entries(rows);
  const lines = [
    `${engine === 'pglite' ? 'Embedded' : 'Server'}  PostgreSQL ${server_version}  ${place}  ${bytes(status.bytes)}`,
    head === null
      ? 'Empty: it is made when something is stored first, or by: tidewatch db migrate'
      : `Migration ${head}${pending.length > 0 ? `, ${plural(pending.length, 'migration')} to apply` : ', up to date'}`,
    ...missing.map((name) => `Missing: ${name}`),
    ...(tables.length === 0
      ? []
      : [
          renderTable(
            [text('Table'), number('Rows')],
            tables.map(([name, n]) => [name, count(n)]),
            context.style,
          ),
        ]),
  ];
  return { data: status, text: lines.join('\n'), exit: missing.length > 0 ? EXIT.findings : EXIT.ok };
}

export async function runDbMigrate(context: CommandContext, { to }: { to?: string }): Promise<CommandResult> {
  const place = storePlace(context.home, context.config);
  const check = await asOwner(context, place, () => migrateStore(place, to));
  const { head, expected, pending, missing } = check;
  return {
    data: { head, expected, pending, missing },
    text: `Migration ${head}${pending.length > 0 ? `, ${plural(pending.length, 'migration')} left to apply` : ', up to date'}`,
  };
}

export function runDbBackup(context: CommandContext, { out }: { out?: string }): Promise<CommandResult> {
  requireStore(context);
  return withAsking(context, async (services) => {
    const backup = await services.operations.ask('db.backup', {
      path: out === undefined ? null : resolve(out),
    });
    context.keep(backup.path);
    return { data: backup, text: `${plural(backup.rows, 'row')} in ${backup.path}` };
  });
}

export async function runDbRestore(
  context: CommandContext,
  file: string,
  yes: boolean | undefined,
): Promise<CommandResult> {
  const path = resolve(file);
  const { rows, createdAt } = await verifyBackup(path);
  const place = storePlace(context.home, context.config);
  await context.confirm(
    `replace the operational database by the ${plural(rows, 'row')} of ${minute(createdAt)}`,
    yes,
  );
  const restored = await asOwner(context, place, () => restoreStore(place, path, context.clock.now()));
  if (restored.putAside !== null) {
    context.warn({
      code: 'store_unavailable',
      message: `the old database could not be opened; it lies in ${restored.putAside}`,
      put_aside: restored.putAside,
    });
  }
  return {
    data: { path, head: restored.head, rows: restored.rows, created_at: restored.createdAt },
    text: `${plural(restored.rows, 'row')} restored from ${path}`,
  };
}

export async function runDbVerify(context: CommandContext, file: string | undefined): Promise<CommandResult> {
  if (file !== undefined) {
    const { path, head, rows, createdAt } = await verifyBackup(resolve(file));
    return {
      data: { path, head, rows, created_at: createdAt },
      text: `Whole: ${plural(rows, 'row')} of ${minute(createdAt)}, migration ${head}`,
    };
  }
  requireStore(context);
  const { head, expected, pending, missing } = await statusOf(context);
  const sound = pending.length === 0 && missing.length === 0;
  return {
    data: { head, expected, pending, missing },
    text: sound
      ? `All tables and columns of migration ${head} are there`
      : [...pending.map((name) => `Not applied: ${name}`), ...missing.map((name) => `Missing: ${name}`)].join(
          '\n',
        ),
    exit: sound ? EXIT.ok : EXIT.findings,
  };
}

/** Without making a database that is not there yet. */
async function statusOf(context: CommandContext): Promise<DatabaseStatusJson> {
  if (!storeExists(context)) {
    const versions = readMigrations().map(({ version }) => version);
    return {
      engine: 'pglite',
      place: embeddedFolder(context.home),
      server_version: 'none yet',
      bytes: 0,
      head: null,
      expected: versions.at(-1)!,
      pending: versions,
      missing: [],
      rows: {},
    };
  }
  return withAsking(context, ({ operations }) => operations.ask('db.status', null));
}

function storeExists({ home, config }: CommandContext): boolean {
  return config.db.url !== null || existsSync(embeddedFolder(home));
}

function requireStore(context: CommandContext): void {
  if (storeExists(context)) return;
  throw new TidewatchError('no_data', `there is no operational database in ${context.home.path} yet`, {
    hint: homeExists(context.home) ? 'run: tidewatch db migrate' : 'run: tidewatch start',
  });
}

/** A command that asks and leaves the jobs to those who work. */
function withAsking<T>(
  context: CommandContext,
  work: (services: Parameters<Parameters<typeof withServices>[1]>[0]) => Promise<T>,
): Promise<T> {
  return withServices(context, (services) => {
    services.operations.works = false;
    return work(services);
  });
}

/** As the only process of the home, where the database lies in it. */
async function asOwner<T>(context: CommandContext, place: StorePlace, work: () => Promise<T>): Promise<T> {
  if (place.engine === 'postgres') return work();
  const owner = await ownHome(context.home);
  return work().finally(() => owner.release());
}
