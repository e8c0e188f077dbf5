/** A home with two majors-vs-alts runs over the small research lake, and the server that shows them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { storeTwoRuns } from '../../src/app/monitor/two-runs.fixture.js';
import { buildServer } from '../../src/app/server/server.js';
import { openTidewatch } from '../../src/app/tidewatch.js';

export interface MajorsHome {
  readonly url: string;
  close(): Promise<void>;
}

export async function majorsHome(): Promise<MajorsHome> {
  const folder = mkdtempSync(join(tmpdir(), 'majors-'));
  const services = await openTidewatch({ home: folder });
  await storeTwoRuns(services, join(folder, 'reports'));
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: pino({ level: 'silent' }),
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async close() {
      await server.close();
      await services.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
