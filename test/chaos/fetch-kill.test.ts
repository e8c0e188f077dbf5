/**
 * A download killed by SIGKILL at random moments, from a venue that injects faults all the while, and begun again: the
 * lake ends with every bar of the truth, once, as it was.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import { mixedFaults } from '../../src/data/venues/simulator/faults/fault-rules.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { Random } from '../../src/market/random.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { cleanEnvironment } from '../run-cli.js';
import { syntheticSeries } from '../synthetic-bars.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const KILLS = NIGHTLY ? 60 : 3;
const MINUTES = NIGHTLY ? 400_000 : 40_000;
const ID = 'binanceusdm:-:BTCUSDT';
const folder = mkdtempSync(join(tmpdir(), 'fetch-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

it(`loses, repeats and changes no bar in ${KILLS} kills`, async () => {
  const random = new Random(20_261_122);
  const simulator = await startVenueSimulator({
    bars: [{ base: 'BTC', kind: 'perp', series: syntheticSeries('file:spot:BTCUSDT', '1m', MINUTES, 5) }],
    // corrections need the clock to move on, bans last in virtual time
    faults: mixedFaults(0.15, { without: ['corrected_bar', 'late_bar', 'ip_banned', 'invalid_parameter'] }),
    seed: 7,
    rateLimits: false,
  });
  const work = (killAfter: number): Promise<{ code: number | null; text: string }> => {
    const child = spawn(
      process.execPath,
      ['test/chaos/fetch-worker.mjs', folder, simulator.url('binanceusdm')],
      { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const first = simulator.requests.length;
    const watch = setInterval(() => {
      if (simulator.requests.length - first >= killAfter) child.kill('SIGKILL');
    }, 5);
    return new Promise((done) =>
      child.once('exit', (code) => {
        clearInterval(watch);
        done({ code, text });
      }),
    );
  };
  let killed = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const { code } = await work(8 + random.below(12));
    if (code === null) killed += 1;
  }
  expect(killed).toBeGreaterThan(KILLS / 2);
  let last = await work(Number.POSITIVE_INFINITY);
  for (let round = 0; round < 5 && last.code !== 0; round += 1) last = await work(Number.POSITIVE_INFINITY);
  expect(last.code).toBe(0);
  const report = JSON.parse(last.text) as { rows: number; held: number; gaps: number };
  expect(report.gaps).toBe(0);
  // what the killed runs had published was not fetched again
  expect(report.held).toBeGreaterThan(0);

  const lake = await Lake.open(folder, { clock: systemClock });
  const columns = ['open', 'high', 'low', 'close', 'volume'] as const;
  const stored = await lake.columns('bars', { subject: ID, timeframe: '1m', columns });
  const truth = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', 0, Number.MAX_SAFE_INTEGER);
  expect(stored.length).toBe(MINUTES);
  expect(stored.ts).toEqual(truth.time);
  for (const name of columns) expect(stored.columns[name], name).toEqual(truth[name]);
  await lake.close();
  await simulator.stop();
}, 600_000);
