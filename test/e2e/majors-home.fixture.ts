/** A home with two majors-vs-alts runs over the small research lake, and the server that shows them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { computeRun } from '../../src/app/monitor/compute-run.js';
import { readMonitorLake } from '../../src/app/monitor/monitor-lake.js';
import { recordMonitorRun } from '../../src/app/monitor/monitor-runs.js';
import { buildServer } from '../../src/app/server/server.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { monitorSchema } from '../../src/platform/monitor-config.js';

const LAKE = 'test/golden/data/majors-alts/lake/data/curated/data_lake';

export interface MajorsHome {
  readonly url: string;
  close(): Promise<void>;
}

export async function majorsHome(): Promise<MajorsHome> {
  const folder = mkdtempSync(join(tmpdir(), 'majors-'));
  const services = await openTidewatch({ home: folder });
  const base = monitorSchema.parse({});
  const lake = await readMonitorLake(LAKE, base, {});
  for (const [name, neutrality] of [
    ['dollar', 'dollar_neutral'],
    ['beta', 'beta_neutral'],
  ] as const) {
    const config = { ...base, universe: { ...base.universe, neutrality_mode: neutrality } };
    const run = computeRun(lake, config, { name, title: null });
    const identity = {
      name,
      title: null,
      category: null,
      lake: LAKE,
      start: undefined,
      end: undefined,
      config,
    };
    await recordMonitorRun({ ...services, reports: join(folder, 'reports') }, lake, identity, run);
  }
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
