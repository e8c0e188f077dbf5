/**
 * Walk-forward runs of the command line: killed and asked for again they end in the bytes of an undisturbed run, on any
 * number of workers; a comparison is made again byte for byte; what does not fit into memory is refused beforehand.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCli, askJson, CLI, cleanEnvironment } from '../run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'walk-forward-'));
const clean = join(folder, 'clean');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SERIES = ['--symbol', 'binance:spot:BTCUSDT', '--tf', '1d'];
const SCHEDULE = ['--train', '400', '--refit', '100', '--restarts', '4', '--draws', '99'];
const WALK = ['model', 'walk-forward', ...SERIES, ...SCHEDULE];

/** A home of its own with the bars and nothing computed. */
function home(name: string): string {
  const path = join(folder, name);
  cpSync(join(clean, 'lake'), join(path, 'lake'), { recursive: true });
  return path;
}

function runFolder(path: string, kind: string): string {
  const name = readdirSync(join(path, 'runs')).find((each) => each.startsWith(kind));
  return join(path, 'runs', name!);
}

/** Files of the folds that a run has stored so far; none before it has a folder. */
function storedFolds(path: string): string[] {
  const runs = join(path, 'runs');
  const isBegun = existsSync(runs) && readdirSync(runs).some((name) => name.startsWith('walk_forward'));
  const folds = isBegun ? join(runFolder(path, 'walk_forward'), 'folds') : '';
  return existsSync(folds) ? readdirSync(folds).filter((name) => name.endsWith('.json')) : [];
}

const tables = (path: string) =>
  ['result.json', 'states.csv'].map((name) =>
    readFileSync(join(runFolder(path, 'walk_forward'), name), 'utf8'),
  );

let whole: Awaited<ReturnType<typeof askJson>>;

beforeAll(async () => {
  const imported = await askCli([
    ...['lake', 'import', 'data/sample/ohlcv/BTCUSDT_spot_1h.parquet'],
    ...['--symbol', 'binance:spot:BTCUSDT', '--tf', '1h', '--home', clean],
  ]);
  expect(imported.stderr + imported.stdout).toContain('34,976');
  whole = await askJson([...WALK, '--workers', '2', '--home', home('whole')]);
  expect(whole.envelope.error).toBeNull();
}, 120_000);

