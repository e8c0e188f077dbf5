/**
 * A PostgreSQL server, several connections. Services work as the role app_rw, so that what migration 0013 forbids is
 * forbidden to them too; migrations work as the user of the address.
 */
import pg from 'pg';
import { asStoreError, PARSERS, type Row, type Sql, type SqlDriver, type SqlResult } from './sql.js';

/** What the server calls our connections. */
export const APPLICATION = 'tidewatch';

const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5_000;

const types = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    return PARSERS[id] ?? pg.types.getTypeParser(id, format as 'text');
  },
} as pg.CustomTypesConfig;

export class PostgresDriver implements SqlDriver {
  readonly engine = 'postgres';

  private constructor(private readonly pool: pg.Pool) {
    // an idle connection that breaks is replaced; the query that needed it is told by its own error
    pool.on('error', () => undefined);
    // one that breaks while it is in use tells its query; unheard, its event would end the process
    pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * @param role role that every connection takes on; the address's own user when left out
   * @throws TidewatchError `store_unavailable`
   */
  static async open(url: string, role?: 'app_rw' | 'app_ro'): Promise<PostgresDriver> {
    const pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: `-c timezone=UTC${role === undefined ? '' : ` -c role=${role}`}`,
      application_name: APPLICATION,
      types,
    });
    const driver = new PostgresDriver(pool);
    try {
      await driver.query('SELECT 1');
      return driver;
    } catch (error) {
      await pool.end();
      throw asStoreError(error, placeOf(url));
    }
  }

  query<T extends object = Row>(text: string, parameters: readonly unknown[] = []): Promise<SqlResult<T>> {
    return queryWith<T>(this.pool, text, parameters);
  }

  async script(text: string): Promise<void> {
    await this.connected((client) => runScript(client, text));
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.connected(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work({
          query: (text, parameters) => queryWith(client, text, parameters),
          script: (text) => runScript(client, text),
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }

  private async connected<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // its session may be in any state after a connection error
      client.release(typeof (error as { code?: unknown }).code !== 'string');
      throw error;
    }
  }
}

async function queryWith<T extends object>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<SqlResult<T>> {
  const { rows, rowCount, command } = await on.query<T & pg.QueryResultRow>(text, [...parameters]);
  return { rows, affected: command === 'SELECT' ? 0 : (rowCount ?? 0) };
}

async function runScript(client: pg.PoolClient, text: string): Promise<void> {
  try {
    await client.query(text);
  } catch (error) {
    if (/^\s*BEGIN;/i.test(text)) await client.query('ROLLBACK');
    throw error;
  }
}

/** Host, port and database of an address, without its password. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}:${port || '5432'}${pathname}`;
  } catch {
    return 'the address in TIDEWATCH_DATABASE_URL';
  }
}
