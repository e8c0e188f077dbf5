import { describe, expect, it } from 'vitest';
import { slice } from '../../market/series.js';
import { randomBars } from '../uptrend/random-bars.fixture.js';
import type { RegimeTimeframe } from './driver.js';
import { DriverTrend, type DriverTrendRecord, type DriverTrendSnapshot } from './driver-trend.js';

const BARS = 3000;
const bars = randomBars(11, BARS);
const trendOf = (timeframe: RegimeTimeframe = '1h', statesOnly = false): DriverTrend =>
  new DriverTrend({ driver: 'ALT', timeframe, statesOnly });

function barAt(row: number) {
  const { time, open, high, low, close, volume } = bars;
  return {
    ts: time[row]!,
    open: open[row]!,
    high: high[row]!,
    low: low[row]!,
    close: close[row]!,
    volume: volume[row]!,
  };
}

function runWhole(trend: DriverTrend, series = bars): DriverTrendRecord[] {
  const records: DriverTrendRecord[] = [];
  trend.run(series, (record) => records.push(record));
  return records;
}

const whole = runWhole(trendOf());

describe('the trend of a driver', () => {
  it('is the same bar by bar, in pieces and restarted from JSON', () => {
    let trend = trendOf();
    const stepped: DriverTrendRecord[] = [];
    trend.run(slice(bars, 0, 700), (record) => stepped.push(record));
    for (let row = 700; row < 1000; row++) {
      const record = trend.step(barAt(row));
      if (record !== null) stepped.push(record);
    }
    const snapshot = JSON.parse(JSON.stringify(trend.snapshot())) as DriverTrendSnapshot;
    trend = trendOf();
    trend.restore(snapshot);
    trend.run(slice(bars, 1000), (record) => stepped.push(record));
    expect(stepped).toEqual(whole);
    const straight = trendOf();
    runWhole(straight);
    expect(trend.ta()).toEqual(straight.ta());
    expect(trend.geometry()).toEqual(straight.geometry());
  });

  it('answers a bar that it has seen, and one that is not valid, with the stored record', () => {
    const trend = trendOf();
    runWhole(trend, slice(bars, 0, 500));
    const before = trend.snapshot();
    const { record } = trend;
    expect(trend.step(barAt(499))).toBe(record);
    expect(trend.step(barAt(100))).toBe(record);
    expect(trend.step({ ...barAt(500), close: 0 })).toBe(record);
    expect(trend.step({ ...barAt(500), high: barAt(500).low / 2 })).toBe(record);
    trend.run(slice(bars, 0, 500));
    expect(trend.snapshot()).toEqual(before);
  });

  it('owes nothing to bars that come later', () => {
    const early = runWhole(trendOf(), slice(bars, 0, 1500));
    expect(early).toEqual(whole.slice(0, early.length));
  });

  it('begins after the drivers’ own minimum of bars', () => {
    for (const [timeframe, minimum] of [
      ['1d', 30],
      ['1h', 72],
      ['1m', 333],
    ] as const) {
      const trend = trendOf(timeframe);
      const series = randomBars(3, 400, timeframe);
      trend.run(slice(series, 0, minimum - 1));
      expect([trend.record, trend.ta()]).toEqual([null, null]);
      trend.run(series);
      expect(trend.record).not.toBeNull();
      expect(trend.ta()!.meta).toEqual({
        timeframe,
        bars_count: 400,
        bar_ts: series.time[399],
        mature: true,
      });
    }
  });

  it('sees the newest bars: the record moves on when more than its window has been stored', () => {
    const trend = trendOf();
    trend.run(slice(bars, 0, 2000));
    const before = trend.ta()!;
    trend.run(bars);
    expect(trend.ta()!.latest_price).toBe(bars.close[BARS - 1]);
    expect(trend.ta()!.ema60).not.toBe(before.ema60);
    expect(trend.ta()!.meta.bars_count).toBe(1000);
    expect(trend.barsCount).toBe(BARS);
    expect(trend.geometry().levels.sr_levels.length).toBeGreaterThan(0);
  });

  it('has the same states without the technical record', () => {
    const light = trendOf('1h', true);
    expect(runWhole(light)).toEqual(whole);
    expect(light.ta()).toBeNull();
  });

  it('tells the state before and how long the present one lasts', () => {
    let from = '';
    let age = 0;
    let before: DriverTrendRecord | undefined;
    for (const record of whole) {
      age = before !== undefined && before.state === record.state ? age + 1 : 0;
      if (before !== undefined && before.state !== record.state) from = before.state;
      expect([record.entered_from, record.bars_in_state, record.prev_state]).toEqual([
        from,
        age,
        before?.state ?? '',
      ]);
      before = record;
    }
    expect(new Set(whole.map(({ state }) => state)).size).toBeGreaterThanOrEqual(4);
  });

  it('calls a buy a rebuy only after a trim of the same trend', () => {
    let rebuys = 0;
    for (let seed = 1; seed <= 20; seed++) {
      let trimmed = false;
      trendOf('1h', true).run(randomBars(seed, 3000), (record) => {
        const holds = record.state === 'S2' || record.state === 'S3';
        expect(record.rebuy_flag === true).toBe(trimmed && record.buy_flag === true && holds);
        if (record.rebuy_flag) rebuys += 1;
        trimmed = holds && (trimmed || record.trim_flag === true);
      });
    }
    expect(rebuys).toBeGreaterThan(0);
  });

  it('refuses a snapshot of another version', () => {
    const snapshot = { ...trendOf().snapshot(), schema_version: 2 } as unknown as DriverTrendSnapshot;
    expect(() => trendOf().restore(snapshot)).toThrow(/schema version 2/);
  });
});
