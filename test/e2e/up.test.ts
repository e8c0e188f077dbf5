/** `tidewatch up` as a person runs it: an empty home, no network, no key; asked, stopped, killed and started again. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyStore } from '../embedded-store.js';
import { askJson, startCli } from '../run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'up-'));
const home = join(folder, 'home');
const config = join(folder, 'tidewatch.yaml');
let deaf: { readonly url: string; close(): void };
/** A venue that takes every connection and answers none. */
let hung: { readonly url: string; close(): void };

beforeAll(async () => {
  await copyStore(join(home, 'db', 'data'));
  // venues that refuse every connection, as without a network
  deaf = await listenWith((socket) => socket.destroy());
  hung = await listenWith((socket) => void socket.on('error', () => undefined));
  writeFileSync(
    config,
    `live:\n  enabled: false\nvenues:\n${['binance', 'binanceusdm', 'hyperliquid', 'coingecko']
      .map((id) => `  ${id}:\n    base_url: ${deaf.url}\n    tries: 1\n`)
      .join('')}  bybit:\n    base_url: ${hung.url}\n`,
  );
});
afterAll(() => {
  deaf.close();
  hung.close();
  rmSync(folder, { recursive: true });
});

function listenWith(take: (socket: Socket) => void): Promise<{ readonly url: string; close(): void }> {
  return new Promise((resolve) => {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      take(socket);
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const close = (): void => {
        for (const socket of open) socket.destroy();
        server.close();
      };
      resolve({ url: `http://127.0.0.1:${port}`, close });
    });
  });
}

/** Follows the stream and reads nothing of it, not even the closing. */
async function stuckFollower(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    [
      'GET /api/stream HTTP/1.1',
      `Host: ${host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  socket.pause();
  return socket;
}

const up = (...flags: string[]) =>
  startCli(['up', '--json', '--port', '0', '--home', home, '--config', config, ...flags], /"url":"([^"]+)"/);
const ask = (...args: string[]) => askJson([...args, '--home', home, '--config', config]);

it('says what it checked and ends, without a network or a key', async () => {
  const report = await askJson(['up', '--bootstrap-only', '--home', home, '--config', config]);
  expect(report.code).toBe(0);
  const { bootstrap } = report.envelope.data as {
    bootstrap: { status: string; steps: { step: number; name: string; status: string }[] };
  };
  expect(bootstrap.status).toBe('partial');
  // one row for each step of the specification, those included that come with trading
  expect(bootstrap.steps.map(({ step, name, status }) => `${step} ${name} ${status}`)).toEqual([
    '0 config warn',
    '1 store ok',
    '2 secrets warn',
    '3 balances skipped',
    '4 prices warn',
    '5 listings warn',
    '6 backfill warn',
    '7 drivers ok',
    '8 driver bars warn',
    '9 driver ta ok',
    '10 posture warn',
    '11 streams skipped',
    '12 executor ok',
  ]);
  const live = await askJson(['up', '--mode', 'live', '--home', home, '--config', config]);
  expect(live.code).toBe(3);
  expect(live.envelope.data).toMatchObject({ bootstrap: { status: 'failed' } });
}, 120_000);

it('runs, tells how it is, is asked by commands, and stops within five seconds', async () => {
  const running = await up();
  const get = async (path: string) => (await fetch(running.match[1] + path)).json();
  expect(await get('/healthz')).toEqual({ status: 'ok', lease: 'held' });
  expect(await get('/api/bootstrap')).toMatchObject({ bootstrap: { status: 'partial' } });
  expect(await get('/readyz')).toEqual({ status: 'not_ready', reasons: ['the lake holds no bars'] });
  const health = (await get('/api/health')) as { parts: { name: string; state: string }[] };
  expect(health.parts).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'schedule', state: 'running' }),
      expect.objectContaining({ name: 'watchdog', state: 'running' }),
    ]),
  );
  const metrics = await (await fetch(`${running.match[1]}/metrics`)).text();
  expect(metrics).toContain('tidewatch_part_up{part="schedule"} 1');
  expect(metrics).toContain('tidewatch_health_value{item="disk_free",unit="bytes"}');
  expect(metrics).toContain('tidewatch_posture_coverage_ratio{bucket="nano"} 0');
  expect(metrics).toMatch(/tidewatch_venue_calls_total\{venue="binance",outcome="unavailable"\} \d/);

  const second = await ask('up', '--port', '0');
  expect([second.code, second.envelope.error?.code]).toEqual([3, 'home_in_use']);
  expect(second.envelope.error?.message).toContain(`pid ${running.child.pid}`);

  const done = await ask('jobs', 'run', 'lake.compact');
  expect(done.envelope.data).toMatchObject({ kind: 'lake.compact', status: 'completed', attempt: 1 });
  const key = (done.envelope.data as { key: string }).key;
  const again = await ask('jobs', 'run', 'lake.compact', '--window', key);
  expect(again.envelope.data).toMatchObject({ key, attempt: 1 });
  expect(again.envelope.warnings).toMatchObject([{ code: 'window_done' }]);
  const forced = await ask('jobs', 'run', 'lake.compact', '--window', key, '--force');
  expect(forced.envelope.data).toMatchObject({ key, status: 'completed', attempt: 2 });
  const listed = (await ask('jobs', 'list')).envelope.data as { scheduled: Record<string, unknown>[] };
  expect(listed.scheduled).toContainEqual(
    expect.objectContaining({ job: 'lake.compact', newest_ok: key, enabled: true }),
  );

  // a job waits for a venue that never answers, a follower does not read
  const fetching = await fetch(`${running.match[1]}/api/data-jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ exchange: 'bybit', symbol: 'BTC/USDT', timeframe: '1h' }),
  });
  const { id } = (await fetching.json()) as { id: string };
  await expect
    .poll(async () => ((await get(`/api/data-jobs/${id}`)) as { status: string }).status, { timeout: 60_000 })
    .toBe('running');
  const follower = await stuckFollower(running.match[1]!);
  running.child.kill('SIGTERM');
  expect(await running.exited).toBe(143);
  follower.destroy();
  const stopped = readFileSync(join(home, 'logs', 'system.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; ms?: number; left?: string[] })
    .findLast(({ msg }) => msg.startsWith('stopped in'))!;
  expect(stopped).toMatchObject({ left: [] });
  expect(stopped.ms).toBeLessThan(5_000);
  console.info(stopped.msg);
}, 180_000);

it('goes on after a kill: what ran is not run again, the home is free', async () => {
  const first = await up('--no-backfill');
  const done = await ask('jobs', 'run', 'retention.prune');
  const { key } = done.envelope.data as { key: string };
  first.child.kill('SIGKILL');
  await first.exited;
  const next = await up('--no-backfill');
  const history = await ask('jobs', 'history', 'retention.prune');
  // the schedule may have had a window of its own to work on in the meantime
  const runs = history.envelope.data.runs as { key: string }[];
  expect(runs.filter((run) => run.key === key)).toMatchObject([{ status: 'completed', attempt: 1 }]);
  next.child.kill('SIGINT');
  expect(await next.exited).toBe(130);
}, 180_000);
