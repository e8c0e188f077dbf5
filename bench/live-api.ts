/**
 * From a frame of the venue to a client of the API: perpetuals streamed over real sockets by the venue of the live
 * bench, a server on the same home, and a client in a process of its own (live-api-client.ts) that follows every series
 * over `/api/stream` and asks for each bar as soon as it is told of it. One call of `run` is one minute with its close
 * in it; figures are told of each, `--repeat 12` has two or three closes of five minutes among them. The delay runs from the sending of the closing message in the venue's process to the news in the client's
 * hands (`frame_to_listener`), and to the answer of a request that the news made it send (`frame_to_client`).
 *
 * Beside it, and before the first minute: how long the start took until every series was live, and until the roll-ups
 * of what was stored had been made, with the CPU of both; and one scan of the states of all of them after their bars have
 * closed. The share of a core is the server's, followers and requests included; in the first minute much of it is
 * code that is compiled as it is used for the first time.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { buildServer } from '../src/app/server/server.js';
import { openTidewatch } from '../src/app/tidewatch.js';
import type { BenchCase } from './bench-case.js';
import type { SeenBar } from './live-api-client.js';
import { symbolOf } from './live-market.js';

const MARKETS = [30, 100, 300];
const MINUTE = 60_000;
/** Minutes stored before: enough for the engine. */
const STORED = 1400;

/** From a frame to the answer of a request. */
const GOAL_MS = 250;

interface MinuteFigures {
  /** Of the minute, UTC; every fifth and fifteenth closes coarse bars too. */
  readonly close: string;
  readonly bars: number;
  /** Clients whose first answer did not hold the bar. */
  readonly asked_again: number;
  readonly frame_to_listener_ms_p50: number;
  readonly frame_to_listener_ms_p99: number;
  readonly frame_to_client_ms_p50: number;
  readonly frame_to_client_ms_p99: number;
  readonly frame_to_client_ms_max: number;
  /** Of the server, followers and requests included. */
  readonly share_of_core: number;
  /** The longest that the event loop was late. */
  readonly loop_delay_ms_max: number;
  readonly load_average: number;
}

const now = (): number => performance.timeOrigin + performance.now();
const idOf = (at: number): string => `binanceusdm:-:${symbolOf(at)}`;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return Math.round(value * 10) / 10;
}

async function answerOf<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
  return (await answer.json()) as T;
}

const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
/** Without the parent's flags, so that a profile of the one is not one of the other. */
const child = (name: string, ...told: string[]): ChildProcess => fork(script(name), told, { execArgv: [] });

type Candle = [number, string, string, string, string, string, number, string, number];

