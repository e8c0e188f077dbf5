/**
 * Backups of the operational store that either engine can read: every table's rows as JSON lines, gzipped, from one
 * snapshot, ended by a line with their number and hash. `numeric` keeps all its digits. The queue is not part of it: it is
 * rebuilt from the history of jobs.
 *
 * Restoring replaces all rows in one transaction; a kill leaves the old ones or the new ones.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { asWriteError, reasonOf, syncFolder } from '../atomic-file.js';
import type { Sql, SqlDriver } from './sql.js';

const FORMAT = 1;
const PAGE = 2_000;

const header = z.object({ format: z.literal(FORMAT), head: z.string(), created_at: z.number() });
const rowLine = z.object({ t: z.string(), r: z.record(z.string(), z.unknown()) });
const footer = z.object({ end: z.object({ rows: z.int(), sha256: z.string() }) });

export interface BackupFacts {
  readonly path: string;
  /** Newest migration of the database that was backed up. */
  readonly head: string;
  /** Epoch ms; `rows` are those of all tables. */
  readonly createdAt: number;
  readonly rows: number;
}

/**
 * Writes the rows of all tables to `path`, which appears when it is whole.
 * @throws TidewatchError `disk_full`, `write_failed`
 */
export async function writeBackup(
  driver: SqlDriver,
  path: string,
  facts: { readonly head: string; readonly createdAt: number },
): Promise<BackupFacts> {
  const temporary = `${path}.writing`;
  let rows = 0;
  const hash = createHash('sha256');
  const line = (value: string): string => {
    hash.update(value).update('\n');
    return `${value}\n`;
  };
  async function* lines(sql: Sql): AsyncGenerator<string> {
    yield line(JSON.stringify({ format: FORMAT, head: facts.head, created_at: facts.createdAt }));
    for (const table of await tablesInOrder(sql)) {
      for (let after = '(0,0)'; ; ) {
        const page = await sql.query<{ at: string; r: string }>(
          `SELECT t.ctid::text AS at, to_jsonb(t)::text AS r FROM "${table}" t
            WHERE t.ctid > $1::tid ORDER BY t.ctid LIMIT ${PAGE}`,
          [after],
        );
        for (const { r } of page.rows) yield line(`{"t":"${table}","r":${r}}`);
        rows += page.rows.length;
        if (page.rows.length < PAGE) break;
        after = page.rows.at(-1)!.at;
      }
    }
    yield `${JSON.stringify({ end: { rows, sha256: hash.digest('hex') } })}\n`;
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await driver.transaction(async (sql) => {
      await sql.script('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await pipeline(Readable.from(lines(sql)), createGzip(), createWriteStream(temporary, { mode: 0o600 }));
    });
    const file = openSync(temporary, 'r+');
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : asWriteError(path, error);
  }
  return { path, head: facts.head, createdAt: facts.createdAt, rows };
}

/**
 * Reads a backup to its end and compares count and hash.
 * @throws TidewatchError `file_not_found`, `corrupt_backup`
 */
export async function verifyBackup(path: string): Promise<BackupFacts> {
  return readBackup(path, async () => undefined);
}

/**
 * Replaces every row of the store by those of the backup, which is verified first.
 * @param driver must work as the owner of the tables
 * @throws TidewatchError `file_not_found`, `corrupt_backup`, `schema_mismatch`
 */
export async function restoreBackup(driver: SqlDriver, path: string, head: string): Promise<BackupFacts> {
  const facts = await verifyBackup(path);
  if (facts.head !== head) {
    throw new TidewatchError(
      'schema_mismatch',
      `the backup was made at migration ${facts.head}, the database is at ${head}`,
      { hint: 'restore it with the version of Tidewatch that made it, then migrate', details: { path } },
    );
  }
  return driver.transaction(async (sql) => {
    const tables = await tablesInOrder(sql);
    await sql.script(`TRUNCATE ${tables.map((name) => `"${name}"`).join(', ')}`);
    // the history comes with the backup, the trigger would write it again
    await sql.script('ALTER TABLE module_configs DISABLE TRIGGER record_history');
    const read = await readBackup(path, async (table, rows) => {
      if (!tables.includes(table)) throw corrupt(path, `it holds an unknown table "${table}"`);
      await sql.query(
        `INSERT INTO "${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${table}", $1::jsonb)`,
        [`[${rows.join(',')}]`],
      );
    });
    await sql.script('ALTER TABLE module_configs ENABLE TRIGGER record_history');
    await sql.script(`
      DO $$
      DECLARE s record;
      BEGIN
        FOR s IN SELECT table_name AS t, pg_get_serial_sequence(quote_ident(table_name), column_name) AS sequence
                   FROM information_schema.columns
                  WHERE table_schema = 'public' AND column_default LIKE 'nextval(%' LOOP
          EXECUTE format('SELECT setval(%L, coalesce((SELECT max(id) FROM %I), 0) + 1, false)', s.sequence, s.t);
        END LOOP;
      END
      $$`);
    return read;
  });
}

/** Rows come as the JSON text of the file, in runs of one table. */
async function readBackup(
  path: string,
  take: (table: string, rows: readonly string[]) => Promise<void>,
): Promise<BackupFacts> {
  const hash = createHash('sha256');
  let facts: z.infer<typeof header> | undefined;
  let end: z.infer<typeof footer>['end'] | undefined;
  let count = 0;
  let table = '';
  let run: string[] = [];
  const flush = async (): Promise<void> => {
    if (run.length > 0) await take(table, run);
    run = [];
  };
  try {
    for await (const text of linesOf(path)) {
      if (end !== undefined) throw corrupt(path, 'it goes on after its end');
      if (facts === undefined) facts = header.parse(JSON.parse(text));
      else if (text.startsWith('{"end"')) {
        end = footer.parse(JSON.parse(text)).end;
        continue;
      } else {
        const { t } = rowLine.parse(JSON.parse(text));
        if (t !== table || run.length >= PAGE) await flush();
        table = t;
        // the row as it is written: parsing would round long numbers
        run.push(text.slice(`{"t":"${t}","r":`.length, -1));
        count += 1;
      }
      hash.update(text).update('\n');
    }
  } catch (error) {
    if (error instanceof TidewatchError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new TidewatchError('file_not_found', `the backup ${path} does not exist`, { details: { path } });
    }
    if ((error as NodeJS.ErrnoException).syscall !== undefined) {
      throw new TidewatchError('unreadable_file', `the backup ${path} cannot be read · ${reasonOf(error)}`, {
        details: { path },
        cause: error,
      });
    }
    if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')) throw error;
    throw corrupt(path, error instanceof Error ? error.message : String(error), error);
  }
  await flush();
  if (facts === undefined || end === undefined) throw corrupt(path, 'its end is missing');
  if (end.rows !== count || end.sha256 !== hash.digest('hex')) throw corrupt(path, 'its content has changed');
  return { path, head: facts.head, createdAt: facts.created_at, rows: count };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const unpacked = createGunzip();
  const reading = pipeline(createReadStream(path), unpacked);
  // told by the loop below, which reads to the error
  reading.catch(() => undefined);
  const text = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of unpacked) {
    const lines = (rest + text.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  await reading;
  if (rest !== '') yield rest;
}

/** Tables whose rows are kept, each after those it refers to. */
async function tablesInOrder(sql: Sql): Promise<string[]> {
  const { rows: tables } = await sql.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1",
  );
  const { rows: references } = await sql.query<{ from: string; to: string }>(`
    SELECT c.relname AS "from", r.relname AS "to" FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND n.nspname = 'public' AND c.oid <> r.oid`);
  const ordered: string[] = [];
  const left = new Set(tables.map(({ name }) => name));
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !references.some((each) => each.from === name && left.has(each.to)),
    );
    for (const name of free) {
      ordered.push(name);
      left.delete(name);
    }
  }
  return ordered;
}

function corrupt(path: string, reason: string, cause?: unknown): TidewatchError {
  return new TidewatchError('corrupt_backup', `the backup ${path} is damaged · ${reason}`, {
    hint: 'use another backup',
    details: { path },
    cause,
  });
}
