/** `tidewatch watch` beside a server whose streams are fed by hand, and alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HandFed, handFeed } from '../../src/app/live/hand-fed.fixture.js';
import { appendBars, silent } from '../../src/app/server/served-home.fixture.js';
import { buildServer } from '../../src/app/server/server.js';
import type { Services } from '../../src/app/services.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { Lake } from '../../src/data/lake/lake.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { slice } from '../../src/market/series.js';
import { askJson, CLI, cleanEnvironment, FLAGS, runCli } from '../run-cli.js';
import { syntheticSeries } from '../synthetic-bars.js';
import { walkBars } from '../venues/local-bars.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const STORED = 700;
const minutes = syntheticSeries(ID, '1m', STORED + 20, 8);
const folder = mkdtempSync(join(tmpdir(), 'watch-'));
const clock = { time: minutes.time[STORED]!, now: (): number => clock.time };
let services: Services;
let server: Awaited<ReturnType<typeof buildServer>>;
let feed: HandFed;
let next = STORED;
const children: ChildProcess[] = [];

const PERPETUAL = 'binanceusdm:-:BTCUSDT';
let alone: Awaited<ReturnType<typeof startAlone>>;

/** `watch` on a home of its own, its venue a minute behind this clock: a bar that closes there has closed here. */
async function startAlone() {
  const home = mkdtempSync(join(tmpdir(), 'watch-venue-'));
  const minuteNow = Math.floor(Date.now() / MINUTE) * MINUTE;
  const start = minuteNow - 120 * MINUTE;
  const bars = walkBars('BTC', 150, { start });
  const simulator = await startVenueSimulator({
    venues: ['binanceusdm'],
    bars: [bars],
    clock: { start: minuteNow - 20_000, speed: 1 },
  });
  const config = join(home, 'tidewatch.yaml');
  const url = simulator.url('binanceusdm');
  writeFileSync(
    config,
    `lake: { watched: ['${PERPETUAL}'] }\nvenues: { binanceusdm: { base_url: '${url}' } }\n`,
  );
  const args = ['watch', '--tf', '1m', '--home', home, '--config', config, '--json'];
  const child = spawn(process.execPath, [...FLAGS, CLI, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  return {
    home,
    config,
    child,
    simulator,
    bars: bars.series,
    start,
    said: () => said,
    complaint: () => complaint,
  };
}

beforeAll(async () => {
  // a minute passes there while the other cases run
  alone = await startAlone();
  services = await openTidewatch({ home: folder, clock });
  await appendBars(services, slice(minutes, 0, STORED));
  const fed = await handFeed(services, [ID]);
  feed = fed.feed;
  server = await buildServer(
    { ...services, streams: fed.streams },
    { host: '127.0.0.1', token: null, log: silent, dashboard: join(folder, 'no-dashboard') },
  );
  await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await alone.simulator.stop();
  rmSync(alone.home, { recursive: true, force: true });
  await server.close();
  await services.close();
  rmSync(folder, { recursive: true });
});

/** The next minute: forming, then closed. */
async function minute(): Promise<number> {
  const row = next++;
  clock.time = minutes.time[row]! + 20_000;
  await feed.tell({ kind: 'forming', bar: feed.bar(minutes, row, { isClosed: false }) });
  clock.time = minutes.time[row]! + MINUTE;
  await feed.tell({ kind: 'closed', bar: feed.bar(minutes, row) });
  return row;
}

function watch(...args: string[]) {
  const words = ['watch', 'BTC/USDT', '--tf', '1m', '--home', folder, ...args];
  const child = spawn(process.execPath, [...FLAGS, CLI, ...words], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  let complaint = '';
  const waiting: (() => void)[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (const wake of waiting.splice(0)) wake();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  return {
    child,
    complaint: () => complaint,
    async lines(count: number): Promise<string[]> {
      for (;;) {
        const lines = text.split('\n').slice(0, -1);
        if (lines.length >= count) return lines;
        await new Promise<void>((wake) => waiting.push(wake));
      }
    },
  };
}

/** Tells minutes until the watcher has said something: it takes a moment to listen. */
async function untilHeard(lines: Promise<string[]>): Promise<{ lines: string[]; told: number[] }> {
  const told: number[] = [];
  let heard: string[] | undefined;
  void lines.then((each) => {
    heard = each;
  });
  while (heard === undefined && next < minutes.length) {
    told.push(await minute());
    await Promise.race([lines, new Promise((wake) => setTimeout(wake, 1500))]);
  }
  return { lines: await lines, told };
}

it('tells each closed bar once as JSON, with what the server says of it', { timeout: 60_000 }, async () => {
  const { child, lines, complaint } = watch('--json');
  const heard = await untilHeard(lines(2));
  const bars = heard.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const times = bars.map(({ ts }) => ts as number);
  expect(new Set(times).size).toBe(times.length);
  for (const [at, bar] of bars.entries()) {
    const row = (times[at]! - minutes.time[0]!) / MINUTE;
    expect(bar).toMatchObject({
      instrument_id: ID,
      timeframe: '1m',
      available_at: times[at]! + MINUTE,
      close: minutes.close[row],
      stream: 'live',
    });
  }
  expect(bars.at(-1)!.state).toMatch(/^S[0-4]$/);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code, complaint()).toBe(130);
});

it('prints lines where there is no terminal, without escape sequences', { timeout: 60_000 }, async () => {
  const { child, lines } = watch();
  const heard = await untilHeard(lines(1));
  expect(heard.lines[0]).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d {2}BTC\/USDT binance {2}1m {2}[\d.]+ {2}S[0-4] .*live$/,
  );
  expect(heard.lines.join('\n')).not.toContain(String.fromCharCode(27));
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(143);
});

it('says once what is known, beside the server', async () => {
  const { code, envelope } = await askJson(['watch', '--once', '--tf', '1m', '--home', folder]);
  const data = envelope.data as unknown as { ts: number; price: number; stream: string }[];
  expect(code).toBe(0);
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    ts: minutes.time[next - 1],
    price: minutes.close[next - 1],
    stream: 'live',
  });
});

