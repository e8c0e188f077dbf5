/** A home whose 24 driver cells are filled from the synthetic market behind simulated venues, as its commands fill it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_POSTURE } from '../../src/analysis/drivers/posture-config.js';
import { Drivers } from '../../src/app/drivers/drivers.js';
import { HomeLake } from '../../src/app/home-lake.js';
import { openSyntheticHome } from '../../src/app/synthetic-home.js';
import { Venues } from '../../src/data/venues/open-venues.js';
import type { VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { loadConfig } from '../../src/platform/config.js';
import { DEFAULT_CONFIG } from '../../src/platform/config-schema.js';
import { resolveHome } from '../../src/platform/home.js';
import { Store } from '../../src/platform/store/store.js';
import { copyStore } from '../embedded-store.js';

const MINUTE = 60_000;
/** History that the venues know: enough for the states of days and for a month on the page. */
const DAYS = 33;

export interface FilledHome {
  readonly folder: string;
  /** Its tidewatch.yaml. */
  readonly file: string;
  readonly simulator: VenueSimulator;
  /** Lets the market go on with the real time; until then it stands. */
  run(): void;
  close(): Promise<void>;
}

/** The market ends now, by the real clock, because browsers and commands live by it. */
export async function filledHome(): Promise<FilledHome> {
  const folder = mkdtempSync(join(tmpdir(), 'filled-'));
  const home = resolveHome({ flag: folder, env: {}, cwd: folder });
  const started = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE;
  const { simulator, file } = await openSyntheticHome({
    home,
    config: DEFAULT_CONFIG,
    clock: { now: () => started },
    seed: 1,
    days: DAYS,
    ahead: 1,
    rateLimits: false,
  });
  await copyStore(join(home.db, 'data'));
  const { config } = loadConfig({ flag: file, env: {}, cwd: folder, home: folder });
  const clock = { now: () => simulator.now() };
  const data = await HomeLake.open(home, config, clock);
  const store = await Store.open({ engine: 'pglite', folder: join(home.db, 'data') });
  // the pauses of the venues' budgets pass at once: a simulated venue counts nothing
  let paused = 0;
  const timer = {
    now: () => simulator.now() + paused,
    sleep: async (ms: number) => {
      paused += ms;
    },
  };
  const drivers = new Drivers({
    store,
    access: { lake: data.lake, write: (work) => data.write(work) },
    clock,
    venues: new Venues({ settings: config.venues, timer }),
    settings: config.drivers,
    posture: DEFAULT_POSTURE,
  });
  await drivers.backfill();
  for (let minute = 0; minute < 2; minute += 1) {
    await simulator.advance(MINUTE);
    await drivers.run('1m');
  }
  await store.close();
  await data.close();
  let running: NodeJS.Timeout | undefined;
  return {
    folder,
    file,
    simulator,
    run() {
      running ??= setInterval(() => {
        const passed = Date.now() - simulator.now();
        if (passed > 0) void simulator.advance(passed);
      }, 250);
    },
    async close() {
      clearInterval(running);
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
