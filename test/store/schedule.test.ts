/** Windows of scheduled jobs, queued and worked off on both engines; the clock of the schedule is moved by hand. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TidewatchError } from '../../src/errors.js';
import { FixedClock } from '../../src/market/clock.js';
import { DurableJobQueue } from '../../src/platform/jobs/durable-job-queue.js';
import { isEnded } from '../../src/platform/jobs/job.js';
import { Schedule, type ScheduledContext, type ScheduledJob } from '../../src/platform/jobs/schedule.js';
import type { CatchUp } from '../../src/platform/jobs/schedule-table.js';
import { everyMinutes, type Window } from '../../src/platform/jobs/schedule-window.js';
import { scheduledKind } from '../../src/platform/jobs/scheduled-kind.js';
import { Scheduler } from '../../src/platform/jobs/scheduler.js';
import { JobRuns } from '../../src/platform/store/job-runs.js';
import { Store, type StorePlace } from '../../src/platform/store/store.js';
import { type Engines, openEngines } from './engines.js';

let engines: Engines;
beforeAll(async () => {
  engines = await openEngines();
});
afterAll(() => engines.stop());

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(`2026-01-05T${text}Z`);

describe.each(['pglite', 'postgres'] as const)('a schedule on %s', (engine) => {
  let place: StorePlace;
  let store: Store;
  const clock = new FixedClock(0);
  const ran: { key: string; since: number; degraded: boolean; catchUp: boolean; attempt: number }[] = [];
  const failures: unknown[] = [];
  let work: (window: Window, context: ScheduledContext) => Promise<undefined>;

  beforeAll(async () => {
    place = await engines.place(engine);
    store = await Store.open(place);
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    ran.length = 0;
    failures.length = 0;
    work = async () => undefined;
    await store.sql.query('DELETE FROM job_runs');
    await store.sql.query('DELETE FROM leases');
  });

  const job = (id: string, catchUp: CatchUp, more: Partial<ScheduledJob> = {}): ScheduledJob => ({
    id,
    what: 'test',
    cadence: everyMinutes(5),
    offsetMs: 10_000,
    dependsOn: [],
    lane: 'io',
    timeoutMs: MINUTE,
    catchUp,
    idempotency: 'notes that it ran',
    async run(window, context) {
      const { windowKey: key, since, degraded, catchUp: late, attempt } = context;
      ran.push({ key, since, degraded, catchUp: late, attempt });
      return work(window, context);
    },
    ...more,
  });
  let owners = 0;
  const open = async (...jobs: ScheduledJob[]) => {
    const schedule = new Schedule();
    schedule.add(...jobs);
    const onFailure = (error: unknown): void => void failures.push(error);
    const queue = await DurableJobQueue.open({
      store,
      kinds: jobs.map(scheduledKind),
      clock,
      onFailure,
    });
    owners += 1;
    const owner = `test ${owners}`;
    const scheduler = new Scheduler({ store, queue, schedule, clock, owner, onFailure });
    return {
      queue,
      scheduler,
      /** Looks at the schedule until nothing is due and nothing runs. */
      async settle(): Promise<void> {
        for (;;) {
          const before = (await queue.list({ limit: 1_000 })).length;
          await scheduler.tick();
          const runs = await queue.list({ limit: 1_000 });
          const busy = runs.filter((run) => !isEnded(run));
          if (busy.length === 0 && runs.length === before) return;
          await Promise.all(busy.map(({ id }) => queue.finished(id)));
        }
      },
      async close(): Promise<void> {
        await scheduler.stop();
        await queue.close();
      },
    };
  };
  const keys = (): string[] => ran.map(({ key }) => key.replace('2026-01-05T', ''));

  it('runs each window once, and again only when that is forced', async () => {
    const { scheduler, queue, settle, close } = await open(job('tidy', { policy: 'newest' }));
    clock.advance(at('12:05:09') - clock.now());
    await settle();
    expect(keys(), 'the first window it finds').toEqual(['tidy@11:55']);
    clock.advance(1_000);
    await settle();
    await settle();
    clock.advance(5 * MINUTE);
    await settle();
    expect(keys()).toEqual(['tidy@11:55', 'tidy@12:00', 'tidy@12:05']);
    const again = await scheduler.runNow('tidy', '2026-01-05T12:00', false);
    expect([again.status, again.key]).toEqual(['completed', 'tidy@2026-01-05T12:00']);
    await queue.finished((await scheduler.runNow('tidy', 'tidy@2026-01-05T12:00', true)).id);
    expect(keys().slice(3)).toEqual(['tidy@12:00']);
    expect(ran[3]?.attempt).toBe(2);
    await expect(scheduler.runNow('tidy', '2026-01-05T12:10', false)).rejects.toMatchObject({
      code: 'bad_parameter',
      message: 'tidy@2026-01-05T12:10 has not ended yet',
    });
    await close();
  });

  it('makes up for what was missed as each job says, also after the clock jumped', async () => {
    const jobs = [
      job('none', { policy: 'none' }),
      job('newest', { policy: 'newest' }),
      job('span', { policy: 'span', lookBackMs: 60 * MINUTE }),
      job('each', { policy: 'each', lookBackMs: 15 * MINUTE }),
    ];
    clock.advance(at('12:00:15') - clock.now());
    const first = await open(...jobs);
    await first.settle();
    await first.close();
    expect(keys().sort()).toEqual(['each@11:55', 'newest@11:55', 'span@11:55']);
    ran.length = 0;
    clock.advance(30 * MINUTE);
    const next = await open(...jobs);
    await next.settle();
    expect(keys().sort()).toEqual(['each@12:15', 'each@12:20', 'each@12:25', 'newest@12:25', 'span@12:25']);
    expect(ran.find(({ key }) => key.startsWith('span'))).toMatchObject({
      since: at('12:00'),
      catchUp: true,
    });
    ran.length = 0;
    clock.advance(60 * MINUTE);
    await next.settle();
    clock.advance(-60 * MINUTE);
    await next.settle();
    clock.advance(60 * MINUTE);
    await next.settle();
    expect(new Set(keys()).size, 'no window twice').toBe(keys().length);
    expect(keys().filter((key) => key.startsWith('newest'))).toEqual(['newest@13:25']);
    await next.close();
  });

  it('never overlaps: a slow run is followed by one for the newest window', async () => {
    let go = (): void => undefined;
    let running = 0;
    let most = 0;
    work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((done) => {
        go = done;
      });
      running -= 1;
      return undefined;
    };
    const { scheduler, queue, close } = await open(job('slow', { policy: 'newest' }));
    clock.advance(at('13:00:30') - clock.now());
    await scheduler.tick();
    await expect.poll(() => running, { timeout: 10_000 }).toBe(1);
    for (let period = 0; period < 3; period += 1) {
      clock.advance(5 * MINUTE);
      await scheduler.tick();
    }
    expect(await queue.list({ kind: 'slow' })).toHaveLength(1);
    go();
    await expect.poll(() => running, { timeout: 10_000 }).toBe(0);
    await expect.poll(async () => (await queue.list({ kind: 'slow', status: 'running' })).length).toBe(0);
    await scheduler.tick();
    await expect.poll(() => running, { timeout: 10_000 }).toBe(1);
    go();
    await expect.poll(() => running).toBe(0);
    expect(keys()).toEqual(['slow@12:55', 'slow@13:10']);
    expect(most).toBe(1);
    await close();
  });

  it('waits for what a job depends on, half a period at most', async () => {
    const bars = job('bars', { policy: 'newest' });
    const regime = job('regime', { policy: 'newest' }, { dependsOn: [{ job: 'bars' }, { job: 'nobody' }] });
    const { settle, close } = await open(bars, regime);
    clock.advance(at('14:00:10') - clock.now());
    await settle();
    expect(ran.map(({ key, degraded }) => [key.slice(0, 4), degraded])).toEqual([
      ['bars', false],
      ['regi', false],
    ]);
    await close();
    ran.length = 0;
    // the one it waits for is stuck
    let go = (): void => undefined;
    work = ({ end }, { windowKey }) =>
      windowKey.startsWith('bars') && end === at('14:05')
        ? new Promise<undefined>((done) => {
            go = () => done(undefined);
          })
        : Promise.resolve(undefined);
    const stuck = await open(bars, regime);
    clock.advance(5 * MINUTE);
    await stuck.scheduler.tick();
    clock.advance(149_000);
    await stuck.scheduler.tick();
    expect(keys().filter((key) => key.startsWith('regime'))).toEqual([]);
    clock.advance(1_000);
    await stuck.scheduler.tick();
    await expect.poll(() => keys(), { timeout: 10_000 }).toContain('regime@14:00');
    expect(ran.at(-1)?.degraded).toBe(true);
    go();
    await stuck.close();
  });

  it('tries a failed window again, gives it up when the next one is due, and goes on', async () => {
    work = async () => {
      throw new TidewatchError('venue_unavailable', 'no answer');
    };
    const { scheduler, queue, settle, close } = await open(job('poll', { policy: 'newest' }));
    clock.advance(at('15:00:10') - clock.now());
    await scheduler.tick();
    await expect
      .poll(async () => (await queue.list({ kind: 'poll' }))[0], { timeout: 10_000 })
      .toMatchObject({ status: 'queued', attempt: 1 });
    // the next try is 5 s away on the clock of the database; by ours the next window has come
    clock.advance(5 * MINUTE);
    await store.sql.query("UPDATE pgboss.job SET start_after = now() WHERE state = 'created'");
    await expect
      .poll(async () => (await queue.list({ kind: 'poll' }))[0], { timeout: 10_000 })
      .toMatchObject({ status: 'failed', attempt: 2, error: { code: 'venue_unavailable' } });
    work = async () => undefined;
    await settle();
    expect(keys()).toEqual(['poll@14:55', 'poll@14:55', 'poll@15:00']);
    await close();
  });

  it('runs a job again whose end could not be written, and does not call it failed', async () => {
    clock.advance(at('15:30:10') - clock.now());
    const kinds = [scheduledKind(job('noted', { policy: 'newest' }))];
    const onFailure = (error: unknown): void => void failures.push(error);
    const queue = await DurableJobQueue.open({ store, kinds, clock, onFailure, leaseSeconds: 1, pollMs: 50 });
    const away = vi.spyOn(JobRuns.prototype, 'end');
    work = async () => {
      // while the end is noted the database is away; when the failure would be, it is back, with no time left to try again
      if (ran.length === 1) {
        away.mockRejectedValueOnce(new Error('Connection terminated unexpectedly'));
        clock.advance(10 * MINUTE);
      }
      return undefined;
    };
    const window = { start: at('15:25:00'), end: at('15:30:00') };
    const due = { window, since: window.start, catchUp: false };
    const now = clock.now();
    const started = await queue.startWindow(job('noted', { policy: 'newest' }), due, {
      degraded: false,
      force: false,
      now,
    });
    expect(await queue.finished(started.id)).toMatchObject({ status: 'completed', attempt: 2 });
    expect(keys()).toEqual(['noted@15:25', 'noted@15:25']);
    expect(failures).toMatchObject([{ message: 'Connection terminated unexpectedly' }]);
    away.mockRestore();
    await queue.close();
  });

  it('is kept by one process; another takes over when its lease is over', async () => {
    clock.advance(at('16:00:10') - clock.now());
    const jobs = [job('kept', { policy: 'newest' })];
    const [one, two] = [await open(...jobs), await open(...jobs)];
    await Promise.all([one.scheduler.tick(), two.scheduler.tick()]);
    expect([one.scheduler.isLeading, two.scheduler.isLeading].filter(Boolean)).toHaveLength(1);
    const standby = one.scheduler.isLeading ? two : one;
    await store.sql.query("UPDATE leases SET expires_at = now() - interval '1 s' WHERE name = 'scheduler'");
    await standby.scheduler.tick();
    expect(standby.scheduler.isLeading).toBe(true);
    await expect.poll(() => keys(), { timeout: 10_000 }).toEqual(['kept@15:55']);
    await one.close();
    await two.close();
  });
});
