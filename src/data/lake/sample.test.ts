import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { validate } from '../../market/validation.js';
import { Lake } from './lake.js';
import { importSample, readSampleManifest, type SampleReport } from './sample.js';
import { verifyLake } from './verify/verify.js';

const SAMPLE = 'data/sample';
const NOW = Date.UTC(2026, 10, 21);

describe('importSample', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-sample-'));
  let lake: Lake;
  let report: SampleReport;
  const progress: [number, number][] = [];

  beforeAll(async () => {
    lake = await Lake.open(join(folder, 'lake'), { clock: new FixedClock(NOW) });
    report = await importSample({ lake, now: NOW }, SAMPLE, (done, total) => progress.push([done, total]));
  });
  afterAll(async () => {
    await lake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves no file of the sample unmentioned', async () => {
    const manifest = await readSampleManifest(SAMPLE);
    const mentioned = [
      ...manifest.groups.flatMap(({ sources }) => sources.map(({ file }) => file)),
      ...manifest.not_imported.map(({ file }) => file),
    ];
    const files = readdirSync(SAMPLE, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.parquet'),
    );
    expect([...new Set(mentioned)].sort()).toEqual(files.sort());
  });

  it('stores every row', async () => {
    expect(report.rowsWritten).toBe(report.rowsRead);
    const status = await lake.status();
    expect(status.reduce((sum, { rows }) => sum + rows, 0)).toBe(report.rowsWritten);
  });

  it('reports progress up to the last row', () => {
    const [, total] = progress[0]!;
    expect(progress.at(-1)).toEqual([total, total]);
    const done = progress.map(([rows]) => rows);
    expect([...done].sort((a, b) => a - b)).toEqual(done);
    expect(total).toBe(report.rowsRead);
  });

  it('gives valid series of every kind of market', async () => {
    for (const [instrument, timeframe, length] of [
      ['binance:spot:BTCUSDT', '1h', 34_976],
      ['binance:spot:ADAUSDT', '1d', 1_670],
      ['binanceusdm:-:HYPEUSDT', '15m', 13_999],
      ['file:equity:AAPL', '1d', 5_849],
      ['file:equity:SPY', '1h', 16_216],
      ['file:fx:XAUUSD', '1d', 3_949],
    ] as const) {
      const { series, kind } = await lake.series(instrument, timeframe);
      expect([instrument, series.length, kind]).toEqual([instrument, length, 'native']);
      validate(series);
    }
  });

  it('keeps the time conventions of the sources', async () => {
    const dominance = await lake.columns('dominance_samples', { subject: 'BTC.d', columns: ['value'] });
    // the value of 2022-11-16 is known at its end
    expect(dominance.ts[0]).toBe(Date.UTC(2022, 10, 17) - 1);
    expect(dominance.columns.value![0]).toBeCloseTo(40.478070875115094, 12);
    const token = report.imports[1]!.subjects.find((id) => id.startsWith('polymarket:polygon:'))!;
    const prices = (await lake.series(token, '1d')).series;
    expect(prices.time.every((time) => time % 86_400_000 === 0)).toBe(true);
    expect(prices.high).toEqual(prices.low);
    const funding = await lake.columns('funding_rates', {
      subject: 'binanceusdm:-:BTCUSDT',
      columns: ['funding_rate', 'interval_hours'],
    });
    expect(funding.length).toBe(3_329);
    expect(new Set(funding.columns.interval_hours)).toEqual(new Set([8]));
  });

  it('raises no alarm when it is verified, and its real oddities are noticed', async () => {
    const { rows, findings } = await verifyLake(lake, { now: NOW });
    expect(findings.filter(({ severity }) => severity === 'alarm')).toEqual([]);
    expect(rows).toBe(715_082);
    const outages = findings.filter(
      ({ kind, subject }) => kind === 'gap' && subject === 'binance:spot:BTCUSDT',
    );
    expect(outages.reduce((bars, { count }) => bars + count, 0)).toBe(23);
    expect(findings.find(({ kind }) => kind === 'price_jump')).toMatchObject({
      subject: 'file:equity:AAPL',
      from: Date.UTC(2000, 8, 29),
      severity: 'notice',
    });
  });
});
