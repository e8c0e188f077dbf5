/** The thread of the embedded database: one order after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { PgliteAnswer, PgliteFailure, PgliteOrder } from './pglite-driver.js';
import { PARSERS, type Row, type SqlResult } from './sql.js';

const { folder, snapshot } = workerData as { folder: string; snapshot: Uint8Array | undefined };

const opened = PGlite.create({
  dataDir: folder,
  ...(snapshot === undefined ? {} : { loadDataDir: new Blob([new Uint8Array(snapshot)]) }),
});
// every order waits for it and tells its failure
opened.catch(() => undefined);

async function run(order: PgliteOrder): Promise<SqlResult | Uint8Array | null> {
  const database = await opened;
  switch (order.kind) {
    case 'query': {
      const { rows, affectedRows } = await database.query<Row>(order.text, [...order.parameters], {
        parsers: PARSERS,
      });
      return { rows, affected: affectedRows ?? 0 };
    }
    case 'script':
      try {
        await database.exec(order.text);
      } catch (error) {
        // a script that failed after its own BEGIN must not leave the one session in a broken transaction
        if (/^\s*BEGIN;/i.test(order.text)) await database.exec('ROLLBACK');
        throw error;
      }
      return null;
    case 'dump':
      return new Uint8Array(await (await database.dumpDataDir('gzip')).arrayBuffer());
    case 'close':
      await database.close();
      return null;
  }
}

function failureOf(error: unknown): PgliteFailure {
  const { message, code, constraint, detail } = error as PgliteFailure;
  return { message: message ?? String(error), code, constraint, detail };
}

parentPort?.on('message', (order: PgliteOrder) => {
  run(order).then(
    (result) => parentPort?.postMessage({ id: order.id, result } satisfies PgliteAnswer),
    (error: unknown) =>
      parentPort?.postMessage({ id: order.id, error: failureOf(error) } satisfies PgliteAnswer),
  );
});
