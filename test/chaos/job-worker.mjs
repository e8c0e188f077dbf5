// The worker that the chaos test kills: owns the home, queues its jobs and works them off. Arguments: home, number of jobs.
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { embeddedFolder, resolveHome } from '../../dist/src/platform/home.js';
import { ownHome } from '../../dist/src/platform/home-owner.js';
import { DurableJobQueue } from '../../dist/src/platform/jobs/durable-job-queue.js';
import { Store } from '../../dist/src/platform/store/store.js';
import { systemClock } from '../../dist/src/platform/system-clock.js';

const [, , path, jobs] = process.argv;
const home = resolveHome({ flag: path, env: {}, cwd: process.cwd() });
await ownHome(home);
const store = await Store.open({ engine: 'pglite', folder: embeddedFolder(home) });
const effect = {
  name: 'effect',
  input: z.strictObject({ term: z.string() }),
  lane: 'io',
  timeoutMs: 60_000,
  async run({ term }) {
    writeSync(1, `begun ${term}\n`);
    // the effect, keyed; a kill may come before it, after it, and before the job is marked as done
    await store.sql.query(
      "INSERT INTO ignored_tokens (term, rule) VALUES ($1, 'suppress') ON CONFLICT DO NOTHING",
      [term],
    );
    await pause(60);
    return { term };
  },
};
const onFailure = (error) => writeSync(2, `${error.stack}\n`);
const queue = await DurableJobQueue.open({ store, kinds: [effect], clock: systemClock, onFailure });
writeSync(1, 'ready\n');
const known = new Set((await queue.list({ kind: 'effect', limit: 10_000 })).map(({ key }) => key));
for (let job = 0; job < Number(jobs); job += 1) {
  const key = `job-${job}`;
  if (known.has(key)) continue;
  const { id } = await queue.start('effect', key, { term: key });
  writeSync(1, `queued ${key} ${id}\n`);
}
for (;;) {
  const runs = await queue.list({ kind: 'effect', limit: 10_000 });
  if (runs.every(({ status }) => status === 'completed')) break;
  await pause(50);
}
await queue.close();
await store.close();
writeSync(1, 'done\n');
process.exit(0);
