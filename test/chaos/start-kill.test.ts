/**
 * `start` killed at random moments and started again: it always completes, with whole results, and a killed run leaves
 * nothing half-written that anybody could read. Then it serves, and the second start has nothing left to compute.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../src/market/random.js';
import { PACKAGE_ROOT } from '../../src/platform/package.js';
import { CLI, cleanEnvironment, runJson, startCli } from '../run-cli.js';

/** What `/` serves. */
const DASHBOARD = join(PACKAGE_ROOT, 'dist', 'web', 'index.html');
const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const KILLS = NIGHTLY ? 30 : 3;
/** Latest kill, ms after the start. The nightly profile reaches every step; the short one mostly the import. */
const LATEST = NIGHTLY ? 15_000 : 5_000;
const folder = mkdtempSync(join(tmpdir(), 'start-kill-'));
let serving: ChildProcess | undefined;
afterAll(() => {
  serving?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const START = ['start', '--no-open', '--no-serve', '--home', folder];

function begin(): { child: ChildProcess; ended: Promise<boolean> } {
  const child = spawn(process.execPath, [CLI, ...START], { env: cleanEnvironment(), stdio: 'ignore' });
  const ended = new Promise<boolean>((done) => child.once('exit', (code) => done(code === 0)));
  return { child, ended };
}

/** Every model, manifest and report that has its final name is whole. */
function expectWhole(): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (entry.startsWith('lake') || /(^|\/)\./.test(entry)) continue;
    if (entry.endsWith('.json')) JSON.parse(readFileSync(join(folder, entry), 'utf8'));
    if (entry.endsWith('.html')) expect(readFileSync(join(folder, entry), 'utf8')).toMatch(/<\/html>\s*$/);
  }
}

it('completes after kills at any moment, stores nothing twice, and starts again without computing', async () => {
  const random = new Random(20_261_121);
  let killed = 0;
  let longest = LATEST;
  for (let round = 0; round < KILLS; round += 1) {
    const started = Date.now();
    const { child, ended } = begin();
    const finished = await Promise.race([ended, pause(300 + random.uniform() * longest, false)]);
    if (finished) longest = Math.max(1_000, Date.now() - started);
    else {
      child.kill('SIGKILL');
      await ended;
      killed += 1;
    }
    expectWhole();
  }
  expect(killed).toBeGreaterThan(0);

  const first = runJson(START);
  expect([first.code, first.envelope.error]).toEqual([0, null]);
  const regimes = (first.envelope.data.computed as { regimes: number }).regimes;
  const counts = runJson([
    'lake',
    'sql',
    `select count(*)::double, count(distinct ts)::double from regime_probabilities where model_id = '${first.envelope.data.model_id}'`,
    '--home',
    folder,
  ]);
  expect(counts.envelope.data.rows).toEqual([[regimes, regimes]]);
  const bars = runJson([
    'lake',
    'sql',
    "select count(*)::double, min(ts)::double, max(ts)::double from bars where instrument_id = 'binance:spot:BTCUSDT' and timeframe = '1h'",
    '--home',
    folder,
  ]);
  expect(bars.envelope.data.rows).toEqual([[34_976, Date.UTC(2020, 4, 11), Date.UTC(2024, 4, 8, 6)]]);

  const again = runJson(START);
  expect(again.envelope.data.computed).toMatchObject({
    sample_imported: false,
    model_trained: false,
    regimes_computed: 0,
  });
  expect(again.envelope.data.model_id).toBe(first.envelope.data.model_id);

  const served = await startCli(
    ['start', '--no-open', '--port', '0', '--home', folder],
    /http:\/\/127\.0\.0\.1:\d+/,
  );
  serving = served.child;
  const dashboard = await fetch(served.match[0]);
  expect([dashboard.status, await dashboard.text()]).toEqual([200, readFileSync(DASHBOARD, 'utf8')]);
  const report = await fetch(`${served.match[0]}/reports/latest`);
  expect([report.status, await report.text()]).toEqual([200, expect.stringContaining('BTC/USDT 1h regimes')]);
  const latest = (await (await fetch(`${served.match[0]}/api/hmm/latest`)).json()) as {
    label: string;
    probs: number[];
  };
  expect(served.output().stdout).toContain(
    `now ${latest.label} ${Math.max(...latest.probs).toFixed(2)}, for `,
  );
  served.child.kill('SIGINT');
  expect(await served.exited).toBe(130);
}, 600_000);
