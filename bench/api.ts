/**
 * The HTTP API as its clients meet it: the server is a process of its own (`tidewatch serve`), asked over sockets from
 * this one. The wall column is that of the requests; percentiles and the server's CPU are in the check. The server
 * uses one core for HTTP; training runs on its worker threads.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTidewatch } from '../src/app/tidewatch.js';
import { seriesBatch } from '../src/data/lake/batch.js';
import { Random } from '../src/market/random.js';
import { emptyBars, makeSeries } from '../src/market/series.js';
import type { BenchCase, PreparedBench } from './bench-case.js';
import { type Load, type LoadResult, percentile, runLoad } from './http-load.js';

const CLI = fileURLToPath(new URL('../src/app/cli/main.js', import.meta.url));
const SYMBOL = 'file:spot:BTCUSDT';
const MINUTE = 60_000;
/** Bars written at once. */
const PART = 500_000;

interface Served {
  readonly port: number;
  readonly modelId: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** A home with seeded bars and a model of 1h bars, and a server on it. */
async function serve(bars: number): Promise<Served> {
  const home = mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));
  await fill(home, bars);
  const child = spawn(process.execPath, [CLI, 'serve', '--home', home, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const port = await new Promise<number>((found, failed) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      if (text.length > 10_000) return;
      text += chunk.toString();
      const match = /127\.0\.0\.1:(\d+)/.exec(text);
      if (match) found(Number(match[1]));
    });
    void ended.then(() => failed(new Error(`serve ended: ${text}`)));
  });
  const trained = await post(port, { symbol: SYMBOL, timeframe: '1h', n_states: 3, restarts: 2 });
  return {
    port,
    modelId: String(trained.model_id),
    child,
    async stop() {
      child.kill('SIGINT');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function fill(home: string, bars: number): Promise<void> {
  const services = await openTidewatch({ home });
  const random = new Random(7);
  const start = Math.floor((Date.now() - bars * MINUTE) / 3_600_000) * 3_600_000;
  let price = 100;
  let wild = false;
  for (let from = 0; from < bars; from += PART) {
    const length = Math.min(PART, bars - from);
    const made = emptyBars(length);
    const { time, open, high, low, close, volume } = made;
    for (let bar = 0; bar < length; bar += 1) {
      if (random.uniform() < 0.0005) wild = !wild;
      const size = wild ? 0.0016 : 0.0004;
      const next = price * Math.exp(size * random.normal());
      time[bar] = start + (from + bar) * MINUTE;
      open[bar] = price;
      close[bar] = next;
      high[bar] = Math.max(price, next) * (1 + 0.3 * size * random.uniform());
      low[bar] = Math.min(price, next) * (1 - 0.3 * size * random.uniform());
      volume[bar] = (wild ? 200 : 80) * (0.5 + random.uniform());
      price = next;
    }
    await services.data.write((writer) =>
      writer.append('bars', seriesBatch(makeSeries(SYMBOL, '1m', made)), { source: 'archive' }),
    );
  }
  await services.close();
}

async function post(port: number, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/hmm/train`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function trainingEnd(port: number, jobId: string): Promise<Record<string, unknown>> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/jobs/${jobId}`);
    const job = (await answer.json()) as Record<string, unknown>;
    if (job.status === 'completed') return job;
    if (job.status === 'failed') throw new Error(JSON.stringify(job.error));
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** CPU seconds of a process so far: user and system, all threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function summary({ requests, refused, seconds, latency, bytes }: LoadResult): Record<string, unknown> {
  return {
    requests,
    refused,
    perSecond: Math.round(requests / seconds),
    p50Ms: percentile(latency, 0.5),
    p99Ms: percentile(latency, 0.99),
    maxMs: latency.at(-1),
    bytesPerAnswer: Math.round(bytes / requests),
  };
}

async function loaded(served: Served, load: Omit<Load, 'port'>): Promise<Record<string, unknown>> {
  const before = cpuOf(served.child.pid!);
  const result = await runLoad({ ...load, port: served.port });
  return {
    ...summary(result),
    serverCpuSeconds: cpuOf(served.child.pid!) - before,
    wallSeconds: result.seconds,
  };
}

function prepared(served: Served, run: () => Promise<Record<string, unknown>>): PreparedBench {
  return {
    run,
    prepare: () => {},
    check: (result) => result as Record<string, unknown>,
    teardown: () => served.stop(),
  };
}

/** Zooms and pans over the whole series: each is one answer of at most 5,000 rows. */
function viewports(bars: number, modelId: string | undefined): string[] {
  const random = new Random(11);
  const end = Math.floor(Date.now() / MINUTE) * MINUTE;
  return Array.from({ length: 40 }, () => {
    const length = Math.floor(300 * (bars / 300) ** random.uniform());
    const to = end - Math.floor((bars - length) * random.uniform()) * MINUTE;
    const model = modelId === undefined ? '' : `&model_id=${modelId}`;
    return `/api/series/${SYMBOL}/1m?from=${to - length * MINUTE}&to=${to}&points=5000${model}`;
  });
}

const LATEST_REQUESTS = 20_000;
const FIT_ROWS = 1_000_000;
const SERIES_ROWS = 3_000_000;

export const apiCases: readonly BenchCase[] = [
  {
    work: 'api.latest.c32',
    rows: LATEST_REQUESTS,
    unit: 'request',
    async setup() {
      const served = await serve(100_000);
      const paths = [`/api/hmm/latest?model_id=${served.modelId}`];
      return prepared(served, () => loaded(served, { paths, connections: 32, requests: LATEST_REQUESTS }));
    },
  },
  {
    work: 'api.latest.while-fitting.1m',
    rows: 1,
    unit: 'fit',
    async setup() {
      const served = await serve(FIT_ROWS);
      const paths = [`/api/hmm/latest?model_id=${served.modelId}`];
      let seed = 1;
      return prepared(served, async () => {
        seed += 1;
        const { job_id } = await post(served.port, {
          symbol: SYMBOL,
          timeframe: '1m',
          n_states: 3,
          restarts: 2,
          seed,
          async: true,
        });
        const until = trainingEnd(served.port, String(job_id));
        return loaded(served, { paths, connections: 4, pauseMs: 10, until });
      });
    },
  },
  {
    work: 'api.series.3m',
    rows: 40,
    unit: 'viewport',
    async setup() {
      const served = await serve(SERIES_ROWS);
      const paths = viewports(SERIES_ROWS, undefined);
      await runLoad({ port: served.port, paths, connections: 1, requests: 40 });
      return prepared(served, () => loaded(served, { paths, connections: 1, requests: 40 }));
    },
  },
];
