/** `tidewatch uptrend` as people and scripts run it: from dist, on real files. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UptrendEngine } from '../../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../src/analysis/uptrend/payload.js';
import { uptrendPayloadSchema } from '../../src/analysis/uptrend/payload-schema.js';
import { uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { uptrendSummarySchema } from '../../src/backtest/uptrend-summary.js';
import { resample } from '../../src/market/resample.js';
import type { Series } from '../../src/market/series.js';
import { askCli, askJson, CLI, cleanEnvironment } from '../run-cli.js';
import { syntheticSeries, writeCsv } from '../synthetic-bars.js';

const SYMBOL = 'file:spot:BTCUSDT';
const FALLING = 'file:spot:DOWN';
const series = syntheticSeries(SYMBOL, '1h', 2400, 7);
let folder: string;
let home: string;
let csv: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'uptrend-cli-'));
  home = join(folder, 'home');
  csv = join(folder, 'BTCUSDT.csv');
  writeCsv(csv, series);
  await askJson(['lake', 'import', csv, '--symbol', SYMBOL, '--tf', '1h', '--home', home]);
  for (const [symbol, rows] of [
    [FALLING, 900],
    ['file:spot:YOUNG', 40],
  ] as const) {
    const path = join(folder, 'other.csv');
    writeCsv(path, syntheticSeries(symbol, '1h', rows, 11));
    await askJson(['lake', 'import', path, '--symbol', symbol, '--tf', '1h', '--home', home]);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the engine says when it is stepped bar by bar, as a live process does. */
function live(bars: Series, profile: 'standard' | 'v6' = 'standard'): UptrendPayload[] {
  const { instrument, timeframe } = bars;
  const engine = new UptrendEngine({ instrument, timeframe, config: uptrendConfig(profile) });
  const payloads: UptrendPayload[] = [];
  for (let row = 0; row < bars.length; row += 1) {
    const payload = engine.step({
      time: bars.time[row]!,
      high: bars.high[row]!,
      low: bars.low[row]!,
      close: bars.close[row]!,
      volume: bars.volume[row]!,
    });
    if (payload) payloads.push(payload);
  }
  return JSON.parse(JSON.stringify(payloads)) as UptrendPayload[];
}

const lines = (file: string): UptrendPayload[] =>
  file
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as UptrendPayload);

