/** What the script of the uptrend chart works out, without a browser. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBars } from '../../analysis/uptrend/random-bars.fixture.js';
import { backtestUptrend } from '../../backtest/uptrend-backtest.js';
import { TRACE_EMAS, TRACE_SCORES } from '../../backtest/uptrend-trace.js';
import { makeSeries } from '../../market/series.js';
import { type HeldWindow, rowAtTime, timeAtRow, windowFor } from './client/held-window.js';
import { FLAG_BITS, type SignalMarker, signalRuns, thinMarkers } from './client/signal-runs.js';
import { bucketBars, decodeBars, type UptrendLevel } from './client/uptrend-levels.js';
import { uptrendChartData } from './uptrend/uptrend-chart-data.js';

const HOUR = 3_600_000;

function hours(rows: number, columns: Record<string, number[]> = {}): UptrendLevel {
  return {
    bucket: HOUR,
    rows,
    time: Float64Array.from({ length: rows }, (_, row) => row * 3600),
    firstBar: Int32Array.from({ length: rows }, (_, row) => row),
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)]),
    ),
  };
}

describe('buckets of the uptrend chart', () => {
  it('keep first, extremes, last, most common state, any flag, mean of the scores that are there', () => {
    const none = Number.NaN;
    const bars = hours(5, {
      open: [1, 2, 3, 4, 9],
      high: [5, 8, 6, 7, 9],
      low: [0.5, 0.7, 0.2, 0.9, 9],
      close: [2, 3, 4, 5, 9],
      state: [1, 3, 3, 3, 0],
      flags: [1, 0, 8, 0, 0],
      ema20: [1, 2, 3, 4, 9],
      ox: [none, 0.4, none, 0.6, none],
      entry_ts: [none, 0.4, 0.9, none, none],
      equity: [1, 1.1, 1.2, 1.3, 0.9],
    });
    const { rows, time, firstBar, columns } = bucketBars(bars, 4 * HOUR);
    expect([rows, [...time], [...firstBar]]).toEqual([2, [0, 4 * 3600], [0, 4]]);
    expect(Object.fromEntries(Object.entries(columns).map(([name, [value]]) => [name, value]))).toEqual({
      open: 1,
      high: 8,
      low: 0.2,
      close: 5,
      state: 3,
      flags: 9,
      ema20: 4,
      ox: 0.5,
      entry_ts: 0.9,
      equity: 1.3,
    });
    expect(columns.ox![1]).toBeNaN();
  });
});

describe('what the page is given', () => {
  it.each([
    ['of a coin at 60,000', 60_000],
    ['of a token at 0.000012', 0.000012],
  ])('reads back as the bars, states, averages and scores %s', async (_name, price) => {
    const bars = randomBars(5, 1200);
    const scaled = (values: Float64Array) => values.map((value) => (value / bars.close[0]!) * price);
    const series = makeSeries(bars.instrument, bars.timeframe, {
      time: bars.time,
      open: scaled(bars.open),
      high: scaled(bars.high),
      low: scaled(bars.low),
      close: scaled(bars.close),
      volume: bars.volume,
    });
    const clock = { now: () => 0 };
    const backtest = await backtestUptrend(series, { simulate: {}, clock });
    const { trace, simulated } = backtest;
    const thresholds = { ox: 0.65, dx: 0.6, ts: 0.58 };
    const data = uptrendChartData({ ...backtest, series, source: 'native' }, thresholds);
    const { columns, time, rows } = decodeBars(data);
    expect(rows).toBe(trace.length);
    const highest = series.high.reduce((most, value) => Math.max(most, value));
    for (let at = 0; at < rows; at += 1) {
      const row = trace.row[at]!;
      expect(time[at]).toBe(series.time[row]! / 1000);
      for (const name of ['open', 'high', 'low', 'close'] as const) {
        expect(Math.abs(columns[name]![at]! - series[name][row]!)).toBeLessThan(highest * 1e-6);
      }
      for (const name of TRACE_EMAS) {
        expect(Math.abs(columns[name]![at]! - trace.numbers[name][at]!)).toBeLessThan(highest * 1e-5);
      }
      expect([columns.state![at], columns.flags![at]]).toEqual([trace.state[at], trace.flags[at]]);
      for (const name of TRACE_SCORES) {
        const value = trace.numbers[name][at]!;
        if (Number.isNaN(value)) expect(columns[name]![at]).toBeNaN();
        else expect(columns[name]![at]).toBeCloseTo(value, 2.9);
      }
      expect(columns.equity![at]).toBeCloseTo(simulated!.equity[at]!, 3.9);
    }
    expect(data.levels.length).toBeGreaterThan(3);
    expect(data.levels.length).toBeLessThanOrEqual(10);
    for (const { label } of data.levels) expect(label).toMatch(/^S\/R:\d+( |$)/);
  });
});

describe('the rows that the chart holds', () => {
  const fine = hours(130_000);
  const levels = [fine, bucketBars(fine, 4 * HOUR), bucketBars(fine, 24 * HOUR)];
  const stretch = (from: number, to: number) => ({ from: from * 3600, to: to * 3600 });

  it('are the finest that can be told apart, and never more than 6,000', () => {
    expect(windowFor(levels, stretch(129_000, 130_000), 1200, null)).toEqual({
      level: 0,
      from: 124_000,
      to: 130_000,
    });
    expect(windowFor(levels, stretch(124_000, 130_000), 1200, null).level).toBe(1);
    expect(windowFor(levels, stretch(0, 130_000), 1200, null)).toEqual({ level: 2, from: 0, to: 5417 });
  });

  it('stay while they serve, and change by then', () => {
    const held = windowFor(levels, stretch(60_000, 61_000), 1200, null);
    expect(windowFor(levels, stretch(61_000, 62_000), 1200, held)).toBe(held);
    // twice too coarse before another level takes over
    expect(windowFor(levels, stretch(60_000, 63_000), 1200, held).level).toBe(0);
    expect(windowFor(levels, stretch(60_000, 64_000), 1200, held).level).toBe(1);
    const moved = windowFor(levels, stretch(63_200, 64_200), 1200, held);
    expect(moved.level).toBe(0);
    expect(moved.to).toBeGreaterThan(held.to);
  });

  it('cover what is seen wherever one looks', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -500, max: 129_990, noNaN: true }),
        fc.double({ min: 5, max: 140_000, noNaN: true }),
        fc.integer({ min: 120, max: 4000 }),
        fc.option(fc.integer({ min: 0, max: 2 })),
        (from, length, width, level) => {
          const before: HeldWindow | null = level === null ? null : { level, from: 0, to: 4000 };
          const next = windowFor(levels, stretch(from, from + length), width, before);
          const rows = levels[next.level]!;
          expect(next.to - next.from).toBeLessThanOrEqual(6000);
          const first = Math.max(0, rowAtTime(rows, from * 3600));
          const last = Math.min(rows.rows, rowAtTime(rows, (from + length) * 3600));
          if (last - first <= 5000) {
            expect(next.from).toBeLessThanOrEqual(first + 1);
            expect(next.to).toBeGreaterThanOrEqual(last - 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('times and rows are the reverse of each other, beyond both ends too', () => {
    const gaps: UptrendLevel = { ...hours(3), time: Float64Array.from([0, 3600, 36_000]) };
    for (const row of [-2.5, 0, 0.25, 1, 1.5, 2, 4]) {
      expect(rowAtTime(gaps, timeAtRow(gaps, row))).toBeCloseTo(row, 9);
    }
  });
});

describe('marks', () => {
  it('are one a bar and one a run; an emergency counts at its first bar, an exit when a state ends', () => {
    const { buy, buySignal, trim, exit, emergency, reclaim } = FLAG_BITS;
    const flags = [
      buySignal,
      0,
      buy,
      0,
      trim | buy,
      emergency,
      emergency,
      reclaim,
      exit | emergency,
      exit,
      0,
      buy,
    ];
    const state = [1, 1, 1, 3, 3, 3, 3, 3, 0, 0, 1, 1];
    expect(signalRuns(state, flags).map(({ bar, kind, count }) => [bar, kind, count])).toEqual([
      [0, 'buy', 2],
      [4, 'trim', 1],
      [5, 'emergency', 1],
      [7, 'reclaim', 1],
      [8, 'exit', 1],
      [11, 'buy', 1],
    ]);
  });

  it('share room when bars are narrow: the most telling stands, its kind is counted', () => {
    const at = (row: number, kind: SignalMarker['kind'], count = 1): SignalMarker => ({
      row,
      kind,
      count,
      state: 3,
      high: 2,
      low: 1,
    });
    const markers = [at(0, 'trim', 2), at(1, 'buy'), at(2, 'trim', 3), at(3, 'exit'), at(9, 'buy')];
    expect(thinMarkers(markers, 0, 100, 5).map(({ row, kind, count }) => [row, kind, count])).toEqual([
      [0, 'trim', 5],
      [3, 'exit', 1],
      [9, 'buy', 1],
    ]);
    expect(thinMarkers(markers, 2, 8, 1)).toHaveLength(2);
  });
});
