// One of the workers that the chaos test kills. Arguments: database, beginning and speed of the clock, file with its jump.
import { readFileSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { DurableJobQueue } from '../../dist/src/platform/jobs/durable-job-queue.js';
import { Schedule } from '../../dist/src/platform/jobs/schedule.js';
import { everyMinutes } from '../../dist/src/platform/jobs/schedule-window.js';
import { scheduledKind } from '../../dist/src/platform/jobs/scheduled-kind.js';
import { Scheduler } from '../../dist/src/platform/jobs/scheduler.js';
import { Store } from '../../dist/src/platform/store/store.js';

const [, , url, began, speed, jumpFile] = process.argv;
const store = await Store.open({ engine: 'postgres', url });
const clock = {
  now() {
    const jump = Number(readFileSync(jumpFile, 'utf8')) || 0;
    return Math.floor(Number(began) + (Date.now() - Number(began)) * Number(speed) + jump);
  },
};
/** Three steps with a kill possible between any two: look, effect, completion. */
const effect = async (job, { start, end }, { since }) => {
  await pause(40);
  await store.sql.transaction(async (sql) => {
    const { rows } = await sql.query(
      'INSERT INTO effects (job, "end", since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING job',
      [job, end, since ?? start],
    );
    if (rows.length === 1) await sql.query('UPDATE effect_totals SET n = n + 1 WHERE job = $1', [job]);
  });
  await pause(40);
  return { rows: 1 };
};
const job = (id, catchUp, dependsOn = []) => ({
  id,
  what: 'has an effect',
  cadence: everyMinutes(1),
  offsetMs: 0,
  dependsOn: dependsOn.map((each) => ({ job: each, waitMs: 30_000 })),
  lane: 'io',
  timeoutMs: 60_000,
  catchUp,
  idempotency: 'keyed by window',
  run: (window, context) => effect(id, window, context),
});
const lookBackMs = 1_000 * 3_600_000;
const jobs = [
  job('each', { policy: 'each', lookBackMs }),
  job('span', { policy: 'span', lookBackMs }, ['each']),
];
const schedule = new Schedule();
schedule.add(...jobs);
// a killed leader or a deadlock of workers that start together is told and passes
const onFailure = (error) => writeSync(1, `failure ${error.message}\n`);
const queue = await DurableJobQueue.open({
  store,
  kinds: jobs.map(scheduledKind),
  clock,
  onFailure,
  leaseSeconds: 2,
  pollMs: 100,
});
const owner = `worker ${process.pid}`;
new Scheduler({ store, queue, schedule, clock, owner, onFailure, leaseSeconds: 2, tickMs: 50 }).start();
writeSync(1, 'ready\n');
