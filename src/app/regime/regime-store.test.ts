/** What the lake holds of a model: written once, extended as bars arrive, never rewritten by a correction. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { modelFamily, TRAINABLE } from '../../analysis/models/model-families.js';
import { FixedClock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { type Series, slice } from '../../market/series.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { exportHistory } from './history-export.js';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const COIN = 'file:spot:BTCUSDT';
const CAUSAL = TRAINABLE.filter((name) => modelFamily(name).capabilities.causal);
const whole = syntheticSeries(COIN, '1h', 2_600, 5);

let folder: string;
let services: Services;
const models = new Map<string, string>();

async function store({ instrument, timeframe, length, ...columns }: Series): Promise<void> {
  const { time: ts, open, high, low, close, volume } = columns;
  const names = { instrument_id: instrument, timeframe };
  const texts = Object.fromEntries(
    Object.entries(names).map(([name, value]) => [name, new Array<string>(length).fill(value)]),
  );
  await services.data.write((writer) =>
    writer.append(
      'bars',
      { length, columns: { ...texts, ts, open, high, low, close, volume } },
      { source: 'archive' },
    ),
  );
}

/** What the family `posture` reads beside the bars. */
async function storeAppetite(): Promise<void> {
  const { time: ts, length } = whole;
  const same = (value: string) => new Array<string>(length).fill(value);
  const a = ts.map((_, bar) => 0.5 + 0.5 * Math.sin(bar / 40));
  await services.data.write((writer) =>
    writer.append(
      'drivers_ae',
      {
        columns: {
          bucket: same('big'),
          timeframe: same('1h'),
          ts,
          a,
          e: a.map((value) => 1 - value),
          coverage: ts.map(() => 1),
          channels_live: ts.map(() => 15),
          available_at: ts.map((open) => open + HOUR),
        },
        length,
      },
      { source: 'posture' },
    ),
  );
}

const everything = (modelId: string) =>
  services.regimes.history({ modelId, kind: 'filtered', useStored: false, persist: false });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'regime-store-'));
  services = await openTidewatch({ home: folder, clock: new FixedClock(START + 400 * 24 * HOUR) });
  await store(slice(whole, 0, 2_000));
  await storeAppetite();
  for (const model of CAUSAL) {
    const { regime } = await services.regimes.train({
      instrument: parseInstrument(COIN),
      timeframe: '1h',
      to: whole.time[1_500],
      options: {
        model,
        profile: 'scaled',
        states: 2,
        flavour: 'wilder',
        seed: 1,
        ...(modelFamily(model).takes.restarts ? { restarts: 2 } : {}),
      },
    });
    models.set(model, regime.stored.id);
  }
}, 120_000);
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

