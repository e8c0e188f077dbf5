/** `audit lookahead` as a person and a script meet it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askCli, askJson } from '../run-cli.js';
import { syntheticSeries, writeCsv } from '../synthetic-bars.js';

const SYMBOL = 'file:spot:BTCUSDT';
const SERIES = ['--symbol', SYMBOL, '--tf', '1h'] as const;

let folder: string;
let common: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  const config = join(folder, 'tidewatch.yaml');
  writeFileSync(
    config,
    'features:\n  mine:\n    - { name: log_ret, indicator: log_return }\n    - { name: rsi_4h, indicator: rsi, timeframe: 4h }\n',
  );
  common = ['--home', join(folder, 'home'), '--config', config];
  const bars = join(folder, 'bars.csv');
  writeCsv(bars, syntheticSeries(SYMBOL, '1h', 1200, 5));
  await askCli(['lake', 'import', bars, ...SERIES, ...common]);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('proves a set of the file, and a model from its bars to its probabilities', async () => {
  const set = await askJson(['audit', 'lookahead', 'mine', ...SERIES, '--points', '6', ...common]);
  expect(set.code).toBe(0);
  expect(set.envelope.data).toMatchObject({
    kind: 'feature_set',
    verdict: 'causal',
    columns: ['log_ret', 'rsi_4h'],
    findings: [],
  });
  expect(set.envelope.data.points).toHaveLength(6);
  const train = ['model', 'train', ...SERIES, '--states', '2', '--set', 'mine', ...common];
  const { model_id } = (await askJson(train)).envelope.data as { model_id: string };
  const model = await askJson(['audit', 'lookahead', model_id, '--points', '6', ...common]);
  expect(model.code).toBe(0);
  expect(model.envelope.data).toMatchObject({ kind: 'model', subject: model_id, verdict: 'causal' });
  const states = (model.envelope.data.columns as string[]).slice(2);
  expect(states.map((name) => name.replace(/\d/, 'k')).sort()).toEqual(['P(k: Bear)', 'P(k: Bull)']);
});

it('does not call a column causal that had no value', async () => {
  const args = ['audit', 'lookahead', 'hmm@1h+1d', '--symbol', SYMBOL, '--bars', '100', ...common];
  const { code, envelope } = await askJson(args);
  expect(code).toBe(1);
  expect(envelope.data.verdict).toBe('unproven');
  expect(envelope.warnings).toContainEqual(expect.objectContaining({ code: 'unproven' }));
});

it('refuses a target that is neither', async () => {
  const { code, envelope } = await askJson(['audit', 'lookahead', 'nothing', ...common]);
  expect([code, envelope.error?.code]).toEqual([2, 'bad_parameter']);
});
