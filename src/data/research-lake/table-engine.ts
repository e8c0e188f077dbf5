/**
 * The query engine of the research tables of this process. Opening one costs as much as reading a small lake, so it is
 * kept for a while after its last use: a run reads, computes and writes, a sweep does so many times.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { Session } from '../lake/session.js';

const IDLE_MS = 5_000;

let engine: Session | undefined;
let users = 0;
let idle: NodeJS.Timeout | undefined;

/** Lends a connection; several at once where asked for together. One thread each: the work is many small tables. */
export async function withTables<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  clearTimeout(idle);
  engine ??= new Session({ threads: 1 });
  users += 1;
  try {
    return await engine.use(work);
  } finally {
    users -= 1;
    if (users === 0) {
      // a process that has nothing else to do ends without waiting for this
      idle = setTimeout(() => {
        void engine?.close();
        engine = undefined;
      }, IDLE_MS).unref();
    }
  }
}
