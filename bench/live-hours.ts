/**
 * Does a process that streams for a day and more keep its size, and answer while an hour or a day closes? A home as
 * `tidewatch up` opens it (feed, series, parts, roll-ups, merges, API) follows 300 perpetuals of the live benches' venue
 * over real sockets, and a client in another process follows every series over `/api/stream` and asks for each bar that
 * it is told of. Time is driven: it stands still while frames, pages, reads, writes or answers are under way, and goes on
 * in steps of 2.5 s, so a day takes as long as its work. Updates and marks are thinned to one in ten seconds; closes,
 * confirmations by pages and open interest come as they do in real time.
 *
 * The first call of `run` begins a quarter of an hour before midnight; five calls are 25 hours with two closes of a day.
 * At half past each hour, after a collection of garbage: resident memory, heap, and what lies outside of it. Of each
 * minute: the longest that the event loop was late. After each call a process of its own compares the lake on disk with
 * what was sent, roll-ups too, up to two minutes before.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { HomeLake } from '../src/app/home-lake.js';
import { buildServer } from '../src/app/server/server.js';
import { openServices } from '../src/app/services.js';
import { fetchExchange } from '../src/data/venues/venue-http.js';
import { loadConfig } from '../src/platform/config.js';
import { createHome, resolveHome } from '../src/platform/home.js';
import type { BenchCase } from './bench-case.js';
import type { SeenBar } from './live-api-client.js';
import type { DiskCheck } from './live-hours-reader.js';
import { symbolOf } from './live-market.js';
import { collectGarbage } from './measure.js';
import { countedLake, DrivenTime } from './soak/driven-time.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP_MS = 2_500;
const START = Date.UTC(2025, 2, 4, 23, 45);
/** Simulated, after a close: who follows has been told of it before time goes on. */
const FOLLOWED_MS = 5_000;
/** Real, of one wait for frames or followers; longer ones are counted and left. */
const PATIENCE_MS = 20_000;
/** What closed so long ago is on disk. */
const ON_DISK_MS = 2 * MINUTE;

interface HourReading {
  /** Simulated, UTC. */
  readonly at: string;
  readonly rss_mb: number;
  readonly heap_mb: number;
  readonly external_mb: number;
  readonly parts: number;
  /** Real seconds and CPU seconds since the reading before. */
  readonly seconds: number;
  readonly cpu_s: number;
}

interface LateMinute {
  readonly at: string;
  readonly ms: number;
}

const megabytes = (bytes: number): number => Math.round((bytes / 1_048_576) * 10) / 10;
const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
const child = (name: string, ...told: string[]): ChildProcess => fork(script(name), told, { execArgv: [] });
const clockText = (time: number): string => new Date(time).toISOString().slice(5, 16);

/** What memory grows by per hour, by least squares over the readings of the second half. */
function slope(readings: readonly HourReading[], value: (reading: HourReading) => number): number {
  const half = readings.slice(Math.floor(readings.length / 2));
  const middle = (half.length - 1) / 2;
  const mean = half.reduce((sum, each) => sum + value(each), 0) / half.length;
  const [over, under] = half.reduce(
    ([a, b], each, hour) => [a + (hour - middle) * (value(each) - mean), b + (hour - middle) ** 2],
    [0, 0],
  );
  return Math.round((over! / under!) * 100) / 100;
}

/** Time stands still while the lake is read or written. */
function counting(data: HomeLake, time: DrivenTime): void {
  const lake = countedLake(data.lake, time);
  const { write } = data;
  const counted: HomeLake['write'] = (work) => time.counted(() => write(work));
  Object.assign(data, { lake, write: counted });
}

