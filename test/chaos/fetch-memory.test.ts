/** A download takes at most 1 GB whatever its length: three million bars nightly, a tenth of it usually. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { cleanEnvironment } from '../run-cli.js';
import { walkBars } from '../venues/local-bars.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const MINUTES = NIGHTLY ? 3_200_000 : 320_000;

it(`takes at most 1 GB for ${MINUTES} bars`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-memory-'));
  const start = Date.UTC(2019, 0, 1);
  const simulator = await startVenueSimulator({
    venues: ['binanceusdm'],
    bars: [walkBars('BTC', MINUTES, { start })],
    rateLimits: false,
  });
  const child = spawn(
    process.execPath,
    ['test/chaos/fetch-memory.mjs', folder, simulator.url('binanceusdm')],
    { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const answer = JSON.parse(await text(child.stdout)) as {
    rows: number;
    gaps: number;
    peak: number;
    samples: number;
  };
  await simulator.stop();
  const bytes = (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  rmSync(folder, { recursive: true });
  if (NIGHTLY)
    console.log(`${Math.round(answer.peak / 1e6)} MB at most, ${Math.round(bytes / 1e5) / 10} MB on disk`);
  expect(answer).toMatchObject({ rows: MINUTES, gaps: 0 });
  expect(answer.samples).toBeGreaterThan(3);
  expect(answer.peak).toBeLessThan(1e9);
  // 3.2 million rows with quote volume and trades: 110 MB
  expect(bytes / MINUTES).toBeLessThan(110 / 3.2);
}, 600_000);
