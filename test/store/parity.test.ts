/** The same store, twice: embedded and on a server. Every case runs on both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TidewatchError } from '../../src/errors.js';
import { DurableJobQueue } from '../../src/platform/jobs/durable-job-queue.js';
import type { JobEvent, JobKind } from '../../src/platform/jobs/job.js';
import { appliedMigrations, migrate, readMigrations } from '../../src/platform/store/migrations.js';
import { columnsOf } from '../../src/platform/store/schema-check.js';
import { Store, type StorePlace } from '../../src/platform/store/store.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { copyStore } from '../embedded-store.js';
import { type PostgresServer, startPostgres } from '../postgres-server.js';

const folder = mkdtempSync(join(tmpdir(), 'store-parity-'));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const ENGINES: readonly [string, () => Promise<StorePlace>][] = [
  [
    'embedded',
    async () => {
      const data = join(folder, 'data');
      await copyStore(data);
      return { engine: 'pglite', folder: data };
    },
  ],
  ['server', async () => ({ engine: 'postgres', url: await server.database('parity') })],
];

describe.each(ENGINES)('%s', (_name, makePlace) => {
  let place: StorePlace;
  let store: Store;
  beforeAll(async () => {
    place = await makePlace();
    store = await Store.open(place);
  });
  afterAll(() => store.close());

  it('has every migration, table and column', async () => {
    const status = await store.status();
    expect(status).toMatchObject({ head: '0014_seed', expected: '0014_seed', pending: [], missing: [] });
    expect(status.rows).toMatchObject({ positions: 24, module_configs: 4, schema_migrations: 14 });
  });
});
void [z, TidewatchError, DurableJobQueue, systemClock, appliedMigrations, migrate, readMigrations, columnsOf];

export type { JobEvent, JobKind };
