/**
 * The commands of the drivers, the database, the jobs and the doctor on one filled home: alone, beside `tidewatch up`,
 * which then does what they ask, and with keys planted wherever one can stand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyStore } from '../embedded-store.js';
import { askCli, askJson, startCli } from '../run-cli.js';
import { type FilledHome, filledHome } from './filled-home.fixture.js';

/** Planted in environment, secrets file and configuration; found nowhere else. */
const SECRETS = {
  TIDEWATCH_API_TOKEN: 'planted-api-token-0001',
  TIDEWATCH_COINGECKO_API_KEY: 'planted-coingecko-0002',
  TIDEWATCH_COINGLASS_API_KEY: 'planted-coinglass-0003',
  TIDEWATCH_TELEGRAM_BOT_TOKEN: '4711:planted-telegram-0004',
  TIDEWATCH_SOLANA_PRIVATE_KEY: 'planted-solana-0005',
  TIDEWATCH_ETH_RPC_URL: 'https://rpc.example/planted-rpc-0006',
} as const;
const PLANTED = /planted-[a-z]+-\d{4}/;

/** Every number of /metrics but those of Node and the process; docs/concepts/operations.md says what they are. */
const METRICS = [
  'job_duration_seconds histogram, job_runs_total counter, part_up gauge, part_crashes_total counter',
  'health_light gauge, health_value gauge, merge_failures_total counter, roll_up_failures_total counter',
  'venue_calls_total counter, venue_wait_seconds_total counter, venue_answer_seconds_total counter',
  'venue_budget_used_ratio gauge, venue_invalid_rows_total counter, venue_blocked gauge',
  'stream_age_seconds gauge, stream_connected gauge, stream_reconnects_total counter',
  'stream_frames_total counter, stream_bad_frames_total counter',
  'driver_cells_evaluated gauge, driver_cells_live gauge, driver_data_age_seconds gauge',
  'driver_partial_bars gauge, driver_gaps gauge, driver_components gauge, dominance_unchanged_seconds gauge',
  'driver_bars_written_total counter, driver_step_duration_seconds gauge, driver_step_failures_total counter',
  'driver_dropped_components_total counter, driver_suspect_bars gauge, driver_overruns_total counter',
  'driver_step_failed_in_a_row gauge, driver_sources_apart gauge',
  'posture_coverage_ratio gauge, posture_channels_live gauge, posture_a gauge, posture_e gauge',
  'posture_calls_total counter',
].join(', ');

let home: FilledHome;
let refusing: { readonly url: string; close(): void };
const here = () => ['--home', home.folder, '--config', home.file];
const ask = (...args: string[]) => askJson([...args, ...here()]);
const told = (...args: string[]) => askCli([...args, ...here()]);