const caseOf = (markets: number, hours: number): BenchCase => ({
  work: `live.hours.${markets}x${5 * hours}h`,
  rows: markets * hours * 60,
  unit: 'bar',
  async setup() {
    const venue = child('live-venue', String(markets), String(START));
    const port = await new Promise<number>((resolve) =>
      venue.once('message', (said) => resolve(Number(said))),
    );
    const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-live-hours-'));
    const config = join(folder, 'tidewatch.yaml');
    const ids = Array.from({ length: markets }, (_, at) => `binanceusdm:-:${symbolOf(at)}`);
    writeFileSync(
      config,
      `lake: { watched: ${JSON.stringify(ids)} }\n` +
        `venues: { binanceusdm: { base_url: 'http://127.0.0.1:${port}' } }\n`,
    );
    // takes real seconds, in which no time may pass
    await import('ccxt');

    let sent = 0;
    let unanswered = 0;
    let lostFrames = 0;
    let lateFollowers = 0;
    let waitsSince = 0;
    venue.on('message', (frames) => {
      sent = Number(frames);
      unanswered -= 1;
    });
    /** Bars that the client has, by open time. */
    const served = new Map<number, number>();
    let isFollowed = false;
    /** True while it holds, but not for ever. */
    const patiently = (holds: boolean, giveUp: () => void): boolean => {
      if (!holds) return false;
      if (waitsSince === 0) waitsSince = performance.now();
      if (performance.now() - waitsSince < PATIENCE_MS) return true;
      giveUp();
      return false;
    };
    const isBusy = (): boolean => {
      const { streams } = services;
      if (unanswered > 0) return true;
      const { connections } = streams.status();
      if (connections.some(({ state }) => state === 'connecting')) return true;
      const frames = connections.reduce((sum, each) => sum + each.frames, lostFrames);
      if (
        patiently(frames < sent, () => {
          lostFrames += sent - frames;
        })
      )
        return true;
      const closed = Math.floor(time.now() / MINUTE) * MINUTE - MINUTE;
      const isDue = isFollowed && time.now() - closed - MINUTE >= FOLLOWED_MS;
      const left = isDue ? markets - (served.get(closed) ?? 0) : 0;
      if (
        patiently(left > 0, () => {
          lateFollowers += left;
          served.set(closed, markets);
        })
      )
        return true;
      waitsSince = 0;
      return false;
    };

    const loop = monitorEventLoopDelay({ resolution: 1 });
    const readings: HourReading[] = [];
    const closes: { readonly minute: LateMinute; readonly time: number }[] = [];
    let measuredAt = performance.now();
    let measuredCpu = process.cpuUsage();
    const read = async (now: number): Promise<void> => {
      for (let pass = 0; pass < 3; pass += 1) {
        collectGarbage();
        await delay(20);
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      const cpu = process.cpuUsage(measuredCpu);
      const reading: HourReading = {
        at: clockText(now),
        rss_mb: megabytes(rss),
        heap_mb: megabytes(heapUsed),
        external_mb: megabytes(external),
        parts: (await services.data.lake.activeFiles('bars')).length,
        seconds: Math.round((performance.now() - measuredAt) / 1000),
        cpu_s: Math.round((cpu.user + cpu.system) / 1e6),
      };
      readings.push(reading);
      // for whoever runs the case alone (peer.js) and waits
      process.stderr.write(`${JSON.stringify(reading)}\n`);
      measuredAt = performance.now();
      measuredCpu = process.cpuUsage();
    };
    const time: DrivenTime = new DrivenTime(
      START,
      async (ms) => {
        const now = time.now() + ms;
        if (Math.floor(now / MINUTE) !== Math.floor(time.now() / MINUTE) && isFollowed) {
          const minute = Math.floor(time.now() / MINUTE) * MINUTE;
          closes.push({ time: minute, minute: { at: clockText(minute), ms: Math.round(loop.max / 1e6) } });
          served.delete(minute - 2 * MINUTE);
          if ((minute / MINUTE) % 60 === 29) await read(now);
          loop.reset();
        }
        unanswered += 1;
        venue.send(now);
        return now;
      },
      isBusy,
    );

    const home = createHome(resolveHome({ flag: folder, env: {}, cwd: folder }));
    const loaded = loadConfig({ flag: config, env: {}, cwd: folder, home: folder });
    const services = await openServices(home, loaded, time, {
      timer: time,
      exchange: (...request) => time.counted(() => fetchExchange(...request)),
    });
    counting(services.data, time);
    const server = await buildServer(services, {
      host: '127.0.0.1',
      token: null,
      log: pino({ level: 'silent' }),
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const address = server.server.address();
    const own = typeof address === 'object' && address !== null ? address.port : 0;

    const troubles: string[] = [];
    await services.streams.start({
      crashed: (error) => troubles.push(String(error)),
      troubled: (problem) => troubles.push(problem),
    });
    const driving = time.drive(() => STEP_MS);
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await delay(20);
    };
    await until(() => services.streams.status().series.every(({ state }) => state === 'live'));
    const client = child('live-api-client', String(own), JSON.stringify(ids));
    let followedFrom = Number.POSITIVE_INFINITY;
    client.on('message', (said: SeenBar | 'ready') => {
      if (said === 'ready') followedFrom = Math.floor(time.now() / MINUTE) * MINUTE + MINUTE;
      else served.set(said.time, (served.get(said.time) ?? 0) + 1);
    });
    // from a minute on of which nothing had closed when everybody listened
    await until(() => time.now() >= followedFrom + FOLLOWED_MS / 2);
    isFollowed = true;
    loop.enable();
    let target = START;
    let compared = followedFrom;
    const disk: DiskCheck[] = [];
    return {
      prepare() {},
      async run() {
        target += hours * HOUR;
        await until(() => time.now() >= target);
        const to = Math.floor((time.now() - ON_DISK_MS) / HOUR) * HOUR;
        // time goes on meanwhile no more than while a page is asked
        disk.push(
          await time.counted(
            () =>
              new Promise<DiskCheck>((resolve, reject) => {
                const reader = child(
                  'live-hours-reader',
                  home.lake,
                  String(markets),
                  String(compared),
                  String(to),
                );
                reader.once('message', (found: DiskCheck) => resolve(found));
                reader.once('exit', (code) => reject(new Error(`the reader ended with ${code}`)));
              }),
          ),
        );
        // coarse buckets that began before are compared whole with the next
        compared = Math.max(compared, Math.floor(to / (24 * HOUR)) * 24 * HOUR);
      },
      check() {
        const worst = (of: (time: number) => boolean): LateMinute | undefined =>
          closes
            .filter((each) => of(each.time))
            .reduce<LateMinute | undefined>(
              (most, { minute }) => (most === undefined || minute.ms > most.ms ? minute : most),
              undefined,
            );
        const within = (length: number) => (at: number) => at % length < 2 * MINUTE;
        const sorted = closes.map(({ minute }) => minute.ms).sort((a, b) => a - b);
        const { series, connections, waiting_rows, dropped } = services.streams.status();
        return {
          hours: readings,
          rss_mb_per_hour_last_half: slope(readings, ({ rss_mb }) => rss_mb),
          heap_mb_per_hour_last_half: slope(readings, ({ heap_mb }) => heap_mb),
          external_mb_per_hour_last_half: slope(readings, ({ external_mb }) => external_mb),
          loop_delay_ms: {
            median_minute: sorted[sorted.length >> 1],
            worst_minute: worst(() => true),
            worst_of_two_minutes_after_an_hour: worst(within(HOUR)),
            worst_of_two_minutes_after_a_day: worst(within(24 * HOUR)),
          },
          disk,
          frames: sent,
          lost_frames: lostFrames,
          late_followers: lateFollowers,
          reconnects: connections.reduce((sum, { reconnects }) => sum + reconnects, 0),
          corrections: series.reduce((sum, { corrections }) => sum + corrections, 0),
          waiting_rows,
          dropped,
          troubles,
          load_average: Math.round(loadavg()[0]! * 10) / 10,
        };
      },
      async teardown() {
        time.stop();
        await driving;
        loop.disable();
        client.disconnect();
        await services.streams.stop();
        await server.close();
        await services.close();
        venue.disconnect();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});

export const liveHoursCases: readonly BenchCase[] = [caseOf(300, 5), caseOf(30, 1)];
