/**
 * Questions of people in SQL: one read-only statement over the datasets as views, one row per key.
 *
 * They run in an engine of their own, so that no setting, temporary table or view of theirs meets ours. It may open
 * files of the lake's folder only, its configuration is locked, and extensions are neither installed nor loaded.
 */
import { realpathSync } from 'node:fs';
import type {
  DuckDBConnection,
  DuckDBExtractedStatements,
  DuckDBInstance,
  DuckDBPreparedStatement,
  JS,
  StatementType,
} from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { duckdb } from '../../platform/duckdb.js';
import { DATASET_NAMES, type DatasetName } from './datasets.js';
import { firstLine } from './file-system.js';
import type { LakeFile } from './lake-file.js';
import { viewSql } from './relation.js';
import { QUERY_TIMEOUT_MS, quote } from './session.js';

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** JSON-ready values: numbers, strings, booleans, null, arrays, objects. */
  readonly rows: readonly (readonly unknown[])[];
  /** True when more rows exist than `maxRows`. */
  readonly truncated: boolean;
  /** Damaged files left out (only with onCorrupt `skip`). */
  readonly skipped: readonly string[];
}

const READ_ONLY: readonly StatementType[] = [duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN];

/** Datasets that a query may mean: those whose name it contains. */
export function datasetsNamed(query: string): DatasetName[] {
  const text = query.toLowerCase();
  // SHOW TABLES and information_schema name none and mean all
  const all = /\bshow\b|information_schema|duckdb_|pragma_/.test(text);
  const isMeant = (name: DatasetName): boolean =>
    text.includes(name) || (name === 'regime_bars' && text.includes('regime_price_data_ohlc'));
  return DATASET_NAMES.filter((name) => all || isMeant(name));
}

function refused(why: string, cause?: unknown): TidewatchError {
  return new TidewatchError('query_refused', `the query was refused · ${why}`, {
    hint: `write one SELECT over ${DATASET_NAMES.join(', ')}`,
    cause,
  });
}

type Views = ReadonlyMap<DatasetName, readonly LakeFile[]>;

export interface GuardedEngineOptions {
  readonly threads?: number;
  /** As DuckDB spells it: `512MB`. */
  readonly memoryLimit?: string;
}

/** The engine that runs what people type. */
export class GuardedEngine {
  private instance: Promise<DuckDBInstance> | undefined;

  constructor(
    private readonly root: string,
    private readonly options: GuardedEngineOptions = {},
  ) {}

  private engine(): Promise<DuckDBInstance> {
    this.instance ??= this.start();
    return this.instance;
  }