it('says once what is stored, alone', async () => {
  const home = mkdtempSync(join(tmpdir(), 'watch-alone-'));
  try {
    const alone = await openTidewatch({ home, clock });
    await appendBars(alone, slice(minutes, 0, 400));
    await alone.close();
    const { code, stdout } = runCli(['watch', '--once', '--tf', '1m', '--home', home]);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(
      /^Instrument +Price +State +Bars +Flags +Regime +A\/E +Age +Stream$/,
    );
    expect(stdout).toContain('no model');
    expect(stdout).toMatch(/ off$/m);
    const missing = runCli(['watch', 'binance:spot:ETHUSDT', '--once', '--home', home]);
    expect([missing.code, missing.stdout.includes('no data')]).toEqual([1, true]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

it('follows a venue by itself, one a home, and ends with what it brought on disk', {
  timeout: 120_000,
}, async () => {
  const { home, config, child, bars, start, said, complaint } = alone;
  await expect.poll(said, { timeout: 100_000 }).toContain('\n');
  const bar = JSON.parse(said().split('\n')[0]!) as Record<string, number>;
  const row = (bar.ts! - start) / MINUTE;
  expect(bar).toMatchObject({
    instrument_id: PERPETUAL,
    timeframe: '1m',
    open: bars.open[row],
    high: bars.high[row],
    low: bars.low[row],
    close: bars.close[row],
    posture: null,
  });

  const second = runCli(['watch', '--tf', '1m', '--home', home, '--config', config]);
  expect(second.code).toBe(3);
  expect(second.stderr).toContain('another tidewatch watch (pid');
  const asked = performance.now();
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect(code, complaint()).toBe(130);
  const lake = await Lake.open(join(home, 'lake'), { clock });
  const stored = await lake.columns('bars', {
    subject: PERPETUAL,
    timeframe: '1m',
    from: bar.ts! - 60 * MINUTE,
    to: bar.ts! + MINUTE,
    columns: ['close'],
  });
  await lake.close();
  expect(Array.from(stored.columns.close!)).toEqual(Array.from(bars.close.subarray(row - 60, row + 1)));
});
