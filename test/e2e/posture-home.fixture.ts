/** A home whose 24 driver cells are filled from simulated venues, on their clock, and the server that shows it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { DEFAULT_POSTURE } from '../../src/analysis/drivers/posture-config.js';
import { Drivers } from '../../src/app/drivers/drivers.js';
import { buildServer } from '../../src/app/server/server.js';
import type { Services } from '../../src/app/services.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { Venues } from '../../src/data/venues/open-venues.js';
import {
  syntheticDominance,
  syntheticMarket,
  syntheticTokens,
} from '../../src/data/venues/simulator/synthetic-market.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { Store } from '../../src/platform/store/store.js';
import { copyStore } from '../embedded-store.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** History that the venues know: enough for the states of days and for a month on the page. */
const DAYS = 33;
const VENUES = [
  'binanceusdm',
  'binance',
  'hyperliquid',
  'coingecko',
  'geckoterminal',
  'dexscreener',
] as const;

/** The pauses of the venues' budgets pass at once: a simulated venue counts nothing. */
async function fill(folder: string, { data, loaded }: Services, simulator: VenueSimulator): Promise<void> {
  const store = await Store.open({ engine: 'pglite', folder: join(folder, 'db', 'data') });
  let paused = 0;
  const drivers = new Drivers({
    store,
    access: { lake: data.lake, write: (work) => data.write(work) },
    clock: { now: () => simulator.now() },
    venues: new Venues({
      settings: loaded.config.venues,
      timer: {
        now: () => simulator.now() + paused,
        sleep: async (ms) => {
          paused += ms;
        },
      },
    }),
    settings: loaded.config.drivers,
    posture: DEFAULT_POSTURE,
  });
  await drivers.backfill();
  for (let minute = 0; minute < 2; minute += 1) {
    await simulator.advance(MINUTE);
    await drivers.run('1m');
  }
  await drivers.run('all');
  await store.close();
}

export interface PostureHome {
  readonly url: string;
  close(): Promise<void>;
}

export async function postureHome(): Promise<PostureHome> {
  const folder = mkdtempSync(join(tmpdir(), 'posture-'));
  await copyStore(join(folder, 'db', 'data'));
  // the browser's clock is the real one, so the simulated market ends now
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const start = Math.floor(now / DAY) * DAY - DAYS * DAY;
  const bars = syntheticMarket({ start, minutes: (now - start) / MINUTE + 60 });
  const simulator = await startVenueSimulator({ bars, clock: { start: now }, rateLimits: false, cacheMb: 4 });
  const settings = VENUES.map((id) => `  ${id}:\n    base_url: ${simulator.url(id)}\n    budget: 1.25\n`);
  const tokens = syntheticTokens(bars).map((token) => `    - ${token}\n`);
  const config = join(folder, 'tidewatch.yaml');
  writeFileSync(config, `venues:\n${settings.join('')}drivers:\n  tokens:\n${tokens.join('')}`);
  const services = await openTidewatch({ home: folder, config, clock: { now: () => simulator.now() } });
  const samples = syntheticDominance({ start, minutes: (now - start) / MINUTE });
  await services.data.write((writer) =>
    writer.append('dominance_samples', [...samples], { source: 'synthetic' }),
  );
  await fill(folder, services, simulator);
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: pino({ level: 'silent' }),
    stream: { pollMs: 500, heartbeatMs: 30_000 },
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async close() {
      await server.close();
      await services.close();
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
