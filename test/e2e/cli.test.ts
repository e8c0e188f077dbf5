import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyStore } from '../embedded-store.js';
import { askCli, askJson, runCli, runJson, startCli } from '../run-cli.js';
import { syntheticSeries, writeCsv } from '../synthetic-bars.js';

const SYMBOL = 'file:spot:BTCUSDT';
const SERIES = ['--symbol', SYMBOL, '--tf', '1h'] as const;

let folder: string;
let home: string;
let bars: string;
let modelId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  home = join(folder, 'home');
  bars = join(folder, 'bars.csv');
  writeCsv(bars, syntheticSeries(SYMBOL, '1h', 1200, 5));
  const imported = await askJson(['lake', 'import', bars, ...SERIES, '--home', home]);
  expect(imported.envelope.data).toMatchObject({ rows_read: 1200, rows_written: 1200, rows_refused: 0 });
  const trained = await askJson(['model', 'train', ...SERIES, '--states', '2', '--home', home]);
  modelId = trained.envelope.data.model_id as string;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the envelope', () => {
  it('has the documented fields on success', async () => {
    const { code, envelope } = runJson(['lake', 'status', '--home', home]);
    expect(code).toBe(0);
    expect(Object.keys(envelope)).toEqual(['ok', 'command', 'data', 'warnings', 'error', 'meta']);
    expect(envelope).toMatchObject({ ok: true, command: 'lake status', error: null, warnings: [] });
    expect(Object.keys(envelope.meta)).toEqual(['version', 'home', 'profile', 'as_of', 'duration_ms']);
    expect(envelope.meta.home).toBe(home);
    const bar = (envelope.data.datasets as { dataset: string; rows: number }[]).find(
      ({ dataset }) => dataset === 'bars',
    );
    expect(bar?.rows).toBe(1200);
  });

  it('has code, message and hint on failure, and nothing else on stdout', async () => {
    const { code, envelope, stderr } = runJson(['regime', 'latest', '--model', 'missing', '--home', home]);
    expect(code).toBe(3);
    expect(envelope).toMatchObject({ ok: false, data: null });
    expect(envelope.error).toEqual({
      code: 'unknown_model',
      message: 'there is no model missing',
      hint: 'see: tidewatch model list',
    });
    expect(stderr).toBe('');
  });
});