describe('model walk-forward', () => {
  it('tells folds, scorecard, revisions, and where the run lies', async () => {
    const { data } = whole.envelope;
    expect(whole.code).toBe(0);
    expect(data).toMatchObject({ kind: 'walk_forward', lookahead: false, resumed_folds: 0 });
    expect((data.folds as { index: number }[]).length).toBeGreaterThan(5);
    const [result, states] = tables(join(folder, 'whole'));
    expect(JSON.parse(result!)).toMatchObject({ schema_version: 1, scorecard: data.scorecard });
    const [header, first] = states!.split('\n');
    expect(header).toBe('ts,available_at,fold,regime,label,p_0,p_1,p_2');
    const [ts, availableAt] = first!.split(',').map((time) => Date.parse(time));
    expect(availableAt! - ts!).toBe(86_400_000);
    const manifest = JSON.parse(
      readFileSync(join(runFolder(join(folder, 'whole'), 'walk_forward'), 'manifest.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({ kind: 'walk_forward', model_id: null, outputs: data.outputs });
    // the proof that the features of this run, on the bars of this run, look at nothing later
    expect(manifest.causality).toMatchObject([
      { subject: 'hmm', timeframe: '1d', last_ts: manifest.data.last_ts, verdict: 'causal', findings: [] },
    ]);
  });

  it('gives the same bytes on 8 workers as on 2', async () => {
    const workers = '8';
    const path = home(`workers-${workers}`);
    const run = await askJson([...WALK, '--workers', workers, '--home', path]);
    expect(run.envelope.data.sha256).toBe(whole.envelope.data.sha256);
    expect(tables(path)).toEqual(tables(join(folder, 'whole')));
  });

  it('killed in the middle and asked for again, ends in the bytes of an undisturbed run', async () => {
    const path = home('killed');
    const child = spawn(process.execPath, [CLI, ...WALK, '--workers', '1', '--home', path], {
      env: cleanEnvironment(),
      stdio: 'ignore',
    });
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    while (storedFolds(path).length < 3) await pause(5);
    child.kill('SIGKILL');
    await exited;
    const kept = storedFolds(path);
    // one of the folds is damaged on top of the kill: it is computed again
    writeFileSync(join(runFolder(path, 'walk_forward'), 'folds', kept[0]!), '{"key":');
    const again = await askJson([...WALK, '--workers', '2', '--home', path]);
    expect(again.envelope.data.resumed_folds).toBe(kept.length - 1);
    expect(again.envelope.data.sha256).toBe(whole.envelope.data.sha256);
    expect(tables(path)).toEqual(tables(join(folder, 'whole')));
  }, 120_000);

  it('an interrupt keeps the finished folds and says so', async () => {
    const path = home('interrupted');
    const child = spawn(process.execPath, [CLI, ...WALK, '--refit', '10', '--workers', '1', '--home', path], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = new Promise<number | null>((done) => child.once('exit', (status) => done(status)));
    // the first fold was told by the time the second is stored
    while (storedFolds(path).length < 2) await pause(5);
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(said).toMatch(/Interrupted\. Kept: \d+ of \d+ folds; the same command goes on from there/);
  }, 120_000);

  it('refuses before the start what would not fit into memory', async () => {
    const path = home('small');
    const { code, envelope } = await askJson([...WALK, '--memory', '20', '--workers', '8', '--home', path]);
    expect([code, envelope.error?.code]).toEqual([3, 'not_enough_memory']);
    expect(envelope.error?.message).toMatch(/on 8 workers takes about \d+ MB, 20 MB are free/);
    expect(existsSync(join(path, 'runs')) ? readdirSync(join(path, 'runs')) : []).toEqual([]);
  });
});

describe('model compare', () => {
  const COMPARE = [
    'model',
    'compare',
    'hmm:1',
    'hmm:2/hmm@1d',
    'kmeans:3',
    'uptrend',
    'jump:2+jump_penalty=5',
    'jump:2',
    ...SERIES,
    // few folds: what is compared here are whole runs
    ...['--train', '400', '--refit', '300', '--restarts', '2', '--draws', '99'],
  ];

  it('is made again byte for byte, and lays every candidate beside the others', async () => {
    const first = await askJson([...COMPARE, '--home', home('once')]);
    const second = await askJson([...COMPARE, '--home', home('twice')]);
    expect(first.envelope.error).toBeNull();
    expect(first.envelope.data.sha256).toBe(second.envelope.data.sha256);
    expect(first.envelope.data.run_id).toBe(second.envelope.data.run_id);
    const candidates = first.envelope.data.candidates as {
      name: string;
      set: string;
      features: string[];
      outputs: Record<string, string>;
      scorecard: {
        states: number;
        separation: number | null;
        detection_delay: unknown;
        likelihood: { out_of_sample: number | null };
        verdict: { sentence: string };
      };
      curve: { ts: number[]; strategy: number[] };
    }[];
    expect(candidates.map(({ name }) => name)).toEqual([
      'hmm:1',
      'hmm:2/hmm@1d',
      'kmeans:3',
      'uptrend',
      'jump:2+jump_penalty=5',
      'jump:2',
    ]);
    expect(candidates.map(({ scorecard }) => scorecard.states)).toEqual([1, 2, 3, 5, 2, 2]);
    // a setting of its own makes another candidate
    expect(candidates[4]!.outputs).not.toEqual(candidates[5]!.outputs);
    // rules among models: what the rows of a state would tell of a model, they do not tell of them
    expect(candidates[3]).toMatchObject({
      set: 'hmm,uptrend',
      features: ['uptrend_state'],
      scorecard: { separation: null, detection_delay: null, likelihood: { out_of_sample: null } },
    });
    for (const { curve } of candidates) expect(curve.strategy.length).toBe(curve.ts.length);
    const stored = readFileSync(join(runFolder(join(folder, 'once'), 'comparison'), 'result.json'), 'utf8');
    expect(JSON.parse(stored).candidates).toEqual(candidates);
    const { causality } = JSON.parse(
      readFileSync(join(runFolder(join(folder, 'once'), 'comparison'), 'manifest.json'), 'utf8'),
    );
    // hmm and hmm@1d are the same columns of the same bars
    expect(causality).toMatchObject([
      { subject: 'hmm', verdict: 'causal', points: expect.any(Array) },
      { subject: 'hmm,uptrend', verdict: 'causal', points: expect.any(Array) },
    ]);
  }, 120_000);

  it('prints one table and a sentence per candidate', async () => {
    const { code, stdout } = await askCli([...COMPARE, '--home', join(folder, 'once')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Candidate +TF +Bars +Nats\/bar/);
    expect(stdout).toContain('hmm:1 1d: One state: the baseline');
  });

  it('refuses a candidate that is neither a family nor a saved model', async () => {
    const { code, envelope } = await askJson(['model', 'compare', 'oracle:3', '--home', clean]);
    expect([code, envelope.error?.code]).toEqual([2, 'bad_parameter']);
    for (const [candidate, setting] of [
      ['kmeans:3', 'jump_penalty=5'],
      ['jump:3+penalty=5', 'jump_penalty=5'],
    ]) {
      const refused = await askJson(['model', 'compare', candidate!, '--setting', setting!, '--home', clean]);
      expect([refused.code, refused.envelope.error?.message]).toEqual([
        2,
        expect.stringMatching(/setting "/),
      ]);
    }
    const missing = await askJson(['model', 'compare', 'binance_BTCUSDT_1h_1-0a1b', '--home', clean]);
    expect([missing.code, missing.envelope.error?.code]).toEqual([3, 'unknown_model']);
  });
});
