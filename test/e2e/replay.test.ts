/** Every kind of run under <home>/runs is made again from its manifest, byte for byte, and its backtests are audited. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askHere } from '../ask-here.js';
import { syntheticSeries, writeCsv } from '../synthetic-bars.js';

const SERIES = ['--symbol', 'file:spot:BTCUSDT', '--tf', '1h'] as const;
const SCHEDULE = ['--train', '400', '--refit', '300', '--restarts', '1', '--draws', '99'] as const;
/** Choosing the number of states by later rows takes its time. */
const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const OTHER = isLong ? 'student-t' : 'kmeans';
let folder: string;

const ask = async (...words: string[]) => {
  const { envelope, code } = await askHere(['--home', join(folder, 'home'), ...words]);
  return { code, ...envelope };
};
const runs = (kind: string): string[] =>
  readdirSync(join(folder, 'home/runs')).filter(
    (name) => name.startsWith(`${kind}_file`) || name.startsWith(`${kind}_BTC`),
  );
const manifestOf = (id: string): string => join(folder, 'home/runs', id, 'manifest.json');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  const bars = join(folder, 'bars.csv');
  writeCsv(bars, syntheticSeries('file:spot:BTCUSDT', '1h', 1_200, 5));
  for (const words of [
    ['lake', 'import', bars, ...SERIES],
    ['model', 'train', ...SERIES, '--states', '2', '--restarts', '2'],
    ['report', 'build', ...SERIES],
    ['model', 'train', ...SERIES, '--model', OTHER, '--states', isLong ? 'auto' : '2'],
    ['report', 'build', ...SERIES, '--model', OTHER],
    ['model', 'compare', 'hmm:2', 'kmeans:2', ...SERIES, ...SCHEDULE],
    ['uptrend', 'backtest', ...SERIES, '--simulate'],
    ['uptrend', 'backtest', ...SERIES, '--profile', 'reference', '--from', '2024-01-18'],
  ]) {
    const { error } = await ask(...words);
    expect(error, words.join(' ')).toBeNull();
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('audit replay', () => {
  it.each([
    ['regime', 2, ['bars', 'model', 'report']],
    ['walk_forward', 2, ['bars', 'result.json', 'states.csv']],
    ['comparison', 1, ['bars', 'result.json']],
    ['uptrend', 2, ['bars', 'summary.json']],
  ] as const)('makes %s runs again', async (kind, count, compared) => {
    expect(runs(kind)).toHaveLength(count);
    for (const id of runs(kind)) {
      const { code, data } = await ask('audit', 'replay', id);
      expect(data).toMatchObject({ kind, identical: true, differences: [], compared });
      expect(code).toBe(0);
    }
  });

  it('takes the bars that the run had, whatever came later, and says when those have changed', async () => {
    const later = join(folder, 'later.csv');
    writeCsv(later, syntheticSeries('file:spot:BTCUSDT', '1h', 1_250, 5));
    expect((await ask('lake', 'import', later, ...SERIES)).error).toBeNull();
    for (const kind of ['regime', 'walk_forward', 'uptrend']) {
      expect((await ask('audit', 'replay', runs(kind)[0]!)).data).toMatchObject({ identical: true });
    }
    const [id] = runs('uptrend');
    const manifest = readFileSync(manifestOf(id!), 'utf8');
    const { data } = JSON.parse(manifest) as { data: { hash: string } };
    writeFileSync(manifestOf(id!), manifest.replaceAll(data.hash, 'f'.repeat(64)));
    const changed = await ask('audit', 'replay', id!);
    writeFileSync(manifestOf(id!), manifest);
    expect(changed).toMatchObject({ code: 1, data: { identical: false } });
    expect(changed.data.differences).toMatchObject([{ column: 'bars', cause: 'its bars have changed' }]);
  });
});

describe('audit run', () => {
  interface Audit {
    findings: { audit: string; severity: string; column: string }[];
    intervals: Record<string, { estimate: number; low: number; high: number }>;
    costs: { setting: number; total_return: number }[];
    delays: { setting: number; total_return: number }[];
    not_applied: { audit: string }[];
    belief: { trials: number; best: string } | null;
    verdict: { verdict: string };
  }
  const audited = async (id: string): Promise<Audit> => {
    const { data, error } = await ask('audit', 'run', id, '--points', '1', '--draws', '100');
    expect(error).toBeNull();
    return data as unknown as Audit;
  };

  it.each(['uptrend', 'walk_forward'])(
    'finds no fault in %s runs, and says how sure their figures are',
    async (kind) => {
      const audit = await audited(runs(kind)[0]!);
      expect(audit.findings).toEqual([]);
      expect(audit.costs.map(({ setting }) => setting)).toEqual([0, 0.5, 1, 2, 3]);
      const returns = audit.costs.map(({ total_return }) => total_return);
      expect(returns).toEqual([...returns].sort((a, b) => b - a));
      // what is not late is what was played at the usual costs
      expect(audit.delays[0]!.total_return).toBe(audit.costs[2]!.total_return);
      const { sharpe, sharpe_beyond_holding: beyond } = audit.intervals;
      for (const { low, estimate, high } of [sharpe!, beyond!]) {
        expect(low).toBeLessThanOrEqual(estimate);
        expect(estimate).toBeLessThanOrEqual(high);
      }
      expect(['nothing to see here', 'loses', 'holds so far']).toContain(audit.verdict.verdict);
      expect(audit.not_applied).toMatchObject([{ audit: 'shuffle' }]);
    },
  );

  it('tells of a single training that it is judged by its own bars', async () => {
    const audit = await audited(runs('regime')[0]!);
    expect(audit.findings).toMatchObject([
      { audit: 'truncation', severity: 'warning', column: 'regime', first_date: expect.any(String) },
    ]);
    expect(audit.verdict).toMatchObject({ verdict: 'nothing to see here' });
    expect(audit.costs.map(({ setting }) => setting)).toEqual([0, 0.5, 1, 2, 3]);
    expect(audit.intervals.sharpe!.low).toBeLessThanOrEqual(audit.intervals.sharpe!.high);
    expect(audit.belief).toBeNull();
  });

  it('counts the candidates of a comparison as trials, and finds a stored table that was changed', async () => {
    const [id] = runs('comparison');
    const audit = await audited(id!);
    expect(audit.findings).toEqual([]);
    expect(audit.belief).toMatchObject({ trials: 2, best: expect.stringMatching(/^(hmm|kmeans):2$/) });
    expect(audit.intervals.sharpe!.low).toBeLessThanOrEqual(audit.intervals.sharpe!.high);
    const { config } = JSON.parse(readFileSync(manifestOf(id!), 'utf8')) as {
      config: { candidates: { name: string; run_id: string }[] };
    };
    const { name, run_id } = config.candidates[1]!;
    const table = join(folder, 'home/runs', run_id, 'states.csv');
    const text = readFileSync(table, 'utf8');
    writeFileSync(table, text.replaceAll('Bull', 'Bear'));
    const spoilt = await audited(id!);
    writeFileSync(table, text);
    expect(spoilt.findings).toContainEqual(
      expect.objectContaining({ audit: 'replay', severity: 'fault', column: `${name}: states.csv` }),
    );
    expect(spoilt.verdict).toMatchObject({ verdict: 'broken' });
  });
});
