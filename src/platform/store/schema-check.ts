/** Whether the tables and columns that this build expects are there (operational schema §10, start-up check). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../package.js';
import { appliedMigrations, type Migration, readMigrations } from './migrations.js';
import type { Sql } from './sql.js';

export interface SchemaCheck {
  /** Newest migration applied; null in an empty database. */
  readonly head: string | null;
  /** Newest migration of this build. */
  readonly expected: string;
  readonly pending: readonly string[];
  /** `positions` or `positions.state`. */
  readonly missing: readonly string[];
}

const EXPECTED = join(PACKAGE_ROOT, 'src', 'platform', 'store', 'migrations', 'expected-columns.json');
const expectedColumns = z.record(z.string(), z.array(z.string()));

/** Table → columns. */
export async function columnsOf(sql: Sql): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows } = await sql.query<{ table_name: string; columns: string[] }>(`
    SELECT c.relname AS table_name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
     GROUP BY c.relname
     ORDER BY c.relname`);
  return Object.fromEntries(rows.map(({ table_name, columns }) => [table_name, columns]));
}

/** Compares the database with this build; reads only. */
export async function checkSchema(
  sql: Sql,
  migrations: readonly Migration[] = readMigrations(),
): Promise<SchemaCheck> {
  const applied = await appliedMigrations(sql);
  const there = await columnsOf(sql);
  const missing: string[] = [];
  const expected = expectedColumns.parse(JSON.parse(readFileSync(EXPECTED, 'utf8')));
  for (const [table, columns] of Object.entries(expected)) {
    const found = there[table];
    if (found === undefined) missing.push(table);
    else missing.push(...columns.filter((name) => !found.includes(name)).map((name) => `${table}.${name}`));
  }
  return {
    head: applied.at(-1)?.version ?? null,
    expected: migrations.at(-1)!.version,
    pending: migrations.slice(applied.length).map(({ version }) => version),
    missing,
  };
}