  /** @param writable the one file outside the lake that a statement of ours may write */
  private async start(writable?: string): Promise<DuckDBInstance> {
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      threads: String(this.options.threads ?? 2),
      memory_limit: this.options.memoryLimit ?? '1GB',
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // no spilling: outside the lake nothing may be written, and a query that needs more memory fails
      temp_directory: '',
    });
    const connection = await instance.connect();
    const folders = [...new Set([this.root, realPath(this.root)])].map((folder) => quote(`${folder}/`));
    await connection.run(
      `SET GLOBAL TimeZone = 'UTC'; SET GLOBAL allowed_directories = [${folders.join(', ')}];
       SET GLOBAL allowed_paths = [${writable === undefined ? '' : quote(writable)}];
       SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true`,
    );
    connection.closeSync();
    return instance;
  }

  /**
   * @param views files of each dataset that the query names
   * @throws TidewatchError `query_refused`, `query_timeout`; an error of DuckDB when a file vanished meanwhile
   */
  async run(query: string, views: Views, maxRows: number): Promise<Omit<SqlAnswer, 'skipped'>> {
    return guard(await this.engine(), views, (connection) => answer(connection, query, maxRows));
  }

  /**
   * The rows of a query as a Parquet file. The engine of this call may write that file and nothing else.
   * @returns how many rows
   * @throws TidewatchError as `run`; an error of DuckDB when the file cannot be written
   */
  async writeParquet(query: string, views: Views, path: string): Promise<number> {
    const instance = await this.start(path);
    try {
      return await guard(instance, views, async (connection) => {
        await prepareOne(connection, query, [duckdb.StatementType.SELECT]);
        // a statement that stands alone stands in brackets too; the newline ends a comment at its end
        const select = query.trim().replace(/;\s*$/, '');
        const copied = await connection.run(
          `COPY (${select}\n) TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
        );
        return Number(copied.rowsChanged);
      });
    } finally {
      instance.closeSync();
    }
  }

  async close(): Promise<void> {
    if (this.instance) (await this.instance).closeSync();
    this.instance = undefined;
  }
}

/** Regime bars under the name and columns that imported queries know (operational schema §2). */
const OLD_REGIME_BARS = `CREATE TEMP VIEW regime_price_data_ohlc AS
  SELECT driver, book_id, timeframe, epoch_ms(ts::BIGINT) AS timestamp, open AS open_usd, high AS high_usd,
         low AS low_usd, close AS close_usd, volume, source, component_count
    FROM regime_bars`;

/** A connection with the views, for at most five minutes. */
async function guard<T>(
  instance: DuckDBInstance,
  views: Views,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await instance.connect();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.interrupt();
  }, QUERY_TIMEOUT_MS);
  timer.unref();
  try {
    // views are temporary: they end with the connection
    for (const [dataset, files] of views) {
      await connection.run(`CREATE TEMP VIEW ${dataset} AS ${viewSql(dataset, files)}`);
      if (dataset === 'regime_bars') await connection.run(OLD_REGIME_BARS);
    }
    return await work(connection);
  } catch (error) {
    if (late) {
      throw new TidewatchError('query_timeout', 'the query ran for five minutes and was stopped', {
        hint: 'narrow the time range or the columns',
        cause: error,
      });
    }
    throw asRefusal(error);
  } finally {
    clearTimeout(timer);
    connection.closeSync();
  }
}

/** What DuckDB says about the query, as a refusal; anything else as it is. */
function asRefusal(error: unknown): unknown {
  if (error instanceof TidewatchError || !(error instanceof Error)) return error;
  return /^(Parser|Binder|Catalog|Permission|Invalid Input|Conversion|Not implemented) Error/.test(
    error.message,
  )
    ? refused(firstLine(error.message), error)
    : error;
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

async function answer(
  connection: DuckDBConnection,
  query: string,
  maxRows: number,
): Promise<Omit<SqlAnswer, 'skipped'>> {
  const prepared = await prepareOne(connection, query, READ_ONLY);
  const result = await prepared.stream();
  const names = result.columnNames();
  const types = result.columnTypes();
  const rows: unknown[][] = [];
  let truncated = false;
  for await (const batch of result.yieldRowsJs()) {
    for (const row of batch) {
      if (rows.length >= maxRows) {
        truncated = true;
        break;
      }
      rows.push(row.map(jsonReady));
    }
    if (truncated) break;
  }
  return { columns: names.map((name, at) => ({ name, type: String(types[at]) })), rows, truncated };
}

/** @throws TidewatchError `query_refused` unless the text is one statement of a kind allowed */
async function prepareOne(
  connection: DuckDBConnection,
  query: string,
  allowed: readonly StatementType[],
): Promise<DuckDBPreparedStatement> {
  const statements = await split(connection, query);
  if (statements.count !== 1) throw refused(`it holds ${statements.count} statements, one is allowed`);
  const prepared = await statements.prepare(0);
  if (allowed.includes(prepared.statementType)) return prepared;
  const kind = duckdb.StatementType[prepared.statementType];
  throw refused(
    READ_ONLY.includes(prepared.statementType)
      ? `${kind} has no rows to write`
      : `${kind} is not a read-only statement`,
  );
}

async function split(connection: DuckDBConnection, query: string): Promise<DuckDBExtractedStatements> {
  if (query.trim() === '') throw refused('it is empty');
  try {
    return await connection.extractStatements(query);
  } catch (error) {
    const message = error instanceof Error ? firstLine(error.message) : String(error);
    throw refused(message.replace('Failed to extract statements: ', ''), error);
  }
}

/** Values as JSON knows them: 64-bit integers as numbers where exact, times as ISO text. */
function jsonReady(value: JS): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonReady);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonReady(inner as JS)]));
  }
  return value;
}
