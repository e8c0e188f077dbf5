/** The two databases that every case of the store runs on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorePlace } from '../../src/platform/store/store.js';
import { copyStore } from '../embedded-store.js';
import { type PostgresServer, startPostgres } from '../postgres-server.js';

export interface Engines {
  readonly folder: string;
  /** A place of its own for each call, migrated already where that is embedded. */
  place(engine: 'pglite' | 'postgres'): Promise<StorePlace>;
  stop(): Promise<void>;
}

export async function openEngines(): Promise<Engines> {
  const folder = mkdtempSync(join(tmpdir(), 'store-engines-'));
  const server: PostgresServer = await startPostgres();
  let places = 0;
  return {
    folder,
    async place(engine) {
      places += 1;
      if (engine === 'postgres') return { engine, url: await server.database(`store_${places}`) };
      const data = join(folder, `data-${places}`);
      await copyStore(data);
      return { engine, folder: data };
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