describe('uptrend run', () => {
  it('streams the payloads that a live engine gives, and nothing else', async () => {
    const child = spawn(
      process.execPath,
      [CLI, 'uptrend', 'run', '--symbol', SYMBOL, '--out', '-', '--home', home],
      {
        env: cleanEnvironment(),
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const code = new Promise<number | null>((done) => child.once('exit', (status) => done(status)));
    const stdout = await text(child.stdout);
    expect(await code).toBe(0);
    const payloads = lines(stdout);
    expect(payloads).toEqual(live(series));
    for (const payload of payloads) uptrendPayloadSchema.parse(payload);
  });

  it('of a compressed file, with a profile and a range, writes the same lines to a file', async () => {
    const packed = join(folder, 'packed.csv.gz');
    writeFileSync(packed, gzipSync(readFileSync(csv)));
    const out = join(folder, 'out', 'packed.jsonl');
    const [from, to] = [series.time[1000]!, series.time[1500]!];
    const iso = (ms: number): string => new Date(ms).toISOString();
    const { envelope } = await askJson([
      ...['uptrend', 'run', packed, '--profile', 'v6', '--from', iso(from), '--to', iso(to)],
      ...['--out', out, '--last', '2', '--home', home],
    ]);
    const truth = live({ ...series, instrument: 'file:spot:packed' } as Series, 'v6').filter(
      ({ ts }) => ts >= from && ts < to,
    );
    expect(lines(readFileSync(out, 'utf8'))).toEqual(truth);
    const { out: file, payloads, ...summary } = envelope.data;
    expect(file).toBe(out);
    expect(payloads).toEqual(truth.slice(-2));
    expect(uptrendSummarySchema.parse(summary)).toMatchObject({
      bars: 500,
      warmup_bars: 1000,
      profile: 'v6',
      timeframe: '1h',
    });
    expect(readdirSync(join(folder, 'out'))).toEqual(['packed.jsonl']);
  });

  it('says it in words as well', async () => {
    const { stdout } = await askCli(['uptrend', 'run', '--symbol', SYMBOL, '--last', '3', '--home', home]);
    expect(stdout).toMatch(
      /^BTC\/USDT 1h +\d{4}-\d\d-\d\d to .* 2,400 bars, 2,329 stepped, profile standard\n/,
    );
    expect(stdout).toMatch(/\nBars +[\d, ]+\nShare +[\d.% ]+\nFlags, bars: buy \d+, trim/);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(-3)
        .every((line) => /^2024-\d\d-\d\d \d\d:00 +S\d /.test(line)),
    ).toBe(true);
  });

  it('leaves nothing half written when it is interrupted', async () => {
    const long = join(folder, 'long.csv');
    writeCsv(long, syntheticSeries('file:spot:long', '1m', 60_000, 3));
    const target = join(folder, 'interrupted');
    await askCli(['uptrend', 'run', csv, '--out', join(target, 'first.jsonl'), '--home', home]);
    const begun = new Promise<void>((found) => {
      const watcher = watch(target, () => {
        watcher.close();
        found();
      });
    });
    const child = spawn(
      process.execPath,
      [CLI, 'uptrend', 'run', long, '--out', join(target, 'long.jsonl'), '--home', home],
      {
        env: cleanEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = new Promise<number | null>((done) => child.once('exit', (status) => done(status)));
    await begun;
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(said).toContain('Interrupted');
    expect(readdirSync(target)).toEqual(['first.jsonl']);
  });
});

describe('uptrend backtest', () => {
  it('of a Parquet file at two timeframes: payloads, summary, equity and chart of each', async () => {
    const parquet = join(folder, 'bars.parquet');
    await askJson(['lake', 'export', '--symbol', SYMBOL, '--tf', '1h', '--out', parquet, '--home', home]);
    const out = join(folder, 'three');
    const { code, envelope } = await askJson([
      ...['uptrend', 'backtest', parquet, '--timeframes', '1h,4h', '--simulate', '--fee-bps', '8'],
      ...['--slippage-bps', '2', '--out', out, '--chart', join(out, 'chart.html'), '--home', home],
    ]);
    expect(code, JSON.stringify(envelope.error)).toBe(0);
    const runs = envelope.data.runs as Record<string, unknown>[];
    expect(readdirSync(out).sort()).toEqual(
      ['1h', '4h']
        .flatMap((tf) => [
          `${tf}.equity.jsonl`,
          `${tf}.payloads.jsonl`,
          `${tf}.summary.json`,
          `chart-${tf}.html`,
        ])
        .sort(),
    );
    for (const { files, run_id: runId, believability, ...answer } of runs) {
      const summary = uptrendSummarySchema.parse(answer);
      expect(runId).toBeNull();
      expect(believability).toHaveProperty('verdict');
      expect((files as string[]).every((file) => existsSync(file))).toBe(true);
      const stored = JSON.parse(readFileSync(join(out, `${summary.timeframe}.summary.json`), 'utf8'));
      expect(stored).toEqual(answer);
      const bars = summary.timeframe === '1h' ? series : resample(series, '4h').series;
      const truth = live({ ...bars, instrument: summary.instrument_id } as Series);
      expect(lines(readFileSync(join(out, `${summary.timeframe}.payloads.jsonl`), 'utf8'))).toEqual(truth);
      expect(summary.stepped).toBe(truth.length);
      expect(summary.simulation).toMatchObject({ fee_bps: 8, slippage_bps: 2 });
      const equity = lines(
        readFileSync(join(out, `${summary.timeframe}.equity.jsonl`), 'utf8'),
      ) as unknown as {
        equity: number;
      }[];
      expect(equity).toHaveLength(truth.length);
      expect(equity.at(-1)!.equity - 1).toBeCloseTo(summary.simulation!.net_return, 12);
      const page = readFileSync(join(out, `chart-${summary.timeframe}.html`), 'utf8');
      expect(page).toMatch(/Content-Security-Policy" content="default-src (&#39;|')none/);
      expect(page).not.toMatch(/(src|href)="https?:(?!\/\/www\.tradingview\.com)/);
    }
  });

  it('of the lake is a run: the same inputs are the same run, and its report is made again', async () => {
    const backtest = async (...more: string[]) => {
      const args = ['uptrend', 'backtest', '--symbol', FALLING, '--home', home, ...more];
      return (await askJson(args)).envelope.data.runs as { run_id: string }[];
    };
    const [first] = await backtest('--simulate');
    expect(first!.run_id).toMatch(/^uptrend_DOWN_1h_[0-9a-f]{8}$/);
    expect((await backtest('--simulate'))[0]!.run_id).toBe(first!.run_id);
    expect((await backtest('--simulate', '--fee-bps', '0'))[0]!.run_id).not.toBe(first!.run_id);
    const built = await askJson(['report', 'build', first!.run_id, '--home', home]);
    expect(built.envelope.data.run_id).toBe(first!.run_id);
    const page = readFileSync(built.envelope.data.file as string, 'utf8');
    expect(page).toContain('Simple trader');
    // more bars after its last one change nothing, other bars do
    const path = join(folder, 'more.csv');
    writeCsv(path, syntheticSeries(FALLING, '1h', 950, 11));
    await askJson(['lake', 'import', path, '--symbol', FALLING, '--tf', '1h', '--home', home]);
    await askJson(['report', 'build', first!.run_id, '--home', home]);
    expect(readFileSync(built.envelope.data.file as string, 'utf8')).toBe(page);
    writeCsv(path, syntheticSeries(FALLING, '1h', 900, 12));
    await askJson(['lake', 'import', path, '--symbol', FALLING, '--tf', '1h', '--home', home]);
    const refused = await askJson(['report', 'build', first!.run_id, '--home', home]);
    expect([refused.code, refused.envelope.error?.code]).toEqual([3, 'checksum_mismatch']);
  });
});

describe('uptrend scan, levels, explain', () => {
  it('scan has a row for every stored series, strongest state first, and says why one is silent', async () => {
    const { envelope } = await askJson(['uptrend', 'scan', '--tf', '1h', '--home', home]);
    const rows = envelope.data.rows as {
      instrument_id: string;
      state: string | null;
      skipped: string | null;
    }[];
    expect(rows.map(({ instrument_id }) => instrument_id).sort()).toEqual(
      [SYMBOL, FALLING, 'file:spot:YOUNG'].sort(),
    );
    const last = live(series).at(-1)!;
    const own = rows.find(({ instrument_id }) => instrument_id === SYMBOL)!;
    expect(own).toMatchObject({ state: last.state, ts: last.ts, price: last.price, skipped: null });
    expect(rows.at(-1)).toMatchObject({ state: null, skipped: 'too few bars' });
    const only = await askJson(['uptrend', 'scan', '--tf', '1h', '--state', last.state, '--home', home]);
    expect((only.envelope.data.rows as { state: string }[]).every(({ state }) => state === last.state)).toBe(
      true,
    );
  });

  it('levels and explain speak of the bar that holds a time, with what was known then', async () => {
    const truth = live(series);
    const at = truth[1200]!;
    const time = new Date(at.ts + 1_800_000).toISOString();
    const asked = ['--symbol', SYMBOL, '--at', time, '--home', home];
    const { envelope } = await askJson(['uptrend', 'explain', ...asked]);
    expect(envelope.data.payload).toEqual(at);
    let since = 1200;
    while (truth[since - 1]!.state === at.state) since -= 1;
    expect(envelope.data).toMatchObject({ since: truth[since]!.ts, bars_in_state: 1200 - since + 1 });
    const { explanation } = envelope.data as {
      explanation: { sentence: string; paths: { sentence: string }[] };
    };
    const { stdout } = await askCli(['uptrend', 'explain', ...asked]);
    expect(stdout).toContain(explanation.sentence);
    for (const { sentence } of explanation.paths) expect(stdout).toContain(sentence);
    const levels = await askJson(['uptrend', 'levels', ...asked]);
    expect(levels.envelope.data).toMatchObject({ ts: at.ts, price: at.price });
    expect((levels.envelope.data.levels as unknown[]).length).toBeGreaterThan(3);
  });
});

describe('exit codes of uptrend', () => {
  const table: [string, (file: string) => string[], number, string][] = [
    ['unknown profile', () => ['run', '--profile', 'v7'], 2, 'bad_parameter'],
    ['a file and a symbol', (file) => ['run', file, '--symbol', SYMBOL], 2, 'bad_parameter'],
    [
      'two ways to say the timeframe',
      (file) => ['backtest', file, '--tf', '1h', '--timeframes', '4h'],
      2,
      'bad_parameter',
    ],
    [
      'a timeframe that is none',
      (file) => ['backtest', file, '--timeframes', '1h,2h'],
      2,
      'unknown_timeframe',
    ],
    ['a finer timeframe than the file', (file) => ['run', file, '--tf', '1m'], 3, 'no_data'],
    [
      'a fee that is none',
      (file) => ['backtest', file, '--simulate', '--fee-bps', 'ten'],
      2,
      'bad_parameter',
    ],
    ['an unknown order', () => ['scan', '--sort', 'luck'], 2, 'bad_parameter'],
    ['an unknown state', () => ['scan', '--state', 'S9'], 2, 'bad_parameter'],
    ['a time without a zone', (file) => ['explain', file, '--at', '2024-01-01T00:00'], 2, 'naive_time'],
    ['a time before the warm-up', (file) => ['explain', file, '--at', '2024-01-02'], 3, 'too_few_rows'],
    ['a missing file', () => ['run', '/no/such/bars.csv'], 3, 'file_not_found'],
    ['nothing stored', () => ['run', '--symbol', 'file:spot:NONE'], 3, 'no_data'],
    ['too few bars', () => ['run', '--symbol', 'file:spot:YOUNG'], 3, 'too_few_rows'],
  ];
  it.concurrent.each(table)('%s', async (_name, args, exit, errorCode) => {
    const { code, envelope } = await askJson(['uptrend', ...args(csv), '--home', home]);
    expect([code, envelope.error?.code]).toEqual([exit, errorCode]);
    expect(envelope.error?.hint).toBeTruthy();
  });
});
