/**
 * An empty, migrated embedded database to start from. Making one takes seconds, so it is made once per set of
 * migrations and copied; the suites that test the making itself do not use it.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMigrations } from '../src/platform/store/migrations.js';
import { Store } from '../src/platform/store/store.js';

async function template(): Promise<string> {
  const content = readMigrations().map(({ checksum }) => checksum);
  const hash = createHash('sha256').update(content.join()).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `tidewatch-test-store-${hash}`);
  if (existsSync(folder)) return folder;
  const made = mkdtempSync(join(tmpdir(), 'tidewatch-test-store-new-'));
  await (await Store.open({ engine: 'pglite', folder: join(made, 'data') })).close();
  try {
    renameSync(join(made, 'data'), folder);
  } catch {
    // another suite was faster
  }
  rmSync(made, { recursive: true, force: true });
  return folder;
}

/** Puts a copy into `folder`, which must not exist. */
export async function copyStore(folder: string): Promise<void> {
  cpSync(await template(), folder, { recursive: true });
}