const caseOf = (markets: number): BenchCase => ({
  work: `live.api.${markets}x1m`,
  rows: markets,
  unit: 'bar',
  async setup() {
    const venue = child('live-venue', String(markets));
    const venuePort = await new Promise<number>((resolve) =>
      venue.once('message', (said) => resolve(Number(said))),
    );
    const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-live-api-'));
    const config = join(folder, 'tidewatch.yaml');
    const ids = Array.from({ length: markets }, (_, at) => idOf(at));
    writeFileSync(
      config,
      `lake: { watched: ${JSON.stringify(ids)} }\n` +
        `venues: { binanceusdm: { base_url: 'http://127.0.0.1:${venuePort}' } }\n`,
    );
    const services = await openTidewatch({ home: folder, config });
    const newest = Math.floor(now() / MINUTE) * MINUTE - 10 * MINUTE;
    const all: Candle[] = [];
    const owners: string[] = [];
    for (const [at, id] of ids.entries()) {
      const range = `startTime=${newest - STORED * MINUTE}&endTime=${newest}`;
      const rows = await answerOf<Candle[]>(
        `http://127.0.0.1:${venuePort}/fapi/v1/klines?symbol=${symbolOf(at)}&interval=1m&limit=1500&${range}`,
      );
      for (const row of rows) all.push(row);
      for (const _ of rows) owners.push(id);
    }
    const column = (index: number): Float64Array => Float64Array.from(all, (row) => Number(row[index as 0]));
    await services.data.write((writer) =>
      writer.append(
        'bars',
        {
          length: all.length,
          constants: { timeframe: '1m' },
          columns: {
            instrument_id: owners,
            ts: column(0),
            open: column(1),
            high: column(2),
            low: column(3),
            close: column(4),
            volume: column(5),
          },
        },
        { source: 'rest' },
      ),
    );
    const server = await buildServer(services, {
      host: '127.0.0.1',
      token: null,
      log: pino({ level: 'silent' }),
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const address = server.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = `http://127.0.0.1:${port}`;

    const { fresh } = services.data.lake;
    // the venue of the bench says in the quote volume when it sent the message
    const sent = new Map<string, number>();
    const stopNoting = fresh.onChange((instrument, hasClosed) => {
      const bar = fresh.of(instrument).get('1m')?.at(-1);
      const key = `${instrument} ${bar?.time}`;
      if (hasClosed && bar?.source === 'ws' && !sent.has(key)) sent.set(key, bar.quoteVolume);
    });

    const began = now();
    const cpuBefore = process.cpuUsage();
    await services.streams.start();
    while (services.streams.status().series.some(({ state }) => state !== 'live')) await delay(200);
    const startMs = now() - began;
    // roll-ups of stored bars are made once, in the lull of the first minutes; they are no part of the minutes measured
    while (services.streams.status().rolled_up_at === null) await delay(200);
    const caughtUpMs = now() - began;
    const startCpu = process.cpuUsage(cpuBefore);

    const client = child('live-api-client', String(port), JSON.stringify(ids));
    let seen: SeenBar[] = [];
    await new Promise<void>((resolve) =>
      client.on('message', (said: SeenBar | 'ready') => {
        if (said === 'ready') resolve();
        else seen.push(said);
      }),
    );
    const scan = (): Promise<unknown> => answerOf(`${url}/api/uptrend/scan?timeframe=1m`);
    await scan();
    let scanMs = Number.NaN;
    const minutes: MinuteFigures[] = [];
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    return {
      async run() {
        // the close is to be in the middle of it
        const phase = now() % MINUTE;
        if (phase < MINUTE / 4 || phase > (3 * MINUTE) / 4) await delay((1.25 * MINUTE - phase) % MINUTE);
        seen = [];
        loop.reset();
        const { user, system } = process.cpuUsage();
        const start = now();
        await delay(MINUTE);
        const used = process.cpuUsage();
        const cpu = (used.user + used.system - user - system) / 1000 / (now() - start);
        minutes.push(figuresOf(seen, sent, cpu, loop.max / 1e6));
        const scanned = now();
        await scan();
        scanMs = now() - scanned;
      },
      check() {
        const [, ...warm] = minutes;
        const worst = (value: (minute: MinuteFigures) => number): number => Math.max(...warm.map(value));
        return {
          // of the minutes after the first
          within_goal: `${warm.filter((each) => each.frame_to_client_ms_p99 < GOAL_MS).length} of ${warm.length}`,
          frame_to_listener_ms_p99: worst((each) => each.frame_to_listener_ms_p99),
          frame_to_client_ms_p99: worst((each) => each.frame_to_client_ms_p99),
          share_of_core: worst((each) => each.share_of_core),
          start_ms: Math.round(startMs),
          caught_up_ms: Math.round(caughtUpMs),
          start_cpu_s: Math.round((startCpu.user + startCpu.system) / 1e4) / 100,
          scan_ms: Math.round(scanMs),
          minutes,
        };
      },
      async teardown() {
        loop.disable();
        stopNoting();
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

/** Delays of the bars that closed in one minute. */
function figuresOf(
  seen: readonly SeenBar[],
  sent: ReadonlyMap<string, number>,
  cpu: number,
  longestStretch: number,
): MinuteFigures {
  const known = seen.flatMap((bar) => {
    const at = sent.get(`${bar.instrument} ${bar.time}`);
    return at === undefined ? [] : [{ ...bar, sentAt: at }];
  });
  const told = known.map(({ toldAt, sentAt }) => toldAt - sentAt);
  const served = known.map(({ servedAt, sentAt }) => servedAt - sentAt);
  return {
    close: new Date(Math.max(...known.map(({ time }) => time)) + MINUTE).toISOString().slice(11, 16),
    bars: known.length,
    asked_again: known.filter(({ asked }) => asked > 1).length,
    frame_to_listener_ms_p50: quantile(told, 0.5),
    frame_to_listener_ms_p99: quantile(told, 0.99),
    frame_to_client_ms_p50: quantile(served, 0.5),
    frame_to_client_ms_p99: quantile(served, 0.99),
    frame_to_client_ms_max: quantile(served, 1),
    share_of_core: Math.round(cpu * 1000) / 1000,
    loop_delay_ms_max: Math.round(longestStretch),
    load_average: Math.round(loadavg()[0]! * 10) / 10,
  };
}

export const liveApiCases: readonly BenchCase[] = MARKETS.map(caseOf);