describe('exit codes', () => {
  const table: [string, string[], number, string][] = [
    ['unknown command', ['frobnicate'], 2, 'bad_parameter'],
    ['missing subcommand', ['lake'], 2, 'bad_parameter'],
    ['unknown flag', ['doctor', '--frobnicate'], 2, 'bad_parameter'],
    ['missing argument', ['lake', 'sql'], 2, 'bad_parameter'],
    ['unknown timeframe', ['model', 'train', '--tf', '2h'], 2, 'unknown_timeframe'],
    ['unknown dataset', ['lake', 'status', '--dataset', 'bats'], 2, 'unknown_dataset'],
    ['too many states', ['model', 'train', '--states', '13'], 2, 'bad_parameter'],
    ['unknown profile', ['model', 'train', '--profile', 'scald'], 2, 'bad_parameter'],
    ['naive time', ['regime', 'history', '--from', '2024-01-01T00:00'], 2, 'naive_time'],
    ['empty range', ['regime', 'history', '--from', '2024-02-01', '--to', '2024-01-01'], 2, 'bad_parameter'],
    ['instrument nothing fits', ['regime', 'latest', '--symbol', 'DOGE/USD'], 2, 'invalid_instrument'],
    ['a query that writes', ['lake', 'sql', 'drop table bars'], 2, 'query_refused'],
    ['delete without terminal', ['model', 'delete', 'MODEL'], 2, 'confirmation_required'],
    ['a model id that is a path', ['model', 'delete', '../../etc/passwd', '--yes'], 2, 'bad_parameter'],
    ['a port that is no number', ['serve', '--port', 'http'], 2, 'bad_parameter'],
    ['missing file', ['lake', 'import', '/no/such/file.csv', ...SERIES], 3, 'file_not_found'],
    ['no such series', ['model', 'train', '--symbol', 'binance:spot:ETHUSDT'], 3, 'no_data'],
    ['missing configuration', ['doctor', 'config', '--config', '/no/such.yaml'], 3, 'file_not_found'],
    ['unknown run', ['report', 'build', 'nothing'], 3, 'unknown_run'],
    ['golden folder missing', ['dev', 'golden', '/no/such/golden'], 3, 'file_not_found'],
  ];
  it.concurrent.each(table)('%s', async (_name, args, exit, errorCode) => {
    const { code, envelope } = await askJson([
      ...args.map((arg) => (arg === 'MODEL' ? modelId : arg)),
      '--home',
      home,
    ]);
    expect([envelope.error?.code, code]).toEqual([errorCode, exit]);
    expect(envelope.error?.message).not.toMatch(/\n\s+at /);
  });

  it('help and version end with 0', async () => {
    expect(runCli(['--version']).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    const { code, stdout } = runCli(['model', 'train', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Example:\n  ');
    expect(stdout).toContain('--json');
  });

  it('findings end with 1: a gap in the bars', async () => {
    const gappy = join(folder, 'gappy.csv');
    const lines = readFileSync(bars, 'utf8').split('\n');
    writeFileSync(gappy, [...lines.slice(0, 50), ...lines.slice(60)].join('\n'));
    const other = join(folder, 'gappy-home');
    await askCli(['lake', 'import', gappy, ...SERIES, '--home', other]);
    const { code, envelope } = await askJson(['lake', 'gaps', '--home', other]);
    expect(code).toBe(1);
    expect(envelope.ok).toBe(true);
    expect(envelope.data.series).toMatchObject([{ missing: 10 }]);
    expect((await askCli(['lake', 'gaps', '--home', home])).code).toBe(0);
  });
});

describe('bad surroundings', () => {
  it('a home under a regular file is named, in one sentence', async () => {
    const { code, stderr } = await askCli(['start', '--no-serve', '--home', join(bars, 'home')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^Error: cannot use the home .* · a part of the path is a file, not a folder · .*\n$/,
    );
  });

  it('an asked-for port that is taken is an error; the default moves on and says so', async () => {
    const holder = await new Promise<Server>((ready) => {
      const server = createServer().listen(0, '127.0.0.1', () => ready(server));
    });
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, envelope } = await askJson(['serve', '--port', String(port), '--home', home]);
    holder.close();
    expect([code, envelope.error?.code]).toEqual([3, 'port_in_use']);
  });

  it('listening beyond loopback needs a token', async () => {
    const { code, envelope } = await askJson(['serve', '--host', '0.0.0.0', '--port', '0', '--home', home]);
    expect([code, envelope.error?.code]).toEqual([3, 'missing_secret']);
  });

  it('a model of an unknown schema version is refused, and listed as a warning', async () => {
    const copy = join(folder, 'future-home');
    cpSync(home, copy, { recursive: true });
    const path = join(copy, 'models', `${modelId}.json`);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"schema_version": 1', '"schema_version": 99'));
    const shown = await askJson(['model', 'show', modelId, '--home', copy]);
    expect([shown.code, shown.envelope.error?.code]).toEqual([3, 'unsupported_schema_version']);
    const listed = await askJson(['model', 'list', '--home', copy]);
    expect(listed.envelope.warnings).toMatchObject([{ code: 'unsupported_schema_version' }]);
  });

  it('an unknown configuration key names the nearest one', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'http:\n  prot: 9000\n');
    const { code, stderr } = await askCli(['doctor', 'config', '--config', file]);
    expect(code).toBe(3);
    expect(stderr).toContain('did you mean "http.port"?');
  });

  it('a broken row ends an import with its place, and nothing is stored', async () => {
    const broken = join(folder, 'broken.csv');
    writeFileSync(broken, readFileSync(bars, 'utf8').replace(/\n[^\n]+\n$/, '\n1708300800000,1,2,-3,1,1\n'));
    const other = join(folder, 'broken-home');
    const { code, stderr } = await askCli(['lake', 'import', broken, ...SERIES, '--home', other]);
    expect(code).toBe(3);
    expect(stderr).toContain('1200');
    expect((await askJson(['lake', 'status', '--home', other])).envelope.data).toEqual({ datasets: [] });
  });
});

describe('models and regimes', () => {
  it('training again with the same input gives the same model', async () => {
    const { envelope } = await askJson(['model', 'train', ...SERIES, '--states', '2', '--home', home]);
    expect(envelope.data).toMatchObject({ model_id: modelId, reused: true });
    const other = join(folder, 'twin-home');
    await askCli(['lake', 'import', bars, ...SERIES, '--home', other]);
    const twin = (await askJson(['model', 'train', ...SERIES, '--states', '2', '--home', other])).envelope;
    const hash = (id: unknown): string => String(id).split('-').at(-1)!;
    expect(hash(twin.data.model_id)).toBe(hash(modelId));
  });

  it('history is causal, stored once and the same when asked again', async () => {
    const ask = () => askJson(['regime', 'history', ...SERIES, '--limit', '300', '--home', home]);
    const first = (await ask()).envelope;
    expect(first.data).toMatchObject({ kind: 'filtered', lookahead: false, model_id: modelId });
    expect(first.data.data).toHaveLength(300);
    expect((await ask()).envelope.data).toEqual(first.data);
    const { envelope } = await askJson([
      'lake',
      'sql',
      'select count(*) from regime_probabilities',
      '--home',
      home,
    ]);
    expect(envelope.data.rows).toEqual([[300]]);
    const rows = first.data.data as {
      timestamp: number;
      available_at: number;
      probs: number[];
      in_sample: boolean;
    }[];
    for (const { timestamp, available_at, probs } of rows) {
      expect(available_at).toBe(timestamp + 3_600_000);
      expect(probs.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    }
    expect(rows.some(({ in_sample }) => in_sample)).toBe(true);
    expect(rows.at(-1)!.in_sample).toBe(false);
  });

  it('smoothed is tagged lookahead and not stored', async () => {
    const { envelope } = await askJson([
      'regime',
      'history',
      ...SERIES,
      '--smoothed',
      '--limit',
      '5',
      '--home',
      home,
    ]);
    expect(envelope.data).toMatchObject({ kind: 'smoothed', lookahead: true });
    expect(envelope.warnings).toMatchObject([{ code: 'lookahead' }]);
    const stored = await askJson([
      'lake',
      'sql',
      "select count(*) from regime_probabilities where kind = 'smoothed'",
      '--home',
      home,
    ]);
    expect(stored.envelope.data.rows).toEqual([[0]]);
  });

  it('the forecast adds up to one and comes from the newest bar', async () => {
    const { envelope } = await askJson(['regime', 'forecast', ...SERIES, '--bars', '1,24', '--home', home]);
    const forecast = envelope.data.forecast as Record<string, number[]>;
    expect(Object.keys(forecast)).toEqual(['1', '24']);
    for (const each of Object.values(forecast)) {
      expect(each.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    }
  });

  it('deleting a model deletes its results', async () => {
    const copy = join(folder, 'delete-home');
    cpSync(home, copy, { recursive: true });
    await askCli(['regime', 'history', ...SERIES, '--limit', '50', '--home', copy]);
    const count = ['lake', 'sql', 'select count(*) from regime_probabilities', '--home', copy];
    const [[before]] = (await askJson(count)).envelope.data.rows as [[number]];
    expect(before).toBeGreaterThanOrEqual(50);
    const { envelope } = await askJson(['model', 'delete', modelId, '--yes', '--home', copy]);
    expect(envelope.data.deleted).toEqual([{ model_id: modelId, rows: before }]);
    expect(readdirSync(join(copy, 'models'))).toEqual([]);
    expect((await askJson(count)).envelope.data.rows).toEqual([[0]]);
  });

  it('a report of a model of one’s own data is built from the series', async () => {
    const out = join(folder, 'own.html');
    const { envelope } = await askJson(['report', 'build', ...SERIES, '--out', out, '--home', home]);
    expect(envelope.data).toMatchObject({ file: out, run_id: expect.stringMatching(/^regime_BTCUSDT_1h_/) });
    expect(readFileSync(out, 'utf8')).toContain('BTC/USDT 1h regimes');
    const again = await askJson(['report', 'build', '--model', modelId, '--home', home]);
    expect(again.envelope.data.run_id).toBe(envelope.data.run_id);
  });

  it('a query goes into a file whose ending names the format', async () => {
    const out = join(folder, 'answer.parquet');
    const query = 'select ts, close from bars';
    const written = (await askJson(['lake', 'sql', query, '--out', out, '--home', home])).envelope;
    expect(written.data).toEqual({ file: out, rows: 1200 });
    expect(readFileSync(out).subarray(0, 4).toString()).toBe('PAR1');
    const refused = await askJson(['lake', 'sql', query, '--format', 'parquet', '--home', home]);
    expect([refused.code, refused.envelope.error?.hint]).toEqual([2, 'add --out FILE']);
  });

  it('features and exports are files that hold every row', async () => {
    const features = join(folder, 'features.csv');
    await askCli(['features', 'build', ...SERIES, '--out', features, '--home', home]);
    const rows = readFileSync(features, 'utf8').trim().split('\n');
    expect(rows).toHaveLength(1 + 1200 - 27);
    expect(rows[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z,\d{4}-\d\d-\d\dT\d\d:00:00\.000Z,/);
    const exported = join(folder, 'export.csv');
    await askCli(['lake', 'export', ...SERIES, '--out', exported, '--home', home]);
    expect(readFileSync(exported, 'utf8').trim().split('\n')).toHaveLength(1201);
    const query = 'select ts, close from bars order by ts limit 1';
    const { stdout } = await askCli(['lake', 'sql', query, '--format', 'csv', '--home', home]);
    const first = /^ts,close\n(\S+Z),/.exec(stdout)?.[1];
    expect(readFileSync(exported, 'utf8').split('\n')[1]).toContain(`,1h,${first},`);
  });
});

describe('terminal manners', () => {
  // a server opens the operational store, which takes seconds to be made
  beforeAll(() => copyStore(join(home, 'db', 'data')));

  it('keeps results on stdout, plain without a terminal, ASCII without UTF-8', async () => {
    const { stdout, stderr } = runCli(['model', 'show', '--home', home]);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('\u001b[');
    expect(stdout).toMatch(/^State +Share +Mean per bar +Vol per bar +Next bar \(t\) +Expected length$/m);
    const ascii = runCli(['model', 'show', '--home', home], { LANG: 'C', LC_ALL: 'C' }).stdout;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
    expect(ascii).toMatch(/^[\x00-\x7f]*$/);
  });

  it('the default port moves to the next free one and Ctrl-C ends with 130', async () => {
    const serve = ['serve', '--home', home];
    const first = await startCli(serve, /http:\/\/127\.0\.0\.1:(\d+)/);
    const second = await startCli(serve, /http:\/\/127\.0\.0\.1:(\d+)/);
    expect(Number(second.match[1])).toBeGreaterThan(Number(first.match[1]));
    expect(second.output().stderr).toContain('is taken, serving on');
    const answer = await fetch(`${second.match[0]}/api/hmm/models`);
    expect(await answer.json()).toMatchObject([{ id: modelId }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const { child } of [first, second]) child.kill('SIGINT');
    expect(await Promise.all([first.exited, second.exited])).toEqual([130, 130]);
    expect(second.output().stderr).toContain('Kept: everything that was stored');
    expect(existsSync(join(home, 'logs', 'http.log'))).toBe(true);
  });

  it('serve --json prints the address, then one object per request', async () => {
    const served = await startCli(['serve', '--port', '0', '--json', '--home', home], /"url":"([^"]+)"/);
    await fetch(`${served.match[1]}/healthz`);
    served.child.kill('SIGINT');
    await served.exited;
    const documents = served
      .output()
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents[0]).toMatchObject({ ok: true, command: 'serve' });
    expect(documents[1]).toMatchObject({ method: 'GET', url: '/healthz', status: 200 });
  });
});