beforeAll(async () => {
  home = await filledHome();
  await copyStore(join(home.folder, 'nothing', 'db', 'data'));
  const server = createServer((_request, response) => response.writeHead(500).end('no'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  refusing = { url: `http://127.0.0.1:${port}/hooks/planted-webhook-0007`, close: () => server.close() };
}, 120_000);
afterAll(async () => {
  refusing.close();
  await home.close();
});

describe('alone', () => {
  it('verifies all 24 cells, in words and as JSON', async () => {
    const { code, envelope } = await ask('drivers', 'verify');
    expect(envelope.data).toMatchObject({ passed: true, complete: true, empty: [] });
    expect(code).toBe(0);
    const { bars, records } = envelope.data as Record<'bars' | 'records', { sources?: string[] }[]>;
    expect([bars.length, records.length]).toEqual([24, 24]);
    expect(new Set(bars.flatMap(({ sources = [] }) => sources))).toEqual(
      new Set(['binance', 'composite', 'coingecko', 'rollup']),
    );
    const words = await told('drivers', 'verify');
    expect(words.stdout).toContain('24 of 24 cells are filled; BTC and ALT are complete');
    const summary = (await told('drivers', 'summary')).stdout;
    expect(summary.indexOf('Global Drivers')).toBeLessThan(summary.indexOf('Bucket Drivers'));
    expect(summary).toMatch(/^USDT\.d +1m +S[0-4]/m);
    expect(summary).toMatch(/^small +\d\.\d{3} +\d\.\d{3} +15\/15 +100%/m);
  });

  it('keeps A and E of the past in the lake, once', async () => {
    const first = await ask('drivers', 'history', '--bucket', 'mid', '--tf', '1d');
    expect(first.envelope.data.series).toMatchObject([{ bucket: 'mid', timeframe: '1d' }]);
    const again = await ask('drivers', 'history', '--bucket', 'mid', '--tf', '1d');
    expect(again.envelope.data.series).toMatchObject([{ written: 0 }]);
  });

  it('copies, replaces and migrates the database', async () => {
    const copy = join(home.folder, 'copy.ndjson.gz');
    const backup = await ask('db', 'backup', '--out', copy);
    expect([backup.code, backup.envelope.data]).toMatchObject([0, { path: copy }]);
    const restored = await ask('db', 'restore', copy, '--yes');
    expect(restored.envelope.data).toMatchObject({ rows: backup.envelope.data.rows });
    const migrated = await ask('db', 'migrate');
    expect(migrated.envelope.data).toMatchObject({ pending: [], missing: [] });
  });

  it('shows headers and a reason where there is nothing', async () => {
    const empty = ['--home', join(home.folder, 'nothing')];
    const [summary, health, verify, history] = [
      await askCli(['drivers', 'summary', ...empty]),
      await askCli(['drivers', 'health', ...empty]),
      await askCli(['drivers', 'verify', ...empty]),
      await askCli(['jobs', 'history', ...empty]),
    ];
    expect([summary.code, health.code, verify.code, history.code]).toEqual([1, 1, 1, 0]);
    expect(summary.stderr).toContain('A and E of nano, small, mid, big are degraded');
    expect(summary.stdout.match(/no_data/g)).toHaveLength(24);
    expect(health.stdout).toContain('no 1d bar: none was fetched or imported');
    expect(verify.stdout).toContain('0 of 24 cells are filled; a cell of BTC or ALT is empty');
    expect(verify.stdout).toMatch(/^Record +Tf +State +Before/m);
    expect(history.stdout).toContain('No job has run yet');
  });

  it.each([
    [['drivers', 'run', '--tf', '4h'], '--tf'],
    [['drivers', 'ae', '--tf', '2h'], '--tf'],
    [['drivers', 'ae', '--bucket', 'huge'], 'nano, small, mid or big'],
    [['drivers', 'backfill', '--days', '0'], '--days'],
    [['drivers', 'history', '--bucket', 'huge'], 'bucket'],
    [['drivers', 'study', '--draws', '3'], 'draws'],
    [['jobs', 'run', 'no.such.job'], 'job'],
    [['jobs', 'history', '--status', 'sleeping'], '--status'],
    [['jobs', 'retry', 'not-an-id'], 'jobs history'],
    [['db', 'restore', 'copy.ndjson.gz', '--now'], '--now'],
    [['doctor', '--venue', 'nasdaq'], '--venue'],
    [['dev', 'mock-venue', '--synthetic', '--speed', '2'], '--speed'],
    [['dev', 'mock-venue', '--synthetic', '--seed', '2', '--port', '0'], 'was made of seed 1'],
  ] as const)('%j is refused with exit 2', async (args, named) => {
    const { code, stderr, stdout } = await askCli([...args, ...here()]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
  });
});

describe('beside up', () => {
  let up: Awaited<ReturnType<typeof startCli>>;
  let url: string;
  let said = '';
  const get = async (path: string) => {
    const answer = await fetch(url + path);
    return { status: answer.status, text: await answer.text() };
  };

  beforeAll(async () => {
    home.run();
    up = await startCli(['up', '--json', '--no-backfill', '--port', '0', ...here()], /"url":"([^"]+)"/, {
      ...SECRETS,
      TIDEWATCH_LOG_LEVEL: 'debug',
      TIDEWATCH_NOTIFY__WEBHOOK_URL: refusing.url,
      TIDEWATCH_NOTIFY__LEAST: 'info',
    });
    url = up.match[1]!;
  }, 120_000);
  afterAll(async () => {
    up.child.kill('SIGTERM');
    await up.exited;
  });

  it('the drivers are asked of the process that owns them', async () => {
    const run = await ask('drivers', 'run', '--tf', '1m');
    expect([run.code, run.envelope.data]).toMatchObject([0, [{ timeframe: '1m' }]]);
    const ae = await ask('drivers', 'ae', '--bucket', 'nano', '--tf', '4h');
    const served = JSON.parse((await get('/api/drivers/ae?bucket=nano&timeframe=4h')).text) as { a: number };
    expect(ae.envelope.data).toMatchObject({ a: served.a, channels_live: 15, coverage: 1 });
    const explained = (await told('drivers', 'ae', '--bucket', 'nano', '--tf', '4h', '--explain')).stdout;
    expect(explained).toMatch(/^Regime A\/E for bucket=nano, exec_tf=4h\nA \(Aggressiveness\): \d\.\d{3}\n/);
    expect(explained.match(/ (live|stale|missing) /g)).toHaveLength(15);
    expect(explained).toContain('Coverage: 100%, 15 of 15 channels live');
    const filled = await ask('drivers', 'backfill', '--days', '1');
    expect(filled.envelope.data.fetched).toMatchObject({ failures: [] });
    const health = await ask('drivers', 'health');
    expect((health.envelope.data.cells as { status: string }[]).map(({ status }) => status)).not.toContain(
      'missing',
    );
  }, 120_000);

  it('so are the jobs and the database, which it does not give away', async () => {
    const done = await ask('jobs', 'run', 'caps.tag');
    expect(done.envelope.data).toMatchObject({ kind: 'caps.tag', status: 'completed' });
    const history = await ask('jobs', 'history', 'caps.tag', '--limit', '1');
    expect(history.envelope.data.runs).toMatchObject([{ id: done.envelope.data.id }]);
    const again = await ask('jobs', 'retry', done.envelope.data.id as string);
    // what has worked is not done again
    expect(again.envelope.data).toMatchObject({ status: 'completed', attempt: 1 });
    const listed = (await told('jobs', 'list')).stdout;
    expect(listed).toMatch(/^regime\.1m +/m);
    expect((await ask('db', 'status')).envelope.data).toMatchObject({ engine: 'pglite', pending: [] });
    const refused = await ask('db', 'migrate');
    expect([refused.code, refused.envelope.error?.code]).toEqual([3, 'home_in_use']);
    expect(refused.envelope.error?.message).toContain(`pid ${up.child.pid}`);
  }, 120_000);

  it('tells its numbers with the labels of the specification', async () => {
    const { text } = await get('/metrics');
    for (const line of [
      /^tidewatch_job_duration_seconds_count\{job="caps\.tag"\} [1-9]/m,
      /^tidewatch_job_runs_total\{job="caps\.tag",status="completed"\} [1-9]/m,
      /^tidewatch_venue_calls_total\{venue="binance",outcome="ok"\} [1-9]/m,
      /^tidewatch_venue_answer_seconds_total\{venue="binance"\} [\d.]+/m,
      /^tidewatch_stream_connected\{venue="binance",connection="0"\} [01]/m,
      /^tidewatch_driver_cells_evaluated 24$/m,
      /^tidewatch_driver_data_age_seconds\{driver="USDT\.d",timeframe="1m"\} [\d.]+/m,
      /^tidewatch_driver_bars_written_total\{driver="BTC",timeframe="1m",source="binance"\} [1-9]/m,
      /^tidewatch_driver_components\{driver="nano",timeframe="1h"\} 3$/m,
      /^tidewatch_driver_gaps\{driver="BTC",timeframe="1h"\} 0$/m,
      /^tidewatch_driver_partial_bars\{driver="BTC",timeframe="1h"\} 0$/m,
      /^tidewatch_driver_step_duration_seconds\{timeframe="1m",step="collect"\} [\d.]+/m,
      /^tidewatch_driver_overruns_total\{timeframe="1m"\} \d/m,
      /^tidewatch_dominance_unchanged_seconds \d/m,
      /^tidewatch_posture_calls_total\{outcome="answered"\} [1-9]/m,
      /^tidewatch_posture_channels_live\{bucket="big"\} 15$/m,
      /^tidewatch_health_light\{item="bar_lag_1m"\} [012]$/m,
      /^tidewatch_part_up\{part="streams"\} [01]$/m,
    ])
      expect(text).toMatch(line);
    const types = [...text.matchAll(/^# TYPE tidewatch_(?!process_|nodejs_)(\S+) (\S+)$/gm)];
    expect(types.map(([, name, type]) => `${name} ${type}`).sort()).toEqual(METRICS.split(/, */).sort());
    const ready = await get('/readyz');
    const { status, reasons } = JSON.parse(ready.text) as { status: string; reasons: string[] };
    expect([ready.status, status]).toEqual(reasons.length === 0 ? [200, 'ready'] : [503, 'not_ready']);
    const health = JSON.parse((await get('/api/health')).text) as { items: { name: string }[] };
    expect(health.items.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['job_failures_last_hour', 'api_budget_used', 'disk_free', 'bar_lag_1m']),
    );
  });

  it('says no key in logs, answers, errors, copies and reports', async () => {
    const nowhere = ['--home', join(home.folder, 'nothing'), '--config', home.file];
    const outputs = [
      await askCli(['doctor', ...here()], { ...SECRETS }),
      await askCli(['doctor', 'config', '--json', ...here()], { ...SECRETS }),
      await askCli(['db', 'status', '--debug', '--home', join(home.folder, 'nothing')], {
        TIDEWATCH_DATABASE_URL: 'postgresql://me:planted-password-0008@127.0.0.1:1/nowhere',
      }),
      await askCli(['db', 'status', '--debug', '--json'], {
        TIDEWATCH_DATABASE_URL: 'mysql://me:planted-password-0009@127.0.0.1:1/nowhere',
      }),
      await askCli(['drivers', 'run', '--tf', '1d', '--debug', ...nowhere], {
        ...SECRETS,
        TIDEWATCH_VENUES__BINANCE__BASE_URL: 'http://me:planted-password-0010@127.0.0.1:1/api',
        TIDEWATCH_VENUES__BINANCE__TRIES: '1',
      }),
    ];
    expect(outputs[0]!.stdout).toContain('COINGECKO_API_KEY set');
    for (const path of ['/api/health', '/metrics', '/api/bootstrap', '/api/alerts', '/openapi.json'])
      said += (await get(path)).text;
    const refused = await fetch(`${url}/api/models`, {
      method: 'POST',
      headers: { authorization: 'Bearer planted-wrong-0011', 'content-type': 'application/json' },
      body: '{}',
    });
    said += await refused.text();
    const copy = join(home.folder, 'second.ndjson.gz');
    await ask('db', 'backup', '--out', copy);
    said += gunzipSync(readFileSync(copy)).toString();
    said += outputs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    const { stdout, stderr } = up.output();
    said += stdout + stderr;
    for (const folder of ['logs', 'reports', 'runs', 'run']) {
      const path = join(home.folder, folder);
      if (!existsSync(path)) continue;
      for (const name of readdirSync(path, { recursive: true, withFileTypes: true }))
        if (name.isFile()) said += readFileSync(join(name.parentPath, name.name), 'latin1');
    }
    expect(readdirSync(join(home.folder, 'logs'))).toContain('system.log');
    expect(PLANTED.exec(said)?.[0]).toBeUndefined();
  }, 120_000);
});
