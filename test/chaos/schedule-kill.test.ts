/**
 * Four workers on one PostgreSQL keep a schedule; they are killed at any moment, the one that leads included, and the clock
 * jumps ahead and back. Every window has its effect, none has it twice.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresDriver } from '../../src/platform/store/postgres-driver.js';
import { Store } from '../../src/platform/store/store.js';
import { type PostgresServer, startPostgres } from '../postgres-server.js';
import { cleanEnvironment } from '../run-cli.js';
import { generator, NIGHTLY, SEED } from './lake-process.js';

const WORKERS = 4;
const KILLS = NIGHTLY ? 200 : 20;
const MINUTE = 60_000;
/** How far the clock jumps: an hour, in the short profile less, as every minute of it is made up for one by one. */
const JUMP = (NIGHTLY ? 60 : 20) * MINUTE;
/** A minute of the schedule passes in half a second. */
const SPEED = 120;

let server: PostgresServer;
const folder = mkdtempSync(join(tmpdir(), 'schedule-kill-'));
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it(`has each effect once over ${KILLS} kills of ${WORKERS} workers and jumps of the clock (seed ${SEED})`, async () => {
  const url = await server.database('kills');
  await (await Store.open({ engine: 'postgres', url })).close();
  const sql = await PostgresDriver.open(url);
  await sql.script(`
    CREATE TABLE effects (job text, "end" bigint, since bigint, PRIMARY KEY (job, "end"));
    CREATE TABLE effect_totals (job text PRIMARY KEY, n int NOT NULL);
    INSERT INTO effect_totals VALUES ('each', 0), ('span', 0);
    GRANT ALL ON effects, effect_totals TO app_rw;`);
  const jumpFile = join(folder, 'jump');
  writeFileSync(jumpFile, '0');
  const began = Date.now();
  const random = generator(11);

  const start = async (): Promise<ChildProcess> => {
    const worker = spawn(
      process.execPath,
      ['test/chaos/schedule-worker.mjs', url, String(began), String(SPEED), jumpFile],
      { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((ready, failed) => {
      worker.stdout!.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('ready')) ready();
      });
      worker.once('exit', (code) => failed(new Error(`a worker ended with ${code}`)));
    });
    return worker;
  };
  const kill = async (worker: ChildProcess): Promise<void> => {
    const gone = once(worker, 'exit');
    worker.kill('SIGKILL');
    await gone;
  };

  // one that was killed starts again while the next is killed: there are moments with few workers, or none
  const begin = (): Promise<ChildProcess> => {
    const started = start();
    started.catch(() => undefined);
    return started;
  };
  const workers = Array.from({ length: WORKERS }, begin);
  await Promise.all(workers);
  for (let done = 0; done < KILLS; done += 1) {
    // ahead, back, and ahead again, so that the schedule does not stand still for the rest
    if (done === Math.floor(KILLS / 4)) writeFileSync(jumpFile, String(JUMP));
    if (done === Math.floor(KILLS / 2)) writeFileSync(jumpFile, '0');
    if (done === Math.floor(KILLS / 2) + 2) writeFileSync(jumpFile, String(JUMP));
    await pause(50 + random.uniform() * 300);
    const at = random.below(WORKERS);
    await kill(await workers[at]!);
    workers[at] = begin();
  }
  const now = began + (Date.now() - began) * SPEED + JUMP;
  const last = Math.floor(now / MINUTE) * MINUTE;
  const newest = async (): Promise<number> => {
    const { rows } = await sql.query<{ end: number }>(
      `SELECT min(newest) AS end
         FROM (SELECT coalesce(max("end"), 0) AS newest FROM effect_totals LEFT JOIN effects USING (job) GROUP BY job) t`,
    );
    return rows[0]?.end ?? 0;
  };
  await expect.poll(newest, { timeout: 120_000, interval: 250 }).toBeGreaterThanOrEqual(last);
  await Promise.all(workers.map(async (worker) => kill(await worker)));

  const { rows: totals } = await sql.query<{ job: string; n: number; effects: number }>(
    'SELECT t.job, n, (SELECT count(*) FROM effects e WHERE e.job = t.job) AS effects FROM effect_totals t',
  );
  for (const { job, n, effects } of totals) expect([job, n], 'effects doubled').toEqual([job, effects]);
  const effectsOf = async (job: string) =>
    (
      await sql.query<{ end: number; since: number }>(
        'SELECT "end", since FROM effects WHERE job = $1 ORDER BY "end"',
        [job],
      )
    ).rows;
  const each = await effectsOf('each');
  const missing = each.filter(({ end }, index) => index > 0 && end - each[index - 1]!.end !== MINUTE);
  expect(missing, 'windows missing').toEqual([]);
  const spans = await effectsOf('span');
  const holes = spans.filter(({ since }, index) => index > 0 && since > spans[index - 1]!.end);
  expect(holes, 'time that no run was for').toEqual([]);
  const { rows: runs } = await sql.query<{ again: number; all: number; unsettled: number }>(
    `SELECT count(*) FILTER (WHERE attempt > 1) AS again, count(*) AS all,
            count(*) FILTER (WHERE status = 'failed') AS unsettled FROM job_runs`,
  );
  expect(runs[0]!.unsettled).toBe(0);
  expect(each.length).toBeGreaterThan(JUMP / MINUTE);
  expect(spans.length).toBeGreaterThan(1);
  console.info(
    `${KILLS} kills, ${WORKERS} workers: ${each.length} windows each and ${spans.length} spans, 0 effects missing, 0 doubled; ${runs[0]!.again} of ${runs[0]!.all} runs began more than once`,
  );
  await sql.close();
}, 900_000);
