import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { syntheticSeries } from '../../test/synthetic-bars.js';
import { rollUpLake } from '../data/lake/roll-up.js';
import { resample } from '../market/resample.js';
import { makeSeries, slice } from '../market/series.js';
import { rollUpAfter } from './roll-up-after.js';
import { appendBars } from './server/served-home.fixture.js';
import type { Services } from './services.js';
import { openTidewatch } from './tidewatch.js';

const ID = 'binance:spot:BTCUSDT';
const minutes = syntheticSeries(ID, '1m', 600, 5);
const clock = { now: () => minutes.time[599]! + 3_600_000 };
const hole = [...Array(600).keys()].filter((row) => row < 100 || row >= 110);
const rows = (column: Float64Array): Float64Array => Float64Array.from(hole, (row) => column[row]!);

let folder: string;
let services: Services;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roll-up-after-'));
  services = await openTidewatch({ home: folder, clock });
  const { time, open, high, low, close, volume } = minutes;
  await appendBars(
    services,
    makeSeries(ID, '1m', {
      time: rows(time),
      open: rows(open),
      high: rows(high),
      low: rows(low),
      close: rows(close),
      volume: rows(volume),
    }),
  );
});

afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

const changed = { instrument: ID, timeframe: '1m', from: minutes.time[100]!, rows: 10 } as const;

it('makes stored roll-ups true again after a repair', async () => {
  const { data } = services;
  const { write } = data;
  await rollUpLake(data.lake, { write, now: clock.now(), timeframes: ['5m', '1h'] });
  await appendBars(services, slice(minutes, 100, 110));
  // two bars of five minutes that were missing and the hour around them
  expect(await rollUpAfter(data, clock, changed)).toBe(3);
  const { columns } = await data.lake.columns('bars', { subject: ID, timeframe: '1h', columns: ['high'] });
  expect(columns.high).toEqual(resample(minutes, '1h').series.high);
  expect(await rollUpAfter(data, clock, changed)).toBe(0);
});

it('makes none where none are stored, and nothing when nothing was written', async () => {
  const { data } = services;
  await appendBars(services, slice(minutes, 100, 110));
  expect(await rollUpAfter(data, clock, changed)).toBe(0);
  expect(await data.lake.span(ID, '1h')).toBeUndefined();
});
