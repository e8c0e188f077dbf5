/** An empty home whose exchange is a simulator that answers slowly enough to be watched, and the server that shows it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { buildServer } from '../../src/app/server/server.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { copyStore } from '../embedded-store.js';
import { syntheticSeries } from '../synthetic-bars.js';

const MINUTE = 60_000;
/** All of the exchange's history ends then, whenever it begins. */
const END = Date.UTC(2025, 0, 1);

export interface DownloadHome {
  readonly url: string;
  close(): Promise<void>;
}

/** @param minutes of history that the exchange has of each perpetual, by base */
export async function downloadHome(
  minutes: Readonly<Record<string, number>>,
  latencyMs: number,
): Promise<DownloadHome> {
  const folder = mkdtempSync(join(tmpdir(), 'download-'));
  await copyStore(join(folder, 'db', 'data'));
  const simulator = await startVenueSimulator({
    bars: Object.entries(minutes).map(([base, count], at) => ({
      base,
      kind: 'perp',
      series: syntheticSeries(`binanceusdm:-:${base}USDT`, '1m', count, 5 + at, END - count * MINUTE),
    })),
    latencyMs,
  });
  const config = join(folder, 'tidewatch.yaml');
  writeFileSync(config, `venues:\n  binanceusdm:\n    base_url: ${simulator.url('binanceusdm')}\n`);
  const services = await openTidewatch({ home: folder, config });
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: pino({ level: 'silent' }),
    stream: { pollMs: 100, heartbeatMs: 30_000 },
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    close: async () => {
      await server.close();
      await services.close();
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
