/** `fetch` beside another process, with holes to mend, and with keys that must stay where they are. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFaults } from '../../src/data/venues/simulator/faults/fault-rules.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { copyStore } from '../embedded-store.js';
import { askCli, CLI, cleanEnvironment } from '../run-cli.js';
import { syntheticSeries } from '../synthetic-bars.js';

const folder = mkdtempSync(join(tmpdir(), 'fetch-faults-'));
const open: VenueSimulator[] = [];

async function simulatorWith(faults: string): Promise<VenueSimulator> {
  const bars = ['BTC', 'ETH'].map((base, seed) => ({
    base,
    kind: 'perp' as const,
    series: syntheticSeries('file:spot:BTCUSDT', '1m', 20 * 1440, seed + 5),
  }));
  const simulator = await startVenueSimulator({ bars, faults: parseFaults(faults), rateLimits: false });
  open.push(simulator);
  return simulator;
}
afterAll(async () => {
  for (const simulator of open) await simulator.stop();
  rmSync(folder, { recursive: true });
});

const VENUES = ['binanceusdm', 'bybit', 'coingecko', 'coinglass'] as const;

function environmentOf(simulator: VenueSimulator): Readonly<Record<string, string>> {
  return Object.fromEntries(
    VENUES.flatMap((venue) => [
      [`TIDEWATCH_VENUES__${venue.toUpperCase()}__BASE_URL`, simulator.url(venue)],
      [`TIDEWATCH_VENUES__${venue.toUpperCase()}__BACKOFF_MS`, '10'],
    ]),
  );
}

/** A process of its own: one that is killed, interrupted, or beside another. */
function running(
  simulator: VenueSimulator,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: cleanEnvironment({ ...environmentOf(simulator), ...extra }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.once('close', (code) => done({ code, stdout, stderr })),
  );
  return { child, ended };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('two processes', () => {
  it('that want the same series: one fetches it, the other is told who does', async () => {
    // the venue makes the first one wait, so that it is at work when the second begins
    const simulator = await simulatorWith('rate_limited:5000@binanceusdm/bars#3');
    const home = join(folder, 'two');
    const args = [
      'fetch',
      'candles',
      '--venue',
      'binanceusdm',
      '--symbol',
      'BTC/USDT',
      '--full',
      '--home',
      home,
    ];
    const first = running(simulator, args);
    await until(() => simulator.injected.length > 0);
    const second = await running(simulator, args).ended;
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(
      new RegExp(
        `^Error: binanceusdm:-:BTCUSDT candles 1m is being fetched already by process ${first.child.pid} · wait for it`,
        'm',
      ),
    );
    const { code, stdout, stderr } = await first.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('28,800 bars written')]);
    expect(stderr).toMatch(/^binanceusdm is blocked: rate limit, until \d\d:\d\d:\d\d UTC \([1-5] s\)$/m);
  });
});

describe('a hole in what is stored', () => {
  it('is listed, asked for again, and gone', async () => {
    const simulator = await simulatorWith(
      'missing_rows@binanceusdm/bars=0.3,empty_page@binanceusdm/bars=0.2',
    );
    const home = join(folder, 'holes');
    const command = async (...args: string[]) => {
      const { code, stdout } = await askCli([...args, '--json', '--home', home], environmentOf(simulator));
      return { code, data: JSON.parse(stdout).data };
    };
    const fetch = (from: string, to: string) =>
      command('fetch', 'candles', '--symbol', 'binanceusdm:-:ETHUSDT', '--from', from, '--to', to);
    await fetch('2024-01-02', '2024-01-03');
    await fetch('2024-01-05', '2024-01-06');
    const gaps = await command('lake', 'gaps');
    expect(gaps.code).toBe(1);
    expect(gaps.data.series).toMatchObject([
      {
        missing: 2880,
        gaps: [{ from: Date.UTC(2024, 0, 3), to: Date.UTC(2024, 0, 5), missing: 2880, confirmed_empty: 0 }],
      },
    ]);
    const repaired = await command('lake', 'gaps', '--repair');
    expect(repaired).toMatchObject({ code: 0, data: { filled: 2880, confirmed_empty: 0, still_open: 0 } });
    expect(await command('lake', 'gaps')).toMatchObject({ code: 0, data: { series: [{ missing: 0 }] } });
  });
});

