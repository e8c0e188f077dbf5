import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { makeSeries, type Series, slice } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { FreshBar } from './fresh-bars.js';
import { Lake } from './lake.js';

const ID = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1, 10, 3);
const all = syntheticSeries(ID, '1m', 600, 5, START);

let folder: string;
let now: number;
let lake: Lake;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fresh-'));
  now = START;
  lake = await Lake.open(folder, { clock: { now: () => now } });
});

afterEach(async () => {
  await lake.close();
  rmSync(folder, { recursive: true });
});

async function store(series: Series, source = 'ws', to = lake): Promise<void> {
  const { time, open, high, low, close, volume } = series;
  const writer = await to.writer();
  await writer.append(
    'bars',
    {
      length: series.length,
      constants: { instrument_id: series.instrument, timeframe: series.timeframe },
      columns: { ts: time, open, high, low, close, volume },
    },
    { source },
  );
}

function bar(series: Series, row: number, more: Partial<FreshBar> = {}): FreshBar {
  return {
    instrument: ID,
    timeframe: '1m',
    time: series.time[row]!,
    open: series.open[row]!,
    high: series.high[row]!,
    low: series.low[row]!,
    close: series.close[row]!,
    volume: series.volume[row]!,
    quoteVolume: Number.NaN,
    trades: Number.NaN,
    source: 'ws',
    coverage: Number.NaN,
    ingestedAt: series.time[row]! + MINUTE,
    ...more,
  };
}

/** What a lake says that holds these bars on disk and nothing else. */
async function onDisk(series: Series, timeframe: Timeframe) {
  const other = mkdtempSync(join(tmpdir(), 'fresh-batch-'));
  const batch = await Lake.open(other, { clock: { now: () => now } });
  try {
    await store(series, 'ws', batch);
    return await batch.series(ID, timeframe);
  } finally {
    await batch.close();
    rmSync(other, { recursive: true });
  }
}

describe('fresh bars', () => {
  it.each(['1m', '5m', '13m', '1h'] as const)(
    'make the same %s series as bars on disk, before and after they land',
    async (timeframe) => {
      const expected = await onDisk(all, timeframe);
      await store(slice(all, 0, 500));
      await store(slice(all, 500, 590));
      for (let row = 590; row < 600; row += 1) lake.fresh.put(bar(all, row));
      const before = await lake.series(ID, timeframe);
      expect(before.series).toEqual(expected.series);
      expect(before.complete).toEqual(expected.complete);
      await store(slice(all, 590, 597));
      expect((await lake.series(ID, timeframe)).series).toEqual(expected.series);
      lake.fresh.landed(ID, '1m', ({ time }) => time < all.time[597]!);
      expect((await lake.series(ID, timeframe)).series).toEqual(expected.series);
      expect(await lake.span(ID, '1m')).toEqual({ firstTs: all.time[0], lastTs: all.time[599] });
    },
  );

  it('are all there is before the first part', async () => {
    for (let row = 0; row < 10; row += 1) lake.fresh.put(bar(all, row));
    expect((await lake.series(ID, '1m')).series).toEqual(slice(all, 0, 10));
    expect(await lake.status('bars')).toMatchObject([{ subject: ID, timeframe: '1m', rows: 10, files: 0 }]);
    const { length } = await lake.columns('bars', {
      subject: ID,
      timeframe: '1m',
      columns: ['close'],
      storedOnly: true,
    });
    expect(length).toBe(0);
  });

  it('give way to a better row and win over a worse one, as on disk', async () => {
    const close = all.close.map((value) => value * 1.001);
    const high = all.high.map((value) => value * 1.001);
    const other = makeSeries(ID, '1m', { ...all, close, high });
    now = START + 1000 * MINUTE;
    await store(slice(all, 0, 10), 'rest');
    lake.fresh.put(bar(other, 5));
    expect((await lake.series(ID, '1m')).series.close[5]).toBe(all.close[5]);
    lake.fresh.put(bar(other, 6, { source: 'rest', ingestedAt: now + 1 }));
    expect((await lake.series(ID, '1m')).series.close[6]).toBe(other.close[6]);
    await store(slice(other, 7, 8), 'rollup');
    expect((await lake.series(ID, '1m')).series.length).toBe(10);
  });

  it('take a late bar into its place and a correction once', async () => {
    await store(slice(all, 0, 5));
    expect(lake.fresh.put(bar(all, 7))).toBe(true);
    expect(lake.fresh.put(bar(all, 5))).toBe(true);
    expect(lake.fresh.put(bar(all, 5))).toBe(false);
    expect(lake.fresh.put(bar(all, 6))).toBe(true);
    expect((await lake.series(ID, '1m')).series).toEqual(slice(all, 0, 8));
    const revision = lake.fresh.revision(ID);
    expect(lake.fresh.put(bar(all, 6, { close: all.low[6]!, source: 'rest' }))).toBe(true);
    expect(lake.fresh.revision(ID)).toBeGreaterThan(revision);
    expect((await lake.series(ID, '1m')).series.close[6]).toBe(all.low[6]);
  });

  it('keep the forming bar out of every answer, and let it go when it has closed', async () => {
    await store(slice(all, 0, 5));
    lake.fresh.form(bar(all, 5));
    expect(lake.fresh.forming(ID)?.time).toBe(all.time[5]);
    expect((await lake.series(ID, '1m')).series.length).toBe(5);
    lake.fresh.put(bar(all, 5));
    expect(lake.fresh.forming(ID)).toBeUndefined();
    lake.fresh.form(bar(all, 4));
    expect(lake.fresh.forming(ID)).toBeUndefined();
  });
});
