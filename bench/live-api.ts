/**
 * From a frame of the venue to a client of the API: 300 perpetuals streamed over real sockets by the venue of the live
 * bench, a server on the same home, and a client that asks for each bar as soon as it has closed. One call of `run` is
 * one minute with its close in it. The delay runs from the sending of the closing message in the venue's process to the
 * answer in the client's hands; the client lives in the server's process, so its work counts too.
 *
 * Beside it, `scan` is one scan of the states of all 300 after their bars have closed, and what a listener of the
 * WebSocket waits.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import WebSocket from 'ws';
import { buildServer } from '../src/app/server/server.js';
import { openTidewatch } from '../src/app/tidewatch.js';
import type { BenchCase } from './bench-case.js';

const MARKETS = 300;
const MINUTE = 60_000;
/** Minutes stored before: enough for the engine. */
const STORED = 1400;
/** Series that a listener of the WebSocket follows. */
const LISTENED = 20;

const now = (): number => performance.timeOrigin + performance.now();
const symbolOf = (at: number): string => `C${String(at).padStart(3, '0')}USDT`;
const idOf = (at: number): string => `binanceusdm:-:${symbolOf(at)}`;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return Math.round(value * 10) / 10;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

function ask<T>(url: string): Promise<T> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(body) as T);
        else reject(new Error(`${url}: ${answer.statusCode} ${body.slice(0, 200)}`));
      });
    }).on('error', reject);
  });
}

type Candle = [number, string, string, string, string, string, number, string, number];

export const liveApiCases: readonly BenchCase[] = [
  {
    work: 'live.api.300x1m',
    rows: MARKETS,
    unit: 'bar',
    async setup() {
      const venue: ChildProcess = fork(fileURLToPath(new URL('./live-venue.js', import.meta.url)), [
        String(MARKETS),
      ]);
      const venuePort = await new Promise<number>((resolve) =>
        venue.once('message', (said) => resolve(Number(said))),
      );
      const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-live-api-'));
      const config = join(folder, 'tidewatch.yaml');
      const ids = Array.from({ length: MARKETS }, (_, at) => idOf(at));
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
        const rows = await ask<Candle[]>(
          `http://127.0.0.1:${venuePort}/fapi/v1/klines?symbol=${symbolOf(at)}&interval=1m&limit=1500&${range}`,
        );
        all.push(...rows);
        owners.push(...new Array<string>(rows.length).fill(id));
      }
      const column = (index: number): Float64Array =>
        Float64Array.from(all, (row) => Number(row[index as 0]));
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
      const log = pino({ level: 'silent' });
      const server = await buildServer(services, { host: '127.0.0.1', token: null, log });
      await server.listen({ host: '127.0.0.1', port: 0 });
      const address = server.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const url = `http://127.0.0.1:${port}`;
      await services.streams.start();
      while (services.streams.status().series.some(({ state }) => state !== 'live')) await delay(200);

      const { fresh } = services.data.lake;
      let toClient: number[] = [];
      let toListener: number[] = [];
      let repeated = 0;
      const told = new Set<string>();
      const sentAt = (instrument: string): number =>
        fresh.of(instrument).get('1m')?.at(-1)?.quoteVolume ?? Number.NaN;
      const probe = async (instrument: string, time: number): Promise<void> => {
        const sent = sentAt(instrument);
        for (;;) {
          const { last_ts } = await ask<{ last_ts: number }>(
            `${url}/api/series/${encodeURIComponent(instrument)}/1m?last=3&points=10`,
          );
          if (last_ts >= time) break;
          repeated += 1;
        }
        toClient.push(now() - sent);
      };
      const stopProbing = fresh.onChange((instrument, hasClosed) => {
        const newest = fresh.of(instrument).get('1m')?.at(-1);
        if (!hasClosed || newest?.source !== 'ws') return;
        const key = `${instrument} ${newest.time}`;
        if (told.has(key)) return;
        told.add(key);
        void probe(instrument, newest.time);
      });
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/stream`);
      await new Promise((open) => socket.once('open', open));
      const topics = ids
        .slice(0, LISTENED)
        .map((instrument_id) => ({ topic: 'bars', instrument_id, timeframe: '1m' }));
      socket.send(JSON.stringify({ type: 'subscribe', topics }));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as {
          type: string;
          instrument_id: string;
          bars?: { final: boolean; timestamp: number }[];
        };
        if (!message.bars?.some(({ final }) => final)) return;
        toListener.push(now() - sentAt(message.instrument_id));
      });
      let scanMs = Number.NaN;
      let cpu = Number.NaN;
      const scan = (): Promise<{ rows: { ts: number }[] }> => ask(`${url}/api/uptrend/scan?timeframe=1m`);
      await scan();
      return {
        async run() {
          [toClient, toListener, repeated] = [[], [], 0];
          const { user, system } = process.cpuUsage();
          const began = now();
          // from the middle of a minute to the middle of the next
          await delay(MINUTE);
          const used = process.cpuUsage();
          cpu = (used.user + used.system - user - system) / 1000 / (now() - began);
          const start = now();
          await scan();
          scanMs = now() - start;
        },
        check() {
          return {
            asked: toClient.length,
            asked_again: repeated,
            frame_to_client_ms_p50: quantile(toClient, 0.5),
            frame_to_client_ms_p99: quantile(toClient, 0.99),
            frame_to_client_ms_max: quantile(toClient, 1),
            frame_to_listener_ms_p99: quantile(toListener, 0.99),
            listened: toListener.length,
            share_of_core: Math.round(cpu * 1000) / 1000,
            scan_300_ms: Math.round(scanMs),
          };
        },
        async teardown() {
          stopProbing();
          socket.terminate();
          agent.destroy();
          await services.streams.stop();
          await server.close();
          await services.close();
          venue.disconnect();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];
