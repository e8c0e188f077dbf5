/**
 * Three `tidewatch up` on one PostgreSQL and one home: each duty (schedule, streams, alerts of the drivers) is with one of
 * them. Its holder is killed by SIGKILL again and again: another takes over within the life of the lease, every minute of
 * the market is in the lake, once, and no window of a job is done twice.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { PostgresDriver } from '../../src/platform/store/postgres-driver.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { type PostgresServer, startPostgres } from '../postgres-server.js';
import { startCli } from '../run-cli.js';
import { walkBars } from '../venues/local-bars.js';

const PROCESSES = 3;
const KILLS = 3;
const MINUTE = 60_000;
/** Life of a lease and one look of those who stand by. */
const TAKEOVER_MS = 31_500;
const ID = 'binanceusdm:-:BTCUSDT';
const DUTIES = ['streams', 'scheduler', 'driver alerts'];

const folder = mkdtempSync(join(tmpdir(), 'shared-server-'));
const children = new Set<ChildProcess>();
let server: PostgresServer;
let simulator: VenueSimulator;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.database('shared');
  const now = Date.now();
  const first = Math.floor(now / MINUTE) * MINUTE - 700 * MINUTE;
  const bars = walkBars('BTC', 760, { price: 60_000, start: first });
  simulator = await startVenueSimulator({
    venues: ['binanceusdm'],
    bars: [bars],
    clock: { start: now, speed: 1 },
    rateLimits: false,
  });
  writeFileSync(
    join(folder, 'tidewatch.yaml'),
    [
      'db:',
      `  url: ${url}`,
      'lake:',
      `  watched: ['${ID}']`,
      'venues:',
      ...['binance', 'hyperliquid', 'coingecko', 'geckoterminal', 'dexscreener'].map(
        (id) => `  ${id}:\n    base_url: http://127.0.0.1:9\n    tries: 1`,
      ),
      `  binanceusdm:\n    base_url: ${simulator.url('binanceusdm')}`,
    ].join('\n'),
  );
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await simulator.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function up(): Promise<{ readonly child: ChildProcess; readonly exited: Promise<number | null> }> {
  const started = await startCli(
    ['up', '--json', '--role', 'data', '--home', folder, '--config', join(folder, 'tidewatch.yaml')],
    /"bootstrap":/,
  );
  children.add(started.child);
  void started.exited.then(() => children.delete(started.child));
  return started;
}

it(`hands duties over in ${KILLS} kills of their holder`, async () => {
  const first = await up();
  const processes = [first, ...(await Promise.all(Array.from({ length: PROCESSES - 1 }, up)))];
  const sql = await PostgresDriver.open(url);
  const holderOf = async (duty: string): Promise<number | undefined> => {
    const { rows } = await sql.query<{ pid: number }>(
      'SELECT pid FROM leases WHERE name = $1 AND expires_at > now()',
      [duty],
    );
    return rows[0]?.pid;
  };
  const slowest = new Map<string, number>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const holder = await holderOf('streams');
    const at = processes.findIndex(({ child }) => child.pid === holder);
    expect(at, 'one of them follows the streams').toBeGreaterThanOrEqual(0);
    const held = [];
    for (const duty of DUTIES) if ((await holderOf(duty)) === holder) held.push(duty);
    const [gone] = processes.splice(at, 1);
    gone!.child.kill('SIGKILL');
    const killed = Date.now();
    await gone!.exited;
    const others = processes.map(({ child }) => child.pid);
    await Promise.all(
      held.map(async (duty) => {
        await expect
          .poll(async () => others.includes((await holderOf(duty)) ?? 0), { timeout: 90_000, interval: 100 })
          .toBe(true);
        slowest.set(duty, Math.max(slowest.get(duty) ?? 0, Date.now() - killed));
      }),
    );
    processes.push(await up());
  }

  // one that stops gives its duties back at once
  const holder = await holderOf('streams');
  const last = processes.findIndex(({ child }) => child.pid === holder);
  const [stopped] = processes.splice(last, 1);
  stopped!.child.kill('SIGTERM');
  expect(await stopped!.exited).toBe(143);
  const others = processes.map(({ child }) => child.pid);
  await expect
    .poll(async () => others.includes((await holderOf('streams')) ?? 0), { timeout: 10_000, interval: 100 })
    .toBe(true);

  // two more minutes close, then everything that the market had is there
  await pause(2.5 * MINUTE);
  const to = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;
  for (const { child, exited } of processes) {
    child.kill('SIGTERM');
    expect(await exited).toBe(143);
  }
  const lake = await Lake.open(join(folder, 'lake'), { clock: systemClock });
  const from = to - 60 * MINUTE;
  const columns = ['open', 'high', 'low', 'close', 'volume'] as const;
  const stored = await lake.columns('bars', { subject: ID, timeframe: '1m', from, to, columns });
  const truth = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', from, to);
  expect(truth.length).toBeGreaterThan(50);
  expect(Array.from(stored.ts)).toEqual(Array.from(truth.time));
  for (const name of columns) expect(stored.columns[name], name).toEqual(truth[name]);
  await lake.close();
  const { rows: twice } = await sql.query(
    "SELECT job, window_key FROM job_runs WHERE status = 'ok' GROUP BY job, window_key HAVING count(*) > 1",
  );
  expect(twice).toEqual([]);
  await sql.close();
  for (const [duty, ms] of slowest) {
    expect(ms, duty).toBeLessThan(TAKEOVER_MS);
    console.info(`${duty}: taken over within ${(ms / 1000).toFixed(1)} s of a kill`);
  }
}, 900_000);