describe('the stored regimes of a model', () => {
  it('grow by the bars that arrived, and equal a computation over everything', async () => {
    for (const modelId of models.values()) {
      expect(await services.regimes.extend(modelId)).toBeGreaterThan(1_900);
      expect(await services.regimes.extend(modelId)).toBe(0);
    }
    for (const [from, to] of [
      [2_000, 2_001],
      [2_001, 2_024],
      [2_024, 2_300],
    ] as const) {
      await store(slice(whole, from, to));
      for (const modelId of models.values()) expect(await services.regimes.extend(modelId)).toBe(to - from);
    }
    for (const [model, modelId] of models) {
      const stored = await services.regimes.history({ modelId, kind: 'filtered' });
      expect(stored.computed.rows).toBe(0);
      expect(stored.revised).toBeNull();
      const { rows } = await everything(modelId);
      expect(stored.rows.time).toEqual(rows.time);
      const worst = rows.probability.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - stored.rows.probability[at]!)),
        0,
      );
      expect(worst, model).toBeLessThan(1e-9);
    }
  });

  it('are the same when a short window asked for them first', async () => {
    const modelId = models.get('hmm')!;
    await services.data.write(async (writer) =>
      writer.deleteRows(
        'regime_probabilities',
        { venue: 'file', timeframe: '1h' },
        `model_id = '${modelId}'`,
      ),
    );
    const short = await services.regimes.history({ modelId, kind: 'filtered', limit: 20 });
    const { rows } = await everything(modelId);
    expect(short.computed.rows).toBe(20);
    short.rows.probability.forEach((value, at) => {
      expect(Math.abs(value - rows.probability[rows.probability.length - 40 + at]!)).toBeLessThan(1e-9);
    });
    await services.regimes.history({ modelId, kind: 'filtered' });
  });

  it('stay as they were known when a bar is corrected, and say so; later rows rest on the corrected bar', async () => {
    const modelId = models.get('hmm')!;
    const before = await services.regimes.history({ modelId, kind: 'filtered' });
    const corrected = slice(whole, 2_250, 2_251);
    const close = corrected.close.map((value) => value * 1.08);
    await store({ ...corrected, close, high: close });
    await store(slice(whole, 2_300, 2_310));
    const after = await services.regimes.history({ modelId, kind: 'filtered', limit: 200 });
    expect(after.revised?.first).toBe(whole.time[2_250]);
    expect(after.revised!.largest).toBeGreaterThan(0.01);
    expect(after.revisionId).toMatch(/^[0-9a-f]{12}$/);
    const kept = after.rows.probability.subarray(0, 190 * 2);
    expect(kept).toEqual(before.rows.probability.subarray(-190 * 2));
    const { rows } = await everything(modelId);
    const fresh = rows.probability.subarray(-20);
    after.rows.probability.subarray(-20).forEach((value, at) => {
      expect(Math.abs(value - fresh[at]!)).toBeLessThan(1e-9);
    });
    const again = await services.regimes.history({ modelId, kind: 'filtered', limit: 200 });
    expect(again.revisionId).toBe(after.revisionId);
    expect((await everything(modelId)).revisionId).toBeNull();
  });

  it('are refused for a model that looks at both sides, which is never taken unless it is named', async () => {
    const { regime } = await services.regimes.train({
      instrument: parseInstrument(COIN),
      timeframe: '1h',
      options: { model: 'pelt', profile: 'scaled', states: 2, flavour: 'wilder', seed: 1 },
    });
    const modelId = regime.stored.id;
    const refused = expect.objectContaining({ code: 'not_causal' });
    await expect(services.regimes.latest({ modelId })).rejects.toThrow(refused);
    await expect(services.regimes.extend(modelId)).rejects.toThrow(refused);
    const study = await services.regimes.history({ modelId, kind: 'smoothed', limit: 5 });
    expect(study.lookahead).toBe(true);
    const series = { instrument: parseInstrument(COIN), timeframe: '1h' } as const;
    expect(services.regimes.open(series).record.causal).toBe(true);
    expect(services.regimes.open({ ...series, family: 'pelt' }).stored.id).toBe(modelId);
    expect(services.regimes.open({ ...series, family: 'kmeans' }).record.model).toBe('kmeans');
  });

  it('can be asked in SQL, one row per bar with the time it was known', async () => {
    const modelId = models.get('hmm')!;
    const { rows } = await services.data.lake.sql(
      `SELECT count(*) AS n, count(DISTINCT ts) AS bars, min(available_at - ts) AS delay
       FROM regime_probabilities WHERE model_id = '${modelId}' AND kind = 'filtered'`,
    );
    const [[n, bars, delay]] = rows as unknown as [[number, number, number]];
    expect([n, delay]).toEqual([bars, HOUR]);
  });

  it.each(['csv', 'parquet'])('come out as %s with labels, prices and every digit', async (format) => {
    const history = await services.regimes.history({
      modelId: models.get('hmm')!,
      kind: 'filtered',
      limit: 3,
    });
    const file = join(folder, `history.${format}`);
    const report = await exportHistory(services.data.lake, history, file);
    expect(report).toMatchObject({ rows: 3, format, file });
    expect(report.columns).toEqual([
      'instrument_id',
      'timeframe',
      'ts',
      'available_at',
      'model_id',
      'kind',
      'lookahead',
      'in_sample',
      'regime',
      'label',
      'p_0',
      'p_1',
      'close',
    ]);
    if (format === 'parquet') return;
    const [header, first] = readFileSync(file, 'utf8').trim().split('\n');
    expect(header).toBe(report.columns.join(','));
    const cells = first!.split(',');
    expect(cells[2]).toBe(new Date(history.rows.time[0]!).toISOString());
    expect(cells[3]).toBe(new Date(history.availableAt[0]!).toISOString());
    expect(Number(cells[10])).toBe(history.rows.probability[0]);
  });
});
