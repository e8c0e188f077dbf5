/** `fetch` as a person uses it, against a simulated venue: a whole history, an interrupt, failures and their exit codes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { copyStore } from '../embedded-store.js';
import { askCli, CLI, cleanEnvironment, FLAGS } from '../run-cli.js';
import { syntheticSeries } from '../synthetic-bars.js';

const folder = mkdtempSync(join(tmpdir(), 'fetch-cli-'));
const MINUTES = 30 * 1440;
let simulator: VenueSimulator;

beforeAll(async () => {
  await copyStore(join(folder, 'db', 'data'));
  const series = syntheticSeries('file:spot:BTCUSDT', '1m', MINUTES, 5);
  const perp = { base: 'BTC', kind: 'perp' as const, series };
  simulator = await startVenueSimulator({ bars: [perp, { ...perp, base: 'ETH' }], latencyMs: 20 });
});
afterAll(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function fetch(
  args: readonly string[],
  options: {
    readonly url?: string;
    readonly interruptAt?: number;
    readonly extra?: Readonly<Record<string, string>>;
  } = {},
): Promise<Ended> {
  const words = ['fetch', ...args, '--home', folder];
  const environment = {
    TIDEWATCH_VENUES__BINANCEUSDM__BASE_URL: options.url ?? simulator.url('binanceusdm'),
    TIDEWATCH_VENUES__BINANCEUSDM__BACKOFF_MS: '10',
    TIDEWATCH_VENUES__COINGECKO__BASE_URL: simulator.url('coingecko'),
    TIDEWATCH_VENUES__COINGLASS__BASE_URL: simulator.url('coinglass'),
    ...options.extra,
  };
  const { interruptAt } = options;
  if (interruptAt === undefined) return askCli(words, environment);
  const child = spawn(process.execPath, [...FLAGS, CLI, ...words], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const first = simulator.requests.length;
  const watch = setInterval(() => {
    if (simulator.requests.length - first < interruptAt) return;
    clearInterval(watch);
    child.kill('SIGINT');
  }, 2);
  return new Promise((done) =>
    child.once('close', (code) => {
      clearInterval(watch);
      done({ code, stdout, stderr });
    }),
  );
}

const CANDLES = ['candles', '--venue', 'binanceusdm', '--symbol', 'BTC/USDT', '--full'];

it('keeps what was fetched when it is interrupted, and goes on from there', async () => {
  const cut = await fetch(CANDLES, { interruptAt: 15 });
  expect(cut.code).toBe(130);
  const kept = /Kept: ([\d,]+) bars/.exec(cut.stderr);
  const rows = Number(kept?.[1]?.replaceAll(',', ''));
  expect(rows).toBeGreaterThan(1000);
  const whole = JSON.parse((await fetch([...CANDLES, '--json'])).stdout);
  expect(whole).toMatchObject({
    ok: true,
    command: 'fetch candles',
    data: {
      series: [
        {
          instrument_id: 'binanceusdm:-:BTCUSDT',
          timeframe: '1m',
          rows: MINUTES - rows,
          held: rows,
          gaps: [],
          error: null,
        },
      ],
    },
  });
});

it('fetches several symbols at once, and says which one is not listed', async () => {
  const symbols = ['--venue', 'binanceusdm', '--symbol', 'ETH/USDT,NOPE/USDT', '--tf', '1h', '--full'];
  const ended = await fetch(['candles', ...symbols, '--json']);
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout).data.series).toMatchObject([
    { instrument_id: 'binanceusdm:-:ETHUSDT', rows: 720, error: null },
    { instrument_id: 'binanceusdm:-:NOPEUSDT', error: { code: 'unknown_symbol' } },
  ]);
});

it('says what an interrupted fetch of funding kept', async () => {
  const cut = await fetch(['funding', '--symbol', 'binanceusdm:-:ETHUSDT'], { interruptAt: 6 });
  expect([cut.code, cut.stderr]).toEqual([130, expect.stringMatching(/Kept: \d+ events/)]);
});

it('fetches funding and open interest', async () => {
  const funding = await fetch(['funding', '--symbol', 'binanceusdm:-:BTCUSDT', '--json']);
  expect(JSON.parse(funding.stdout).data.series).toMatchObject([
    { rows: 90, missing_share: 0, interval_hours: [8], error: null },
  ]);
  const interest = await fetch(['open-interest', '--symbol', 'binanceusdm:-:BTCUSDT', '--quiet']);
  expect([interest.code, interest.stderr]).toEqual([0, '']);
  expect(interest.stdout).toContain('rows written');
});

it('lists markets, stores a sample of dominance, shows caps', async () => {
  const universe = JSON.parse((await fetch(['universe', '--json'])).stdout).data;
  expect(universe.markets).toMatchObject([
    { instrument_id: 'binanceusdm:-:BTCUSDT', active: true },
    { instrument_id: 'binanceusdm:-:ETHUSDT', active: true },
  ]);
  const dominance = JSON.parse((await fetch(['dominance', '--json'])).stdout);
  expect(dominance.error).toBeNull();
  const caps = await fetch(['caps', '--limit', '4']);
  expect([caps.code, caps.stdout]).toEqual([0, expect.stringContaining('usdt')]);
  // those of the coins whose markets are in the lake
  const { tagged } = JSON.parse((await fetch(['caps', '--json'])).stdout).data;
  expect(tagged.map((each: { instrument_id: string }) => each.instrument_id)).toContain(
    'binanceusdm:-:BTCUSDT',
  );
});

it('fetches daily facts into the panel of the home, and asks for a key first', async () => {
  const args = ['panel', '--funding', '--caps', '--symbols', 'BTC,NOPE', '--from', '2024-01-20', '--json'];
  const keyless = await fetch(args);
  expect([keyless.code, JSON.parse(keyless.stdout).error.code]).toEqual([3, 'missing_secret']);
  const keyed = { TIDEWATCH_COINGLASS_API_KEY: 'cg-secret-of-the-test' };
  const answer = await fetch([...args, '--to', '2024-01-29'], { extra: keyed });
  expect(answer.code).toBe(1);
  const { data } = JSON.parse(answer.stdout);
  expect(data.symbols).toMatchObject([
    { symbol: 'BTC', fact: 'funding', outcome: 'stored', rows: 9, first_date: '2024-01-20' },
    { symbol: 'NOPE', fact: 'funding', outcome: 'skipped' },
    { symbol: 'BTC', fact: 'caps', outcome: 'no_data' },
    { symbol: 'NOPE', fact: 'caps', outcome: 'no_data' },
  ]);
  expect(data.added).toMatchObject({ fact_funding: 9 });
  expect(answer.stdout + answer.stderr).not.toContain('cg-secret');
});

it('exits 4 when the venue cannot be reached, 2 for what no venue has', async () => {
  const gone = await fetch(CANDLES, { url: 'http://127.0.0.1:49151' });
  expect(gone.code).toBe(4);
  expect(gone.stderr).toMatch(/^Error: binanceusdm · no answer: .*ECONNREFUSED.* · check the network/m);
  const liquidations = await fetch(['liquidations', '--tf', '1m', '--full', '--json']);
  expect([liquidations.code, JSON.parse(liquidations.stdout).error.code]).toEqual([2, 'not_offered']);
  expect((await fetch(['liquidations', '--venue', 'nowhere'])).stderr).toContain('unknown --venue "nowhere"');
});

it('says of a range with nothing in it why, and what an unknown symbol was', async () => {
  const market = ['--venue', 'binanceusdm', '--symbol', 'BTC/USDT'];
  const future = await fetch(['candles', ...market, '--from', '2100-01-01']);
  expect([future.code, future.stderr]).toEqual([2, expect.stringContaining('is not over yet · give a time')]);
  const early = await fetch(['candles', ...market, '--from', '2010-01-01', '--to', '2010-02-01']);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('the range ends before')]);
  const funding = await fetch(['funding', ...market, '--from', '2010-01-01', '--to', '2010-02-01']);
  expect([funding.code, funding.stdout]).toEqual([1, expect.stringContaining('n/a')]);
  const unknown = await fetch(['candles', '--venue', 'binanceusdm', '--symbol', 'NOPE/USDT']);
  expect(unknown.stderr).toContain(
    'no symbol NOPEUSDT · see what it lists with: tidewatch fetch universe --venue',
  );
});
