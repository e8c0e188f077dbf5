import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { Resampler, resample } from '../../market/resample.js';
import type { Series } from '../../market/series.js';
import { BucketQuery } from './bucket-query.js';
import { Lake } from './lake.js';

const BTC = 'binance:spot:BTCUSDT';
const START = Date.UTC(2025, 0, 1);
const MINUTES = 330_000;
const clock = new FixedClock(Date.UTC(2025, 11, 1));

let root: string;
let lake: Lake;
let fine: Series;

/** Minutes with holes, of two instruments, volumes whose sum depends on the order of adding. */
const minutesSql = `SELECT instrument_id, '1m' AS timeframe, ${START}::BIGINT + n * 60000 AS ts, 100.0 + n % 97 AS open,
  101.0 + n % 97 AS high, 99.0 + n % 97 AS low, 100.5 + n % 97 AS close,
  (hash(n, instrument_id) % 1000003)::DOUBLE / 977.0 AS volume
  FROM range(${MINUTES}) AS minute(n), (VALUES ('${BTC}'), ('binance:spot:ETHUSDT')) AS who(instrument_id)
  WHERE hash(n) % 50 <> 0`;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'lake-'));
  lake = await Lake.open(root, { clock, threads: 2, cacheBytes: 0 });
  await (await lake.writer()).publishQuery('bars', minutesSql, { source: 'archive' });
  fine = (await lake.series(BTC, '1m')).series;
});

afterAll(async () => {
  await lake.close();
  rmSync(root, { recursive: true, force: true });
});

async function filled(timeframe: '5m' | '13m' | '15m' | '1h' | '1d', from: number, to: number) {
  const resampler = new Resampler(BTC, '1m', timeframe);
  const files = await lake.activeFiles('bars', { timeframe: '1m', from, to });
  const done = await new BucketQuery(lake.session).fill(resampler, files, BTC, timeframe, { from, to });
  return { done, resampler };
}

describe('BucketQuery', () => {
  it.each(['15m', '1h', '1d'] as const)('gives the bits of a sum in time order at %s', async (timeframe) => {
    const { done, resampler } = await filled(timeframe, 0, Number.POSITIVE_INFINITY);
    expect(done).toBe(true);
    expect(resampler.finish()).toEqual(resample(fine, timeframe));
  });

  it('reads the asked range only', async () => {
    const [from, to] = [START + 86_400_000, START + 3 * 86_400_000];
    const { resampler } = await filled('1h', from, to);
    const { series } = resampler.finish();
    expect([series.length, series.time[0], resampler.lastOpen]).toEqual([48, from, expect.any(Number)]);
    expect(resampler.lastOpen).toBeLessThan(to);
  });

  it('leaves to the stream what could be added in another order', async () => {
    const everything = [0, Number.POSITIVE_INFINITY] as const;
    expect((await filled('5m', ...everything)).done, 'too many buckets').toBe(false);
    const { done, resampler } = await filled('13m', ...everything);
    expect(done, 'a bucket across two months').toBe(false);
    expect(resampler.lastOpen).toBe(Number.NEGATIVE_INFINITY);
    expect((await lake.series(BTC, '13m')).series).toEqual(resample(fine, '13m').series);
  });

  it('leaves files of several row groups to the stream', async () => {
    const folder = join(root, 'wide');
    const wide = await Lake.open(folder, { clock, threads: 2, cacheBytes: 0 });
    const sql = minutesSql.replace("('binance:spot:ETHUSDT')", "('x:spot:A'), ('x:spot:B'), ('x:spot:C')");
    await (await wide.writer()).publishQuery('bars', `${sql} AND n < 44640`, { source: 'archive' });
    const files = await wide.activeFiles('bars', {});
    const resampler = new Resampler(BTC, '1m', '1h');
    const range = { from: 0, to: Number.POSITIVE_INFINITY };
    const several = files.filter(({ venue }) => venue === 'x');
    expect(await new BucketQuery(wide.session).fill(resampler, several, 'x:spot:A', '1h', range)).toBe(false);
    await wide.close();
  });
});
