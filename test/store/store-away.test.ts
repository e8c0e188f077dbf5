/** The database goes away for a while under a running schedule, and comes back: nothing is lost, nothing is done twice. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeasedPart } from '../../src/app/process/leased-part.js';
import { FixedClock } from '../../src/market/clock.js';
import { AlertBook, type Notice } from '../../src/platform/alerts/alert-book.js';
import { DurableJobQueue } from '../../src/platform/jobs/durable-job-queue.js';
import { Schedule, type ScheduledJob } from '../../src/platform/jobs/schedule.js';
import { everyMinutes } from '../../src/platform/jobs/schedule-window.js';
import { scheduledKind } from '../../src/platform/jobs/scheduled-kind.js';
import { Scheduler } from '../../src/platform/jobs/scheduler.js';
import { Store } from '../../src/platform/store/store.js';
import { Cable } from '../cable.js';
import { type PostgresServer, startPostgres } from '../postgres-server.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

it('a schedule goes on after ten minutes without a database, with all that was missed', async () => {
  const url = new URL(await server.database('away'));
  const cable = await Cable.to(Number(url.port));
  url.port = String(cable.port);
  const store = await Store.open({ engine: 'postgres', url: url.href });
  const clock = new FixedClock(Date.parse('2026-01-05T12:00:30Z'));
  const effects = new Map<string, number>();
  let hold: (() => void) | undefined;
  let holdNext = false;
  const job: ScheduledJob = {
    id: 'each',
    what: 'test',
    cadence: everyMinutes(1),
    offsetMs: 0,
    dependsOn: [],
    lane: 'io',
    timeoutMs: 600_000,
    catchUp: { policy: 'each', lookBackMs: 3_600_000 },
    idempotency: 'by window',
    async run(_window, { windowKey }) {
      if (holdNext) {
        holdNext = false;
        await new Promise<void>((done) => {
          hold = done;
        });
      }
      // the effect lies elsewhere and is keyed by window
      effects.set(windowKey, (effects.get(windowKey) ?? 0) + 1);
      return undefined;
    },
  };
  const schedule = new Schedule();
  schedule.add(job);
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const timing = { leaseSeconds: 3, pollMs: 50, tickMs: 20 };
  const queue = await DurableJobQueue.open({
    store,
    kinds: [scheduledKind(job)],
    clock,
    onFailure,
    ...timing,
  });
  const scheduler = new Scheduler({ store, queue, schedule, clock, owner: 'test', onFailure, ...timing });
  const notices: Notice[] = [];
  const book = new AlertBook({ store: store.alerts, clock, onFailure });
  book.onNotice((notice) => notices.push(notice));
  scheduler.start();
  await expect.poll(() => effects.size, { timeout: 20_000 }).toBe(1);
  expect(scheduler.lease).toBe('held');

  // a run is under way when the database goes
  holdNext = true;
  clock.advance(60_000);
  await expect.poll(() => hold !== undefined, { timeout: 20_000 }).toBe(true);
  cable.isCut = true;
  hold!();
  await book.raise({ name: 'store_away', severity: 'critical', message: 'no database' });
  expect(notices.map(({ event }) => event)).toEqual(['fired']);
  clock.advance(10 * 60_000);
  await expect.poll(() => failures.length, { timeout: 20_000 }).toBeGreaterThan(3);
  expect(effects.size, 'nothing is begun without a database').toBe(2);
  await expect.poll(() => scheduler.lease, { timeout: 20_000 }).toBe('lost');

  cable.isCut = false;
  await expect.poll(() => effects.size, { timeout: 60_000 }).toBe(12);
  await expect
    .poll(async () => (await queue.list({ kind: 'each', limit: 100 })).map(({ status }) => status), {
      timeout: 20_000,
    })
    .toEqual(new Array(12).fill('completed'));
  const keys = [...effects.keys()].sort();
  expect([keys[0], keys.at(-1)]).toEqual(['each@2026-01-05T11:59', 'each@2026-01-05T12:10']);
  const again = [...effects].filter(([, times]) => times > 1);
  // only the run whose end could not be written may have run again
  expect(again.filter(([key]) => key !== 'each@2026-01-05T12:00')).toEqual([]);
  await book.reconcile();
  expect((await store.alerts.list({ open: true, limit: 5 })).map(({ name }) => name)).toEqual(['store_away']);
  await book.clear('store_away');
  expect(scheduler.lease).toBe('held');
  expect(notices.map(({ event }) => event)).toEqual(['fired', 'cleared']);
  await scheduler.stop();
  expect(scheduler.lease).toBeUndefined();
  await queue.close();
  await store.close();
  cable.close();
}, 180_000);

it('a duty goes to another process when its holder is killed, and back without a wait when one stops', async () => {
  const url = await server.database('duties');
  const store = await Store.open({ engine: 'postgres', url });
  const running: string[] = [];
  const dead = new Set<string>();
  const processOf = (owner: string): LeasedPart =>
    new LeasedPart(
      {
        name: 'streams',
        start: async () => void running.push(owner),
        stop: async () => void running.splice(running.indexOf(owner), 1),
        status: () => ({}),
      },
      async () => {
        // a process that was killed asks nothing more
        if (dead.has(owner)) await new Promise(() => undefined);
        return store.leases;
      },
      owner,
      1,
    );
  const host = {
    crashed(error: unknown) {
      throw error;
    },
  };
  const [one, two] = [processOf('one'), processOf('two')];
  await one.start(host);
  await two.start(host);
  expect(running).toEqual(['one']);
  dead.add('one');
  const killed = performance.now();
  await expect.poll(() => running, { timeout: 5_000, interval: 10 }).toEqual(['one', 'two']);
  expect(performance.now() - killed, 'the life of a lease').toBeLessThan(1_500);
  const three = processOf('three');
  await three.start(host);
  await two.stop();
  await expect.poll(() => running, { timeout: 5_000, interval: 10 }).toEqual(['one', 'three']);
  await three.stop();
  await store.close();
});
