/** Majors against alts through the command line: runs, audits, comparisons, and what becomes of bad input. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { treeHash } from '../../src/data/research-lake/tree-hash.js';
import { askHere } from '../ask-here.js';
import { askJson, CLI, cleanEnvironment } from '../run-cli.js';

const SMALL = 'test/golden/data/majors-alts/lake';
const LAKE = join(SMALL, 'data/curated/data_lake');
const ENHANCED = 'test/golden/data/majors-alts/configs/enh5.json';
let folder: string;
let home: string;
/** To make lakes with. */
let connection: DuckDBConnection;
/** Data of the run that several tests look at. */
let first: Record<string, unknown>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-cli-'));
  home = join(folder, 'home');
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  first = (await run()).data;
});
afterAll(() => {
  connection.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a command may write under its home: reports, runs with their catalog. */
const OURS = /^(reports\/majors-alts(\/compare)?\/[^/]+|runs\/([^/]+\/)?[^/]+)$/;

/**
 * A command in this process (or in one of its own, `by` askJson) with the home named. The lake that it reads must be the
 * same afterwards, and nothing may lie in the home but outputs.
 */
async function ask(
  words: readonly string[],
  { root = SMALL, at = home, by = askHere }: { root?: string; at?: string; by?: typeof askJson } = {},
) {
  const before = treeHash(root);
  const { code, stderr, envelope } = await by(['--home', at, ...words]);
  expect(treeHash(root), 'the lake was touched').toBe(before);
  expect(
    filesOf(at).filter((file) => !OURS.test(file)),
    'files elsewhere',
  ).toEqual([]);
  return { code, stderr, ...envelope };
}

/** Replaces a table by what SQL over `T`, its rows, gives. */
async function rewrite(root: string, table: string, query: string): Promise<void> {
  const path = join(root, 'data/curated/data_lake', `${table}.parquet`);
  await connection.run(`CREATE OR REPLACE TABLE T AS SELECT * FROM read_parquet('${path}')`);
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
}

function filesOf(at: string): string[] {
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(at, join(entry.parentPath, entry.name)));
}

const run = (...words: string[]) =>
  ask(['monitor', 'run', '--lake', LAKE, '--experiment', ENHANCED, ...words]);

describe('monitor run', () => {
  it('writes every file of the specification, into the report folder and the run, and nowhere else', async () => {
    const names = [
      'basket.csv',
      'betas.csv',
      'bt_daily_pnl.csv',
      'bt_equity_curve.csv',
      'dashboard.html',
      'features_wide.parquet',
      'intervals.json',
      'kpis.json',
      'manifest.json',
      'regime_eval.json',
      'regime_metrics.csv',
      'regime_timeline.csv',
      'signals_today.json',
      'weights.csv',
    ];
    expect(readdirSync(join(home, 'reports/majors-alts')).sort()).toEqual(names);
    expect(readdirSync(join(home, 'runs', String(first.run_id))).sort()).toEqual(
      [...names, 'book.json'].sort(),
    );
    const kpis = JSON.parse(readFileSync(join(home, 'reports/majors-alts/kpis.json'), 'utf8'));
    expect(kpis.sharpe).toBeCloseTo(-1.5676601314, 6);
    const { kpis: ofKpis, regimes } = JSON.parse(
      readFileSync(join(home, 'reports/majors-alts/intervals.json'), 'utf8'),
    );
    expect(ofKpis.sharpe).toMatchObject({ estimate: kpis.sharpe });
    expect(regimes.WEAK_RISK_ON_MAJORS.mean_return.estimate).toBeCloseTo(-0.000648, 6);
    const table = (file: string): string[] =>
      readFileSync(join(home, 'reports/majors-alts', file), 'utf8')
        .trim()
        .split('\n');
    expect(table('bt_daily_pnl.csv')[0]).toBe(
      'date,regime,score,pnl,cost,funding,r_ls_gross,r_ls_net,alt_turnover,major_turnover,alt_gross,major_gross,total_gross,exit_reason,held_regime,beta_err_btc,beta_err_eth,net_exposure,rebalanced',
    );
    expect(table('bt_equity_curve.csv')).toHaveLength(505);
    const reader = await (await DuckDBInstance.create(':memory:')).connect();
    const features = await reader.runAndReadAll(
      `DESCRIBE SELECT * FROM read_parquet('${join(home, 'reports/majors-alts/features_wide.parquet')}')`,
    );
    reader.closeSync();
    const columns = features.getRowObjectsJS().map((row) => row.column_name);
    expect(columns).toHaveLength(45);
    expect(columns.indexOf('has_funding')).toBe(columns.indexOf('raw_funding_skew_zscore_3d') + 1);
  });

  it('comes out the same byte for byte, as another run in another home, and from its manifest', async () => {
    // by a process of its own, from the folder above the tables
    const again = await ask(['monitor', 'run', '--lake', SMALL, '--experiment', ENHANCED], {
      at: join(folder, 'other'),
      by: askJson,
    });
    expect(again.code).toBe(0);
    expect(again.data.run_id).toBe(first.run_id);
    for (const name of readdirSync(join(home, 'reports/majors-alts'))) {
      if (name === 'manifest.json') continue; // tells when it was made
      const read = (at: string): Buffer => readFileSync(join(at, 'reports/majors-alts', name));
      expect(read(join(folder, 'other')).equals(read(home)), name).toBe(true);
    }
    const replay = await ask(['audit', 'replay', String(first.run_id)]);
    expect(replay).toMatchObject({ code: 0, data: { identical: true, files: 14 } });
  });

  it('has its page made again by report build, and says what is wrong when the run has lost it', async () => {
    const [id, file] = [String(first.run_id), join(folder, 'page.html')];
    const built = await ask(['report', 'build', id, '--out', file]);
    expect(built).toMatchObject({ code: 0, data: { file, run_id: id } });
    const page = join(home, 'runs', id, 'dashboard.html');
    expect(readFileSync(file).equals(readFileSync(page))).toBe(true);
    const kept = readFileSync(page);
    rmSync(page);
    const lost = await ask(['report', 'build', id, '--out', file]);
    writeFileSync(page, kept);
    expect(lost.error).toMatchObject({
      code: 'unreadable_file',
      hint: 'make the run again with: tidewatch monitor run',
    });
  });

  it('is audited: a lake without a later value passes, the reference is caught', async () => {
    const audit = await ask(['audit', 'run', String(first.run_id), '--points', '2', '--draws', '200']);
    const { findings, verdict } = audit.data as {
      findings: { severity: string; column: string }[];
      verdict: object;
    };
    expect(findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
    expect(findings.map(({ column }) => column)).toEqual([
      'fact_funding.funding_rate',
      'fact_marketcap.marketcap',
    ]);
    expect(verdict).toMatchObject({ verdict: 'nothing to see here' });
    const reference = await run('--profile', 'reference');
    const caught = await ask(['audit', 'lookahead', String(reference.data.run_id), '--points', '1']);
    expect(caught.code).toBe(1);
    const columns = (caught.data.findings as { column: string }[]).map(({ column }) => column);
    expect(columns).toEqual(
      expect.arrayContaining(['features_wide.raw_funding_skew', 'regime_timeline.score']),
    );
  });
});

describe('sweep and compare', () => {
  it('runs every experiment, names those that fail, and says how far to believe the best', async () => {
    const experiments = join(folder, 'experiments');
    mkdirSync(experiments);
    writeFileSync(join(experiments, 'a.yaml'), 'universe:\n  basket_size: 10\n');
    writeFileSync(
      join(experiments, 'b.yaml'),
      'name: wide\nstate_mapping:\n  hysteresis: {low_band: -0.1, high_band: 0.1}\nlogging: {level: INFO}\nunheard_of: 1\n',
    );
    writeFileSync(join(experiments, 'c.yaml'), 'universe:\n  basket_size: minus one\n');
    writeFileSync(
      join(experiments, 'd.yaml'),
      'category_path: msm\ntitle: Ten largest\nmsm: {top_n: 10, weighting: cap, rebalance_days: 30, major_weights: {BTC: 3, ETH: 1}}\n',
    );
    const sweep = await ask(['monitor', 'sweep', '--lake', LAKE, '--glob', `${experiments}/*.yaml`]);
    expect(sweep.code).toBe(1);
    expect(sweep.data).toMatchObject({ experiments: 4, belief: { trials: 3 } });
    const variants = sweep.data.variants as { name: string; run_id: string; n_days: number }[];
    expect(variants.map(({ name }) => name)).toEqual(['a', 'wide', 'd']);
    expect(sweep.data.failed).toMatchObject([{ name: 'c.yaml', code: 'invalid_config' }]);
    expect(sweep.warnings.map(({ message }) => message).join()).toContain('unheard_of');
    expect(sweep.warnings.map(({ code }) => code)).toEqual(['ignored_key']);
    const catalog = readFileSync(join(home, 'runs/majors-alts-catalog.csv'), 'utf8');
    expect(catalog).toMatch(/,wide,/);
    expect(catalog).toMatch(/,d,Ten largest,msm,corrected,/);
    // always on, on every day with prices, half of equity a leg, made anew every thirty days
    const { run_id: id, n_days: days } = variants[2]!;
    expect(days).toBeGreaterThan(700);
    const rows = readFileSync(join(home, 'runs', id, 'weights.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const dates = [...new Set(rows.map((row) => row.slice(0, 10)))];
    const bookOf = (date: string): Record<string, number> =>
      Object.fromEntries(
        rows
          .filter((row) => row.startsWith(date))
          .map((row) => [row.split(',')[1]!, Number(row.split(',')[2])]),
      );
    const last = bookOf(dates.at(-1)!);
    expect(Object.keys(last)).toHaveLength(12);
    expect([last.BTC, last.ETH]).toEqual([0.375, 0.125]);
    const short = Object.values(last).filter((weight) => weight < 0);
    expect(short.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(-0.5, 12);
    const changes = dates
      .slice(1)
      .filter((date, at) => JSON.stringify(bookOf(date)) !== JSON.stringify(bookOf(dates[at]!)));
    const gaps = changes
      .slice(1)
      .map((date, at) => (Date.parse(date) - Date.parse(changes[at]!)) / 86_400_000);
    expect(changes.length).toBeGreaterThan(20);
    expect(new Set(gaps)).toEqual(new Set([30]));
    expect(readFileSync(join(home, 'runs', id, 'bt_target.csv'), 'utf8').split('\n')).toHaveLength(days + 2);
    const replay = await ask(['audit', 'replay', id]);
    expect(replay).toMatchObject({ code: 0, data: { identical: true, files: 15 } });
    const audit = await ask(['audit', 'lookahead', id, '--points', '2']);
    expect(audit).toMatchObject({ code: 0, data: { causal: true, findings: [] } });
  });

  it('gives the book of an experiment that is always on as its signal', async () => {
    const { data } = await ask([
      ...['monitor', 'signals', '--asof', '2026-02-09', '--lake', LAKE],
      ...['--experiment', join(folder, 'experiments/d.yaml')],
    ]);
    expect(data).toMatchObject({
      tradeable: true,
      suggested_gross: expect.closeTo(1, 12),
      leg_weights: { majors: { BTC: 0.375, ETH: 0.125 } },
    });
  });

  it('ends at Ctrl-C with exit 130 and the lake as it was', async () => {
    const at = join(folder, 'home-interrupted');
    const slow = join(folder, 'slow.yaml');
    writeFileSync(slow, 'regime: {composite: {grid_search: {apply: true, n_samples: 20000}}}\n');
    const before = treeHash(SMALL);
    const child = spawn(
      process.execPath,
      [CLI, '--home', at, 'monitor', 'sweep', '--lake', LAKE, '--glob', slow],
      { env: cleanEnvironment(), stdio: 'ignore' },
    );
    const ended = once(child, 'exit');
    // the home is made right before the work begins
    await vi.waitFor(() => expect(existsSync(at)).toBe(true), { timeout: 20_000, interval: 20 });
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(treeHash(SMALL)).toBe(before);
    expect(filesOf(at)).toEqual([]);
  });

  it('answers the questions', async () => {
    const baseline = await ask(['monitor', 'compare', '--what', 'baseline', '--lake', LAKE]);
    expect(baseline.data).toMatchObject({ recommendation: 'enhanced', best: 'enhanced' });
    const drawdown = (baseline.data.measures as { measure: string; winner: string }[]).find(
      ({ measure }) => measure === 'max_drawdown',
    );
    expect(drawdown!.winner).toBe('enhanced');
    const legacy = await ask(['monitor', 'compare', '--what', 'legacy', '--lake', LAKE]);
    const compared = legacy.data.variants as { n_days: number; run_id: string }[];
    expect(compared.map(({ n_days }) => n_days)).toEqual([504, 504]);
    // every variant is a run of its own and comes out the same again
    const again = await ask(['audit', 'replay', compared[1]!.run_id]);
    expect(again).toMatchObject({ code: 0, data: { identical: true } });
    const one = await ask(['monitor', 'compare', '--what', 'run']);
    expect(one.data).toMatchObject({ what: 'run', totals: { n_days: 504 } });
    expect(existsSync(join(home, 'reports/majors-alts/compare/baseline.md'))).toBe(true);
  });
});

describe('monitor signals', () => {
  it('gives the signal of a day as the stored one has it', async () => {
    const { code, data } = await ask([
      ...['monitor', 'signals', '--asof', '2026-02-09', '--lake', LAKE, '--experiment', ENHANCED],
    ]);
    expect(code).toBe(0);
    const golden = JSON.parse(
      readFileSync('test/golden/data/majors-alts/corrected/signals_2026-02-09.json', 'utf8'),
    );
    expect(data.regime).toBe(golden.regime);
    expect(data.score as number).toBeCloseTo(golden.score, 8);
    expect(data.suggested_gross as number).toBeCloseTo(golden.suggested_gross, 8);
    expect(data).not.toHaveProperty('data_date');
  });

  it('takes the last day before one in the future and says so; refuses one before the lake', async () => {
    const future = await ask(['monitor', 'signals', '--asof', '2030-01-01', '--lake', LAKE]);
    expect(future).toMatchObject({ code: 1, data: { asof_date: '2030-01-01', data_date: '2026-02-11' } });
    const before = await ask(['monitor', 'signals', '--asof', '2020-01-01', '--lake', LAKE]);
    expect(before).toMatchObject({ code: 3, error: { code: 'no_data' } });
  });
});

describe('monitor universe', () => {
  interface Universe {
    source: string;
    rebalance_date: string | null;
    members: { symbol: string; rank: number | null; first_date: string | null; last_date: string | null }[];
  }
  const universe = async (root: string, asof: string) => {
    const { data, warnings } = await ask(['monitor', 'universe', '--asof', asof, '--lake', root], { root });
    return { ...(data as unknown as Universe), warnings };
  };

  it('knows neither what is listed later nor, after a while, what vanished', async () => {
    const root = join(folder, 'listings');
    cpSync(SMALL, root, { recursive: true });
    await rewrite(
      root,
      'fact_price',
      "SELECT * FROM T WHERE (asset_id <> 'ADA' OR date >= '2025-03-01') AND (asset_id <> 'LTC' OR date <= '2025-06-30')",
    );
    const member = async (asof: string, symbol: string) =>
      (await universe(root, asof)).members.find((each) => each.symbol === symbol);
    expect(await member('2025-03-15', 'ADA')).toBeUndefined();
    expect(await member('2025-04-15', 'ADA')).toMatchObject({
      first_date: '2025-03-01',
      last_date: '2025-04-15',
    });
    expect(await member('2025-07-05', 'LTC')).toMatchObject({ last_date: '2025-06-30' });
    const later = await universe(root, '2025-08-15');
    expect(later.members.map(({ symbol }) => symbol)).not.toContain('LTC');
    expect(later.members[0]).toMatchObject({ symbol: 'BTC', rank: 1 });
    expect(later.warnings).toMatchObject([{ code: 'no_snapshots' }]);
  });

  it('takes the rows of the latest snapshot by then, and nobody before the first', async () => {
    const root = join(folder, 'snapshots');
    cpSync(SMALL, root, { recursive: true });
    const file = join(root, 'data/curated/universe_snapshots.parquet');
    await connection.run(
      `COPY (SELECT * FROM (VALUES ('2025-01-01', 'ADA', 2, 0.4), ('2025-01-01', 'SOL', 1, 0.6), ('2025-02-01', 'NEW', 1, 1.0)) t(rebalance_date, symbol, rank, weight)) TO '${file}' (FORMAT parquet)`,
    );
    const at = await universe(root, '2025-01-31');
    expect(at).toMatchObject({ source: 'snapshots', rebalance_date: '2025-01-01', warnings: [] });
    expect(at.members.map(({ symbol }) => symbol)).toEqual(['SOL', 'ADA']);
    expect((await universe(root, '2025-02-01')).members.map(({ symbol }) => symbol)).toEqual(['NEW']);
    expect(await universe(root, '2024-12-31')).toMatchObject({ rebalance_date: null, members: [] });
  });
});

describe('bad input', () => {
  /** A copy of the small lake with tables rewritten by SQL over `T`, or removed by null. */
  async function spoilt(name: string, tables: Readonly<Record<string, string | null>>): Promise<string> {
    const root = join(folder, name);
    cpSync(SMALL, root, { recursive: true });
    for (const [table, query] of Object.entries(tables)) {
      if (query === null) rmSync(join(root, 'data/curated/data_lake', `${table}.parquet`));
      else await rewrite(root, table, query);
    }
    return root;
  }
  const only = (assets: string) => `SELECT * FROM T WHERE asset_id IN (${assets})`;
  const each = (query: string) => ({ fact_price: query, fact_marketcap: query, fact_volume: query });

  const CASES: [
    string,
    Readonly<Record<string, string | null>>,
    { code?: string; days?: number; warns?: RegExp },
  ][] = [
    ['no price table', { fact_price: null }, { code: 'file_not_found' }],
    ['no volume column', { fact_volume: 'SELECT asset_id, date FROM T' }, { code: 'missing_column' }],
    ['an empty price table', { fact_price: 'SELECT * FROM T LIMIT 0' }, { code: 'no_data' }],
    [
      'funding that turns to percent',
      {
        fact_funding:
          "SELECT * REPLACE (CASE WHEN date > '2025-12-01' THEN funding_rate * 100 ELSE funding_rate END AS funding_rate) FROM T",
      },
      { code: 'implausible_value' },
    ],
    ['shuffled rows', { fact_price: 'SELECT * FROM T ORDER BY hash(asset_id || date)' }, { days: 504 }],
    [
      'repeated rows',
      { fact_price: 'SELECT * FROM T UNION ALL SELECT * FROM T' },
      { days: 504, warns: /there twice/ },
    ],
    [
      'two prices of one day',
      {
        fact_price:
          "SELECT * FROM T UNION ALL SELECT * REPLACE (close * 2 AS close) FROM T WHERE asset_id = 'ADA'",
      },
      { code: 'time_not_increasing' },
    ],
    [
      'negative caps',
      { fact_marketcap: 'SELECT asset_id, date, -marketcap AS marketcap, source FROM T' },
      { days: 504, warns: /left out/ },
    ],
    [
      'no funding and no open interest',
      { fact_funding: null, fact_open_interest: null },
      { days: 504, warns: /no fact_funding/ },
    ],
    ['a single asset', each(only("'ADA'")), { warns: /BTC has no price/ }],
    ['majors only', each(only("'BTC','ETH'")), { warns: /universe is empty/ }],
    [
      'days without volume',
      { fact_volume: 'SELECT asset_id, date, 0.0 AS volume, source FROM T' },
      { days: 504 },
    ],
    [
      'assets that vanish',
      each("SELECT * FROM T WHERE asset_id IN ('BTC','ETH') OR date < '2025-03-01'"),
      { days: 504 },
    ],
  ];

  it.each(CASES)(
    '%s: a clear error or a degraded run, nothing written elsewhere',
    async (name, tables, expected) => {
      const root = await spoilt(name.replaceAll(' ', '-'), tables);
      const at = join(folder, `home-${name.replaceAll(' ', '-')}`);
      const result = await ask(['monitor', 'run', '--lake', root], { root, at });
      if (expected.code !== undefined) {
        expect(result).toMatchObject({ code: 3, error: { code: expected.code } });
        expect(result.error!.hint).not.toBeNull();
        expect(filesOf(at)).toEqual([]);
        return;
      }
      expect(result.error).toBeNull();
      expect(result.code).toBe(0);
      const rows = readFileSync(join(at, 'reports/majors-alts/bt_equity_curve.csv'), 'utf8')
        .trim()
        .split('\n');
      if (expected.days !== undefined) expect(rows).toHaveLength(expected.days + 1);
      if (expected.warns)
        expect(result.warnings.map(({ message }) => message).join('\n')).toMatch(expected.warns);
    },
  );

  it('a range without a test day gives header-only tables, empty figures and no dashboard', async () => {
    const at = join(folder, 'home-short');
    const result = await ask(
      ['monitor', 'run', '--lake', LAKE, '--start', '2025-10-01', '--end', '2025-12-31'],
      { at },
    );
    expect(result).toMatchObject({ code: 0, data: { kpis: {} } });
    const read = (file: string): string => readFileSync(join(at, 'reports/majors-alts', file), 'utf8');
    expect(read('bt_equity_curve.csv')).toBe('date,equity_curve\n');
    expect(read('bt_daily_pnl.csv')).toBe('date,r_ls_net\n');
    expect(read('weights.csv')).toBe('date,asset_id,weight\n');
    expect(JSON.parse(read('kpis.json'))).toEqual({});
    expect(existsSync(join(at, 'reports/majors-alts/dashboard.html'))).toBe(false);
  });

  it('refuses an experiment, a profile and a day that are none', async () => {
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, 'universe: [1, 2');
    const asked = (...words: string[]) => ask(['monitor', 'run', '--lake', LAKE, ...words]);
    expect(await asked('--experiment', broken)).toMatchObject({ code: 3, error: { code: 'invalid_config' } });
    expect(await asked('--experiment', '/no/such.yaml')).toMatchObject({ code: 3 });
    expect(await asked('--profile', 'sound')).toMatchObject({ code: 2, error: { code: 'bad_parameter' } });
    expect(await asked('--start', '2025-01-01T12:00Z')).toMatchObject({ code: 2 });
    const none = await ask(['monitor', 'run', '--lake', '/no/lake']);
    expect(none).toMatchObject({ code: 3, error: { code: 'file_not_found' } });
    expect(none.error!.message).toContain('/no/lake/data/curated/data_lake');
    const empty = await ask(['monitor', 'signals', '--lake', folder]);
    expect(empty.error!.message).toContain('holds no table');
    expect(await ask(['audit', 'run', 'nothing'])).toMatchObject({ code: 3, error: { code: 'unknown_run' } });
  });
});
