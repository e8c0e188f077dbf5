/** Real funding, open interest and dominance: joined by when they were known, proven, and trained on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proveCausality } from '../analysis/causality/prove-causality.js';
import { featureSetOf } from '../analysis/features/feature-set.js';
import { importFiles } from '../data/lake/import/import-files.js';
import type { ImportRequest, ImportSource } from '../data/lake/import/request.js';
import { FixedClock } from '../market/clock.js';
import { parseInstrument } from '../market/instrument.js';
import type { Series } from '../market/series.js';
import { loadFeatureSources } from './feature-sources.js';
import { runWalkForward } from './regime/walk-forward-run.js';
import type { Services } from './services.js';
import { openTidewatch } from './tidewatch.js';

const BTC = 'binance:spot:BTCUSDT';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 1);

let folder: string;
let services: Services;
let bars: Series;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sources-'));
  services = await openTidewatch({ home: folder, clock: new FixedClock(NOW) });
  const put = (request: Omit<ImportRequest, 'sources'>, file: string, source: Omit<ImportSource, 'path'>) =>
    services.data.write(() =>
      importFiles(
        { lake: services.data.lake, now: NOW },
        { ...request, sources: [{ ...source, path: join('data/sample', file) }] },
      ),
    );
  await put({ dataset: 'bars', timeframe: '1h' }, 'ohlcv/BTCUSDT_spot_1h.parquet', { subject: BTC });
  await put({ dataset: 'funding_rates' }, 'derivatives/funding_8h_binance.parquet', {
    subject: 'binanceusdm:-:{symbol}',
    constants: { interval_hours: 8 },
  });
  await put({ dataset: 'open_interest', timeframe: '1d' }, 'derivatives/open_interest_daily.parquet', {
    subject: 'binancecoinm:-:{symbol}USD_PERP',
    map: { ts: 'date', open_interest_value: 'oi_close' },
  });
  await put({ dataset: 'dominance_samples' }, 'market/dominance_daily.parquet', {
    subject: 'BTC.d',
    map: { value: 'btc_dominance_pct' },
    timeRule: 'end_of_day',
  });
  const from = Date.UTC(2023, 5, 1);
  bars = (await services.data.lake.series(BTC, '1h', { from, to: Date.UTC(2023, 11, 1) })).series;
});
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

describe('sources of real data', () => {
  it('stand for the spot market, and say which they are', async () => {
    const needs = ['funding_rate', 'open_interest', 'btc_dominance'] as const;
    const { sources } = await loadFeatureSources(services.data.lake, needs, bars);
    expect(sources).toEqual({
      funding_rate: ['binanceusdm:-:BTCUSDT'],
      open_interest: ['binancecoinm:-:BTCUSD_PERP'],
      btc_dominance: ['BTC.d'],
    });
  });

  it('are known from their settlement, the end of their day, the time of their provider', async () => {
    const needs = ['funding_rate', 'open_interest', 'btc_dominance'] as const;
    const { beside } = await loadFeatureSources(services.data.lake, needs, bars);
    const set = services.features.get('funding,open_interest');
    const [rate, , interest] = set.compute({ ...beside, bars }) as [Float64Array, Float64Array, Float64Array];
    const raw = await services.data.lake.columns('open_interest', {
      subject: 'binancecoinm:-:BTCUSD_PERP',
      timeframe: '1d',
      columns: ['open_interest_value'],
    });
    const funding = await services.data.lake.columns('funding_rates', {
      subject: 'binanceusdm:-:BTCUSDT',
      columns: ['funding_rate'],
    });
    for (let bar = 0; bar < bars.length; bar += 7) {
      const close = bars.time[bar]! + HOUR;
      const day = raw.ts.findLastIndex((at) => at + DAY <= close);
      expect(interest[bar]).toBe(raw.columns.open_interest_value![day]);
      const print = funding.ts.findLastIndex((at) => at <= close);
      expect(rate[bar]).toBe(funding.columns.funding_rate![print]);
    }
  });

  it('pass the proof', async () => {
    const set = services.features.get('hmm,funding,open_interest');
    const { beside } = await loadFeatureSources(services.data.lake, set.needs, bars);
    const proof = proveCausality(set, { ...beside, bars });
    expect(proof.verdict).toBe('causal');
    expect(proof.checks.stamps).toBeGreaterThan(4000);
  });

  it('are missed by name', async () => {
    const ask = loadFeatureSources(services.data.lake, ['usdt_dominance'], bars);
    await expect(ask).rejects.toThrow(/no usdt_dominance/);
    await expect(loadFeatureSources(services.data.lake, ['breadth'], bars)).rejects.toThrow(/no breadth/);
  });
});

describe('training on a set', () => {
  const train = (featureSet: string) =>
    services.regimes.train({
      instrument: parseInstrument(BTC),
      timeframe: '1h',
      from: Date.UTC(2023, 9, 1),
      to: Date.UTC(2023, 11, 1),
      options: { profile: 'scaled', states: 2, flavour: 'wilder', restarts: 1, seed: 1, featureSet },
    });

  it('keeps the proof with the model, and the model answers from the same features', async () => {
    const { regime, reused } = await train('hmm,funding');
    expect(reused).toBe(false);
    const { featureSet, causality } = services.models.load(regime.stored.id);
    expect(featureSet).toBe('hmm,funding');
    expect(causality).toMatchObject({ verdict: 'causal', subject: 'hmm,funding', findings: [] });
    expect(regime.record.config.features).toContain('funding_rate_change');
    expect((await train('hmm,funding')).reused).toBe(true);
    const to = Date.UTC(2023, 11, 10);
    const history = await services.regimes.history({
      modelId: regime.stored.id,
      kind: 'filtered',
      to,
      limit: 50,
    });
    expect(history.rows.rows).toBe(50);
  });

  it('is refused when the set looks ahead, with the column, the bar and the cause', async () => {
    const leaky = featureSetOf({
      name: 'leaky',
      features: [{ name: 'tomorrow', warmUp: 1, availability: 'bar_close' }],
      needs: [],
      compute: ({ bars: { close } }) => [close.map((value, bar) => (close[bar + 1] ?? value) / value - 1)],
    });
    services.features.add(leaky);
    const refusal = {
      code: 'lookahead',
      message: expect.stringMatching(/tomorrow at 2023-.*reads 1 bar ahead/),
    };
    await expect(train('hmm,leaky')).rejects.toMatchObject(refusal);
    const walk = runWalkForward(
      services,
      {
        ...{ instrument: parseInstrument(BTC), timeframe: '1h', set: 'hmm,leaky' },
        ...{ from: Date.UTC(2023, 9, 1), to: Date.UTC(2023, 11, 1) },
        plan: {
          candidate: { family: 'hmm', states: 2, restarts: 1, seed: 1 },
          schedule: { window: 'expanding', train: 400, refit: 200 },
          ...{ decoding: {}, rule: 'long_flat', costBps: 0, draws: 99 },
        },
      },
      { workers: 1 },
    );
    await expect(walk).rejects.toMatchObject(refusal);
  });
});