describe('keys', () => {
  const KEYS = {
    TIDEWATCH_COINGLASS_API_KEY: 'planted-coinglass-key-4711',
    TIDEWATCH_COINGECKO_API_KEY: 'planted-coingecko-key-4712',
    TIDEWATCH_API_TOKEN: 'planted-api-token-4713-long',
  };
  const PLANTED = /planted-[a-z-]+-471/;
  const COMMANDS = [
    [
      'fetch',
      'panel',
      '--funding',
      '--oi',
      '--liquidations',
      '--caps',
      '--symbols',
      'BTC',
      '--from',
      '2024-01-10',
    ],
    ['fetch', 'caps'],
    ['fetch', 'dominance'],
    ['fetch', 'candles', '--symbol', 'binanceusdm:-:BTCUSDT', '--from', '2024-01-19'],
    ['doctor'],
    ['doctor', 'config'],
    ['jobs', 'list'],
  ];
  let home: string;
  let said = '';

  beforeAll(async () => {
    home = join(folder, 'keys');
    await copyStore(join(home, 'db', 'data'));
    const faulty = await simulatorWith(
      'server_error=0.15,reset_mid_body=0.15,truncated_json=0.15,html_body=0.15,forbidden@coingecko#12',
    );
    for (const [at, args] of COMMANDS.entries()) {
      const form = at % 2 === 0 ? '--debug' : '--json';
      const { stdout, stderr } = await askCli([...args, form, '--home', home], {
        ...environmentOf(faulty),
        ...KEYS,
      });
      said += stdout + stderr;
    }
    said += await servedJob(faulty);
    // a venue that cannot be reached at all, and a database with a password that is not there
    const gone = await simulatorWith('forbidden=1');
    for (const args of [COMMANDS[0]!, COMMANDS[1]!]) {
      const { stderr } = await askCli([...args, '--debug', '--home', home], {
        ...environmentOf(gone),
        ...KEYS,
      });
      said += stderr;
    }
    const url = 'postgresql://user:planted-database-key-4714@127.0.0.1:9/none';
    const { stdout, stderr } = await askCli(['db', 'status', '--debug', '--home', home], {
      TIDEWATCH_DATABASE_URL: url,
    });
    said += stdout + stderr;
  }, 300_000);

  /** A data job in a served home, so that the database has rows of it. */
  async function servedJob(faulty: VenueSimulator): Promise<string> {
    const server = running(faulty, ['serve', '--port', '0', '--json', '--home', home], KEYS);
    let stdout = '';
    server.child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    await until(() => /http:\/\/127\.0\.0\.1:\d+/.test(stdout));
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)![0];
    const headers = {
      authorization: `Bearer ${KEYS.TIDEWATCH_API_TOKEN}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ symbol: 'binanceusdm:-:BTCUSDT', timeframe: '1h' });
    const started = await fetch(`${url}/api/data-jobs`, { method: 'POST', headers, body });
    expect(started.status).toBe(202);
    const { id } = (await started.json()) as { id: string };
    let answer = '';
    for (let ended = false; !ended; ) {
      answer = await (await fetch(`${url}/api/data-jobs/${id}`, { headers })).text();
      ended = /"status":"(completed|failed)"/.test(answer);
    }
    server.child.kill('SIGINT');
    const { stderr } = await server.ended;
    return stdout + stderr + answer;
  }

  it('are sent to their providers, and stand in nothing that is printed', () => {
    expect(
      open.flatMap(({ requests }) => requests).some(({ venue, rows }) => venue === 'coinglass' && rows > 0),
    ).toBe(true);
    expect(said).toMatch(/coinglass · /);
    expect(said).not.toMatch(PLANTED);
  });

  it('stand in no file of the home: logs, lake, panel, job rows of the database', () => {
    const files = (readdirSync(home, { recursive: true }) as string[])
      .map((name) => join(home, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(20);
    const leaking = files.filter((path) => PLANTED.test(readFileSync(path, 'latin1')));
    expect(leaking).toEqual([]);
  });
});
