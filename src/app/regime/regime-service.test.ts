import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { seriesBatch } from '../../data/lake/batch.js';
import { FixedClock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { lowerBound, makeSeries, type Series } from '../../market/series.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const COIN = 'file:spot:BTCUSDT';
const SHARE = 'file:equity:SPY';

let folder: string;
let services: Services;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'regimes-'));
  services = await openTidewatch({ home: folder, clock: new FixedClock(START + 400 * 24 * HOUR) });
  await store(syntheticSeries(COIN, '1h', 900, 5));
  await store(sessions(syntheticSeries(SHARE, '1h', 1400, 6)));
});
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

/** The same bars, seven to a day, Monday to Friday. */
function sessions(series: Series): Series {
  const time: number[] = [];
  for (let day = 0; time.length < series.length; day += 1) {
    if (day % 7 >= 5) continue;
    for (let hour = 14; hour < 21; hour += 1) time.push(START + (day * 24 + hour) * HOUR);
  }
  return makeSeries(series.instrument, series.timeframe, { ...series, time: Float64Array.from(time) });
}

async function store(series: Series, partial = new Uint8Array(series.length)): Promise<void> {
  const { columns, ...batch } = seriesBatch(series);
  const marked = { ...batch, columns: { ...columns, partial: Array.from(partial, Boolean) } };
  await services.data.write((writer) => writer.append('bars', marked, { source: 'archive' }));
}

async function train(instrument: string, seed: number, to?: number, from?: number): Promise<string> {
  const { regime } = await services.regimes.train({
    instrument: parseInstrument(instrument),
    timeframe: '1h',
    from,
    to,
    options: { profile: 'scaled', states: 2, flavour: 'wilder', restarts: 2, seed },
  });
  return regime.stored.id;
}

describe('what is stored', () => {
  it('is written once, also when two requests compute the same bars at the same time', async () => {
    const modelId = await train(COIN, 1);
    const ask = (limit: number) => services.regimes.history({ modelId, kind: 'filtered', limit });
    const [short, long] = await Promise.all([ask(20), ask(400)]);
    const again = await ask(400);
    expect(again.computed.rows).toBe(0);
    expect(again.rows.probability).toEqual(long.rows.probability);
    expect(again.rows.probability.subarray(-40)).toEqual(short.rows.probability);
    const written = await services.data.lake.activeFiles('regime_probabilities');
    const spans = written.map(({ tsMin, tsMax }) => [tsMin, tsMax] as const).sort((a, b) => a[0] - b[0]);
    for (const [at, [from]] of spans.entries()) if (at > 0) expect(from).toBeGreaterThan(spans[at - 1]![1]);
  });

  it('is neither used nor replaced when it is to be left aside', async () => {
    const modelId = await train(COIN, 2);
    const first = await services.regimes.history({ modelId, kind: 'filtered', limit: 50 });
    const files = (await services.data.lake.activeFiles('regime_probabilities')).length;
    const aside = await services.regimes.history({ modelId, kind: 'filtered', limit: 50, useStored: false });
    expect(aside.computed.rows).toBe(50);
    expect(aside.rows.time).toEqual(first.rows.time);
    expect(await services.data.lake.activeFiles('regime_probabilities')).toHaveLength(files);
  });
});

it('bars before the training window are in sample: parameters and labels come from bars after them', async () => {
  const modelId = await train(COIN, 3, START + 900 * HOUR, START + 400 * HOUR);
  const { inSample, rows, regime } = await services.regimes.history({ modelId, kind: 'filtered' });
  expect(rows.time[0]).toBeLessThan(regime.record.train_start);
  expect(inSample[0]).toBe(1);
  expect(inSample.indexOf(0)).toBe(rows.time.indexOf(regime.record.train_end) + 1);
});

it('a window of a market that closes has its warm-up in bars, not in hours', async () => {
  const modelId = await train(SHARE, 4);
  const ask = (from?: number) =>
    services.regimes.history({ modelId, kind: 'filtered', from, useStored: false, persist: false });
  const whole = await ask();
  const at = 700;
  const part = await ask(whole.rows.time[at]);
  expect(lowerBound(part.series.time, part.rows.time[0]!)).toBeGreaterThanOrEqual(250);
  part.rows.probability.forEach((value, position) => {
    expect(value).toBeCloseTo(whole.rows.probability[at * 2 + position]!, 5);
  });
});

it('a bar that has not closed, or is marked partial, has no regime yet', async () => {
  const length = 600;
  const now = START + 400 * 24 * HOUR;
  const first = now - (length - 1) * HOUR;
  const partial = new Uint8Array(length).fill(1, length - 2, length - 1);
  const coin = 'file:spot:ETHUSDT';
  await store(syntheticSeries(coin, '1h', length, 7, first), partial);
  const modelId = await train(coin, 5);
  const { rows, availableAt, series } = await services.regimes.latest({ modelId });
  expect(series.time.at(-1)).toBe(first + (length - 3) * HOUR);
  expect(rows.time.at(-1)).toBe(first + (length - 3) * HOUR);
  expect(availableAt.at(-1)).toBeLessThanOrEqual(now);
});
