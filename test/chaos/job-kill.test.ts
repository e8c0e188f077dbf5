/** The process that works the jobs of an embedded store off is killed at any moment: no job is lost, no effect doubled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Store } from '../../src/platform/store/store.js';
import { copyStore } from '../embedded-store.js';
import { cleanEnvironment } from '../run-cli.js';
import { generator, NIGHTLY, SEED } from './lake-process.js';

const KILLS = NIGHTLY ? 50 : 5;
const JOBS = KILLS * 16;
const folder = mkdtempSync(join(tmpdir(), 'job-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

it(`loses no job and doubles no effect over ${KILLS} kills (seed ${SEED})`, async () => {
  const home = join(folder, 'home');
  const data = join(home, 'db', 'data');
  await copyStore(data);
  const random = generator(9);
  const queued = new Set<string>();
  const run = (): { killed: () => Promise<void>; begun: Promise<unknown>; ended: Promise<string> } => {
    const child = spawn(process.execPath, ['test/chaos/job-worker.mjs', home, String(JOBS)], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let told = (): void => undefined;
    const begun = new Promise<void>((done) => {
      told = done;
    });
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const [, key] of output.matchAll(/^queued (\S+) \S+$/gm)) queued.add(key!);
      if (output.includes('begun')) told();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const exit = once(child, 'close');
    const ended = exit.then(([code]) => {
      expect(errors).toBe('');
      if (code !== null) expect(code).toBe(0);
      return output;
    });
    const killed = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exit;
    };
    return { killed, begun: Promise.race([begun, exit]), ended };
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const worker = run();
    await worker.begun;
    await pause(random.uniform() * 200);
    await worker.killed();
    await worker.ended;
  }
  expect(await run().ended).toContain('done');

  const store = await Store.open({ engine: 'pglite', folder: data });
  const { rows: runs } = await store.sql.query<{ key: string; status: string; attempt: number }>(
    "SELECT stats ->> 'key' AS key, status, attempt FROM job_runs ORDER BY created_at",
  );
  expect(runs.filter(({ status }) => status !== 'ok')).toEqual([]);
  const keys = runs.map(({ key }) => key);
  expect(new Set(keys).size, 'each key once').toBe(keys.length);
  expect(keys.sort()).toEqual(Array.from({ length: JOBS }, (_, job) => `job-${job}`).sort());
  for (const key of queued) expect(keys, 'what was acknowledged').toContain(key);
  const { rows: effects } = await store.sql.query<{ n: number }>('SELECT count(*) AS n FROM ignored_tokens');
  expect(effects[0]!.n).toBe(JOBS);
  const again = runs.filter(({ attempt }) => attempt > 1).length;
  expect(again, 'kills between effect and completion').toBeGreaterThan(0);
  console.info(`${KILLS} kills: ${JOBS} jobs, 0 lost, 0 effects doubled; ${again} ran more than once`);
  await store.close();
}, 600_000);
