/**
 * One running process of Tidewatch (operations spec §1): bootstrap, then the parts of its role, each under a supervisor,
 * and the end of it within five seconds. Start order: store, bootstrap, server, streams, schedule; the end is the reverse.
 */
import { randomUUID } from 'node:crypto';
import { ERROR_CATALOGUE, type ErrorCode, EXIT } from '../../errors.js';
import { findings } from '../../platform/jobs/schedule-watchdog.js';
import type { Logger } from '../../platform/logging.js';
import { unwrittenBars } from '../live/unwritten-bars.js';
import type { Services } from '../services.js';
import { baseSteps } from './base-steps.js';
import { Bootstrap, type BootstrapReport, type StepReport } from './bootstrap.js';
import type { StopStep } from './bounded-stop.js';
import { DriverAlerts } from './driver-alerts.js';
import { LeasedPart } from './leased-part.js';
import type { HostedPart, ProcessPart } from './part.js';
import type { Role } from './role.js';
import { silentStreams } from './silent-streams.js';
import { SleepWatch } from './sleep-watch.js';
import { catchStrayErrors } from './stray-errors.js';
import { streamsStep } from './streams-step.js';
import { Supervisor } from './supervisor.js';

export interface ProcessOptions {
  readonly services: Services;
  readonly role: Role;
  readonly mode: 'paper' | 'live';
  readonly backfill: boolean;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onStep?: (step: StepReport) => void;
}

const RECHECK_MS = 300_000;
const WATCH_MS = 15_000;
/** The streams write what they hold in memory. */
const PART_STOP_MS = 3_000;
/** The last check that needs no running part. */
const BEFORE_STREAMS = 10;

/** Roles whose processes work on the queue. */
const WORKING: readonly Role[] = ['all', 'data', 'worker'];

export class RunningProcess {
  private readonly owner = `process:${randomUUID()}`;
  private readonly bootstrap: Bootstrap;
  private readonly supervisors: Supervisor[] = [];
  private readonly sleepWatch: SleepWatch;
  private streams: Supervisor | undefined;
  private recheck: NodeJS.Timeout | undefined;
  private endStray: (() => void) | undefined;

  constructor(private readonly options: ProcessOptions) {
    const { services, role, mode, backfill, signal, onStep } = options;
    services.process.role = role;
    services.operations.works = WORKING.includes(role);
    services.operations.onFailure = (error, job) =>
      options.log.error(
        { err: error, job_id: job?.id, window_key: job?.key },
        job ? `${job.kind} of ${job.key} failed` : 'the operational store failed',
      );
    this.bootstrap = new Bootstrap(
      [
        ...baseSteps(services, { role, mode, backfill }),
        ...services.process.steps,
        streamsStep(services, () => this.streams),
      ],
      {
        clock: services.clock,
        signal,
        onStep: (step) => {
          options.log.info({ ...step }, `${step.name} ${step.status} · ${step.message}`);
          services.process.bootstrap = this.bootstrap.report();
          onStep?.(step);
        },
      },
    );
    this.sleepWatch = new SleepWatch(services.clock, (driftMs) => void this.wake(driftMs));
  }

  /**
   * The checks without which nothing starts: configuration, store, secrets.
   * @throws TidewatchError `home_in_use` when another process owns the home
   */
  async begin(): Promise<BootstrapReport> {
    const { operations } = this.options.services;
    await operations.claim();
    // making a database takes seconds, which are no check's; what fails is told by the first one that asks
    await operations.open().catch(() => undefined);
    return this.told(await this.bootstrap.run(2));
  }

  /** The checks that are left, and the report into the store. */
  async check(): Promise<BootstrapReport> {
    const report = this.told(await this.bootstrap.run());
    await this.save(report);
    return report;
  }

  /**
   * The other checks, then streams and schedule, and what can be checked only then. Never rejects: what fails is in the
   * report or restarted.
   */
  async run(): Promise<BootstrapReport> {
    const { services, role, log } = this.options;
    const report = this.told(await this.bootstrap.run(BEFORE_STREAMS));
    if (report.status === 'failed' || this.options.signal.aborted) return this.check();
    this.endStray = catchStrayErrors({
      clock: services.clock,
      alerts: services.alerts,
      onError: (error) => log.fatal({ err: error }, 'an error that no part caught'),
    });
    for (const hosted of this.parts()) {
      if (!hosted.roles.includes(role)) continue;
      const part = hosted.single
        ? new LeasedPart(
            hosted.part,
            async () => (await services.operations.open()).here!.store.leases,
            this.owner,
          )
        : hosted.part;
      const supervisor = new Supervisor(part, {
        clock: services.clock,
        alerts: services.alerts,
        onCrash: (name, error) => log.error({ err: error }, `${name} crashed`),
        onTrouble: (name, problem, error) => log.warn({ err: error }, `${name} · ${problem}`),
      });
      this.supervisors.push(supervisor);
      services.process.supervisors.push(supervisor);
      if (hosted.part === services.streams) this.streams = supervisor;
      await supervisor.start();
      if (this.options.signal.aborted) return report;
    }
    this.sleepWatch.start();
    this.recheck = setInterval(() => void this.checkAgain(), RECHECK_MS);
    this.recheck.unref();
    return this.check();
  }

  /** What ends the parts, at the same time; jobs and store are ended after them. */
  stopSteps(): readonly StopStep[] {
    clearInterval(this.recheck);
    this.sleepWatch.stop();
    return this.supervisors.map((supervisor) => ({
      name: supervisor.part.name,
      limitMs: PART_STOP_MS,
      run: () => supervisor.stop(),
    }));
  }

