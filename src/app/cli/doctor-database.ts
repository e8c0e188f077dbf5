/** What `doctor` says of the operational database: where it lies, who holds it, whether a server can be worked with. */
import { existsSync } from 'node:fs';
import { TidewatchError } from '../../errors.js';
import { embeddedFolder, homeExists } from '../../platform/home.js';
import { askOwner } from '../../platform/home-owner.js';
import type { CommandContext } from './command-context.js';

export interface DatabaseCheck {
  readonly name: 'database';
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
}

const of = (status: DatabaseCheck['status'], message: string): DatabaseCheck => ({
  name: 'database',
  status,
  message: `database ${message}`,
});

/** An embedded one is not opened, which takes seconds and belongs to one process. Never throws. */
export async function checkDatabase({ home, config }: CommandContext): Promise<DatabaseCheck> {
  if (config.db.url !== null) return checkServer(config.db.url);
  if (!homeExists(home) || !existsSync(embeddedFolder(home)))
    return of('ok', 'embedded, not made yet · it is made when something is stored first');
  try {
    const owner = await askOwner(home, 'ping', null);
    if (owner === undefined) return of('ok', 'embedded, in use by no process');
    return of('ok', `embedded, owned by process ${(owner.result as { pid: number }).pid}, which answers`);
  } catch (error) {
    return of('warn', `embedded · its owner does not answer · ${wordsOf(error)}`);
  }
}

async function checkServer(url: string): Promise<DatabaseCheck> {
  const [{ PostgresDriver, placeOf }, { checkSchema }] = await Promise.all([
    import('../../platform/store/postgres-driver.js'),
    import('../../platform/store/schema-check.js'),
  ]);
  try {
    const driver = await PostgresDriver.open(url);
    try {
      const { head, pending, missing } = await checkSchema(driver);
      const place = placeOf(url);
      if (head === null) return of('warn', `${place}, empty · run: tidewatch db migrate`);
      if (pending.length + missing.length === 0) return of('ok', `${place}, migration ${head}`);
      return of('warn', `${place} lacks ${[...pending, ...missing].join(', ')} · run: tidewatch db migrate`);
    } finally {
      await driver.close();
    }
  } catch (error) {
    return of('fail', `· ${wordsOf(error)} · is the server up, and TIDEWATCH_DATABASE_URL right?`);
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof TidewatchError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
