/**
 * The process's one query engine: DuckDB in memory, a few long-lived connections, results as typed arrays.
 *
 * Settings of schema §4.0: memory limit and threads set, external file cache off (it keeps pages of deleted parts),
 * UTC. Chunks of 2,048 rows are copied into preallocated arrays; a NULL must be coalesced in the SQL because the
 * binding's `items` hold garbage there. A query that runs over five minutes is interrupted, which is why a replaced
 * file may be deleted after fifteen.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { duckdb } from '../../platform/duckdb.js';

export const QUERY_TIMEOUT_MS = 5 * 60_000;
const MAX_CONNECTIONS = 4;

export interface SessionOptions {
  readonly threads?: number;
  /** As DuckDB spells it: `2GB`. */
  readonly memoryLimit?: string;
}

/** Receives a chunk's columns; the arrays are only valid during the call. */
export type ChunkVisitor = (columns: readonly Float64Array[], length: number) => void;

export class Session {
  private instance: Promise<DuckDBInstance> | undefined;
  private idle: DuckDBConnection[] = [];
  private open = 0;
  private readonly waiting: (() => void)[] = [];
  private closed = false;
  /** Goes up when the engine is replaced; connections of an older one are not taken back. */
  private generation = 0;

  constructor(private readonly options: SessionOptions = {}) {}

  private engine(): Promise<DuckDBInstance> {
    this.instance ??= duckdb.DuckDBInstance.create(':memory:', {
      threads: String(this.options.threads ?? 2),
      memory_limit: this.options.memoryLimit ?? '1GB',
      enable_external_file_cache: 'false',
      temp_directory: join(tmpdir(), `tidewatch-${process.pid}`),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return this.instance;
  }

  private async connect(): Promise<DuckDBConnection> {
    const connection = await (await this.engine()).connect();
    await connection.run("SET TimeZone='UTC'");
    return connection;
  }

  /**
   * Lends a connection. Temporary tables live and die inside one call.
   * @param timeoutMs longer only for work that reads no file of the lake
   */
  async use<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    timeoutMs: number = QUERY_TIMEOUT_MS,
  ): Promise<T> {
    while (this.idle.length === 0 && this.open >= MAX_CONNECTIONS) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.closed) throw new TidewatchError('internal', 'the lake is closed');
    let connection = this.idle.pop();
    if (!connection) {
      this.open += 1;
      try {
        connection = await this.connect();
      } catch (error) {
        this.open -= 1;
        throw error;
      }
    }
    const lent = connection;
    const generation = this.generation;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      lent.interrupt();
    }, timeoutMs);
    timer.unref();
    try {
      const result = await work(lent);
      this.giveBack(lent, generation);
      return result;
    } catch (error) {
      if (isFatal(error) && generation === this.generation) this.discardEngine();
      else this.giveBack(lent, generation);
      if (late) {
        throw new TidewatchError(
          'query_timeout',
          `the query ran for ${timeoutMs / 60_000} minutes and was stopped`,
          {
            hint: 'narrow the time range or the columns',
            cause: error,
          },
        );
      }
      throw error;
    } finally {
      clearTimeout(timer);
      this.waiting.shift()?.();
    }
  }

  private giveBack(connection: DuckDBConnection, generation: number): void {
    if (this.closed || generation !== this.generation) connection.closeSync();
    else this.idle.push(connection);
  }

  /** After an internal error DuckDB refuses everything until it is opened anew. */
  private discardEngine(): void {
    this.instance = undefined;
    this.idle = [];
    this.open = 0;
    this.generation += 1;
  }

  async run(sql: string): Promise<void> {
    await this.use(async (connection) => {
      await connection.run(sql);
    });
  }

  /** Rows as objects; 64-bit integers come as numbers. */
  rows(sql: string): Promise<Record<string, unknown>[]> {
    return this.use((connection) => rowsOf(connection, sql));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const connection of this.idle) connection.closeSync();
    this.idle = [];
    for (const wake of this.waiting.splice(0)) wake();
    if (this.instance) (await this.instance).closeSync();
    this.instance = undefined;
  }
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof Error && /^(INTERNAL|FATAL) Error|database has been invalidated/.test(error.message)
  );
}

/** All rows as objects with plain numbers, strings and arrays; only for answers of a few thousand rows. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader
    .getRowObjectsJS()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Streams a query whose columns are all DOUBLE and not NULL, chunk by chunk in the order of the query. */
export async function visitChunks(
  connection: DuckDBConnection,
  sql: string,
  visit: ChunkVisitor,
): Promise<void> {
  const result = await connection.stream(sql);
  const width = result.columnCount;
  for (;;) {
    const chunk = await result.fetchChunk();
    const length = chunk?.rowCount ?? 0;
    if (!chunk || length === 0) return;
    // a new array each time: one that outlives the chunks would drag their buffers into the old generation
    const columns = new Array<Float64Array>(width);
    for (let column = 0; column < width; column += 1) {
      columns[column] = (chunk.getColumnVector(column) as unknown as { items: Float64Array }).items;
    }
    visit(columns, length);
  }
}

/**
 * The same as whole columns.
 * @param capacity rows expected; the arrays grow when there are more
 */
export async function readColumns(
  connection: DuckDBConnection,
  sql: string,
  width: number,
  capacity: number,
): Promise<{ columns: Float64Array[]; length: number }> {
  let size = Math.max(capacity, 1);
  let columns = Array.from({ length: width }, () => new Float64Array(size));
  let length = 0;
  await visitChunks(connection, sql, (chunk, rows) => {
    if (length + rows > size) {
      size = Math.max(2 * size, length + rows);
      columns = columns.map((column) => {
        const grown = new Float64Array(size);
        grown.set(column.subarray(0, length));
        return grown;
      });
    }
    for (let column = 0; column < width; column += 1) {
      const items = chunk[column]!;
      columns[column]!.set(items.length === rows ? items : items.subarray(0, rows), length);
    }
    length += rows;
  });
  // a view would keep all of a buffer that turned out much too large, for as long as the rows are cached
  const fits = 2 * length >= size;
  return {
    columns: columns.map((column) => (fits ? column.subarray(0, length) : column.slice(0, length))),
    length,
  };
}

/** A string as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
