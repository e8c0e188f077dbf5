/** A and E of the past: from driver bars in a lake to features that pass the proof. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proveCausality } from '../../analysis/causality/prove-causality.js';
import { DRIVERS } from '../../analysis/drivers/driver.js';
import { randomBars } from '../../analysis/uptrend/random-bars.fixture.js';
import { FixedClock } from '../../market/clock.js';
import { slice } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { loadFeatureSources } from '../feature-sources.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { recomputeDriversHistory, storedTracks } from './drivers-history.js';

const BTC = 'binance:spot:BTCUSDT';
const BOOK = 'onchain_crypto';
const HOURS = 1500;
const HOUR = TIMEFRAME_MS['1h'];

let folder: string;
let services: Services;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drivers-history-'));
  services = await openTidewatch({ home: folder, clock: new FixedClock(Date.UTC(2026, 0, 1)) });
  await addHours(0, HOURS);
  const { time, open, high, low, close, volume } = randomBars(99, HOURS, '1h');
  await services.data.write((writer) =>
    writer.append(
      'bars',
      {
        columns: {
          instrument_id: Array<string>(HOURS).fill(BTC),
          timeframe: Array<string>(HOURS).fill('1h'),
          ts: time,
          open,
          high,
          low,
          close,
          volume,
        },
        length: HOURS,
      },
      { source: 'rest' },
    ),
  );
});
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

/** Bars of all drivers but the bucket `nano`, at one hour. */
async function addHours(from: number, to: number, factor = 1): Promise<void> {
  for (const [at, driver] of DRIVERS.entries()) {
    if (driver === 'nano') continue;
    const bars = slice(randomBars(at + 1, HOURS, '1h'), from, to);
    const scaled = (column: Float64Array): Float64Array => column.map((value) => value * factor);
    await services.data.write((writer) =>
      writer.append(
        'regime_bars',
        {
          columns: {
            driver: Array<string>(bars.length).fill(driver),
            timeframe: Array<string>(bars.length).fill('1h'),
            ts: bars.time,
            open: scaled(bars.open),
            high: scaled(bars.high),
            low: scaled(bars.low),
            close: scaled(bars.close),
            volume: bars.volume,
          },
          length: bars.length,
        },
        { source: 'composite' },
      ),
    );
  }
}

const recompute = async (buckets = ['big', 'nano'] as const) =>
  recomputeDriversHistory(services.data.lake, await storedTracks(services.data.lake, BOOK), {
    book: BOOK,
    buckets,
    timeframes: ['15m', '1h', '4h'],
    write: services.data.write,
  });

describe('A and E over the stored history', () => {
  it('are stored for each bucket and execution timeframe, from the first state on, and once', async () => {
    const report = await recompute();
    expect(report.map(({ bucket, timeframe, rows, written }) => [bucket, timeframe, rows, written])).toEqual([
      ['big', '1h', HOURS - 71, HOURS - 71],
      ['nano', '1h', HOURS - 71, HOURS - 71],
      ['big', '4h', 358, 358],
      ['nano', '4h', 358, 358],
    ]);
    expect(report[0]!.meanCoverage).toBeGreaterThan(report[1]!.meanCoverage);
    expect((await recompute()).map(({ written }) => written)).toEqual([0, 0, 0, 0]);
  });

  it('were known from the close of their bar, at whole hours', async () => {
    const { ts, columns } = await services.data.lake.columns('drivers_ae', {
      subject: 'big',
      timeframe: '4h',
      columns: ['a', 'e', 'available_at', 'channels_live'],
    });
    ts.forEach((open, row) => {
      expect(open % (4 * HOUR)).toBe(0);
      expect(columns.available_at![row]).toBe(open + 4 * HOUR);
      expect(columns.channels_live![row]).toBe(5);
    });
    expect(new Set(columns.a).size).toBeGreaterThan(20);
  });

  it('are features of every series of their time, and pass the proof', async () => {
    const set = services.features.get('hmm,posture');
    const { series: bars } = await services.data.lake.series(BTC, '1h');
    const { beside, sources } = await loadFeatureSources(services.data.lake, set.needs, bars);
    expect(sources.posture_a).toEqual(['big 1h']);
    const { ts, columns } = await services.data.lake.columns('drivers_ae', {
      subject: 'big',
      timeframe: '1h',
      columns: ['a'],
    });
    const column = set.compute({ ...beside, bars })[set.columns.indexOf('posture_a')]!;
    expect([...column.subarray(0, 71)].every(Number.isNaN)).toBe(true);
    expect(bars.time[71]).toBe(ts[0]);
    expect(column.subarray(71)).toEqual(columns.a);
    expect(proveCausality(set, { ...beside, bars }).verdict).toBe('causal');
  });

  it('change from a corrected bar on, and nowhere before it', async () => {
    const read = async () =>
      services.data.lake.columns('drivers_ae', { subject: 'big', timeframe: '1h', columns: ['a'] });
    const before = await read();
    await addHours(1200, 1300, 1.5);
    const report = await recompute();
    expect(report[0]!.written).toBeGreaterThan(10);
    const after = await read();
    const corrected = before.ts.indexOf(randomBars(1, HOURS, '1h').time[1200]!);
    expect(after.columns.a!.subarray(0, corrected)).toEqual(before.columns.a!.subarray(0, corrected));
    expect(after.columns.a).not.toEqual(before.columns.a);
  });

  it('need driver bars', async () => {
    await expect(storedTracks(services.data.lake, 'stock_perps')).rejects.toMatchObject({ code: 'no_data' });
  });
});