  /** After the steps: errors that nobody catches end the process again. */
  end(): void {
    this.endStray?.();
  }

  private parts(): readonly HostedPart[] {
    const { services } = this.options;
    const streams: readonly HostedPart[] =
      services.loaded.config.live.enabled === false
        ? []
        : [{ part: services.streams, roles: ['all', 'data'], single: true }];
    return [
      ...streams,
      ...services.process.parts,
      { part: this.schedulePart(), roles: ['all', 'data'], single: false },
      { part: this.watchdogPart(), roles: ['all', 'data', 'worker'], single: false },
      { part: this.driverAlerts(), roles: ['all', 'data'], single: true },
    ];
  }

  /** The scheduler has a lease of its own: several processes may stand by. */
  private schedulePart(): ProcessPart {
    const { operations } = this.options.services;
    let scheduler: Awaited<ReturnType<typeof operations.scheduler>>;
    return {
      name: 'schedule',
      async start() {
        scheduler = await operations.scheduler();
        scheduler?.start();
      },
      async stop() {
        await scheduler?.stop();
      },
      status: () => ({ leading: scheduler?.isLeading ?? false, last_tick: scheduler?.lastTick ?? null }),
      lease: () => scheduler?.lease,
    };
  }

  private watchdogPart(): ProcessPart {
    const { services, log } = this.options;
    let timer: NodeJS.Timeout | undefined;
    let lookedAt: number | null = null;
    let looking = false;
    const since = services.clock.now();
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      try {
        await this.watch(since);
        lookedAt = services.clock.now();
      } catch (error) {
        log.error({ err: error }, 'the watchdog could not look');
      } finally {
        looking = false;
      }
    };
    return {
      name: 'watchdog',
      async start() {
        timer = setInterval(() => void look(), WATCH_MS);
        timer.unref();
      },
      async stop() {
        clearInterval(timer);
      },
      status: () => ({ last_look: lookedAt }),
    };
  }

  private driverAlerts(): ProcessPart {
    const { operations, alerts } = this.options.services;
    return new DriverAlerts({
      alerts,
      health: () => operations.ask('drivers.health', null),
      open: () => operations.ask('alerts.list', { open: true, limit: 1_000 }),
      onFailure: (error) => this.options.log.error({ err: error }, 'the drivers could not be looked at'),
    });
  }

  private async watch(since: number): Promise<void> {
    const { alerts, schedule, operations, clock } = this.options.services;
    let known: Awaited<ReturnType<NonNullable<Awaited<ReturnType<typeof this.store>>>['jobRuns']['windows']>>;
    try {
      const store = await this.store();
      if (store === undefined) return;
      known = await store.jobRuns.windows(schedule.all.map(({ id }) => id));
    } catch (error) {
      operations.onFailure(error);
      await alerts.raise({
        name: 'store_away',
        severity: 'critical',
        message: 'the operational database does not answer',
      });
      return;
    }
    await alerts.clear('store_away');
    await alerts.reconcile();
    // who stands by knows nothing of the streams
    if (this.streams?.status().facts.standby === false) {
      await alerts.set('stream_silent', silentStreams(this.streams.part.health?.() ?? []));
      await alerts.set('bars_unwritten', unwrittenBars(this.options.services.streams.status()));
    }
    for (const { name, wrong } of findings(schedule, known, since, clock.now()))
      await alerts.set(name, wrong);
  }

  private async store() {
    return (await this.options.services.operations.open()).here?.store;
  }

  private async wake(driftMs: number): Promise<void> {
    const { log, services } = this.options;
    log.warn({ drift_ms: driftMs }, `time jumped by ${Math.round(driftMs / 1000)} s · parts start anew`);
    const scheduler = await services.operations.scheduler().catch(() => undefined);
    scheduler?.wake();
    const streams = this.supervisors.filter(
      ({ part }) => part.name !== 'schedule' && part.name !== 'watchdog',
    );
    await Promise.all(streams.map((supervisor) => supervisor.restart()));
  }

  private async checkAgain(): Promise<void> {
    if (this.bootstrap.report().status !== 'degraded') return;
    await this.save(this.told(await this.bootstrap.recheck()));
  }

  private told(report: BootstrapReport): BootstrapReport {
    this.options.services.process.bootstrap = report;
    return report;
  }

  /** In the store where there is one. */
  private async save(report: BootstrapReport): Promise<void> {
    const { services, log } = this.options;
    if (report.finished_at === null) return;
    const { alerts, operations } = services;
    try {
      await operations.ask('bootstrap.save', { ...report, steps: JSON.parse(JSON.stringify(report.steps)) });
    } catch (error) {
      log.error({ err: error }, 'the report of the start could not be stored');
    }
    const blocking = services.process.blocking.join(' · ');
    await alerts.set(
      'bootstrap',
      report.status === 'degraded'
        ? { severity: 'critical', message: `new risk is blocked · ${blocking}`.slice(0, 500) }
        : undefined,
    );
  }
}

/** What a command exits with after this report. */
export function exitOf({ status, steps }: BootstrapReport): number {
  if (status === 'degraded') return EXIT.findings;
  if (status !== 'failed') return EXIT.ok;
  const failed = steps.findLast((step) => step.status === 'fail');
  const code = failed?.details.code;
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CATALOGUE, code);
  const exit = known ? ERROR_CATALOGUE[code as ErrorCode].exit : EXIT.input;
  return failed?.name === 'store' || exit === EXIT.internal ? EXIT.internal : EXIT.input;
}
