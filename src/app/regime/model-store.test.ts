import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { ModelStore, type StoredModel } from './model-store.js';

let folder: string;
let store: ModelStore;
let saved: StoredModel;
const regime = { weights: [0.1, -0, 1e-300, 1 / 3], labels: ['Bear', 'Bull'], scaler: null };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  store = new ModelStore(folder);
  saved = store.save({
    instrument: parseInstrument('binance:spot:BTCUSDT'),
    timeframe: '1h',
    createdAt: 1_700_000_000_000,
    dataHash: 'd',
    engineVersion: '0.1.0',
    flavour: 'wilder',
    regime,
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

function damage(change: (record: Record<string, unknown>) => void): void {
  const path = join(folder, `${saved.id}.json`);
  const record = JSON.parse(readFileSync(path, 'utf8'));
  change(record);
  writeFileSync(path, JSON.stringify(record));
}

it('reads what was saved, whatever the layout of the text', () => {
  damage(() => undefined);
  expect(store.load(saved.id)).toMatchObject({
    contentHash: saved.contentHash,
    instrumentId: 'binance:spot:BTCUSDT',
  });
  expect(store.load(saved.id).regime).toEqual({ ...regime, weights: [0.1, 0, 1e-300, 1 / 3] });
});

it.each<[string, (record: Record<string, unknown>) => void]>([
  ['a number was changed', (record) => Object.assign(record.regime as object, { weights: [0.2, 0, 0, 0] })],
  ['a part was taken out', (record) => Object.assign(record, { regime: {} })],
  ['the smoothing was changed', (record) => Object.assign(record, { ta_flavour: 'ewm_adjusted' })],
  ['the instrument is none', (record) => Object.assign(record, { instrument_id: "x' OR 1=1 --" })],
])('a model in which %s is refused, and named beside the others', (_name, change) => {
  damage(change);
  expect(() => store.load(saved.id)).toThrow(expect.objectContaining({ code: 'unreadable_file' }));
  expect(store.list()).toMatchObject({ models: [], unreadable: [{ id: saved.id }] });
});
