import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BarColumns } from '../../market/series.js';
import {
  ChainedIndex,
  type ComponentBars,
  type CompositeBar,
  type CompositeState,
  composeIndex,
} from './chained-index.js';
import type { CompositeColumns } from './composite-columns.js';

const MINUTE = 60_000;
const OPTIONS = { timeframe: '1m' } as const;

interface Row {
  readonly ts: number;
  readonly open?: number;
  readonly close: number;
  readonly volume?: number;
}

/** Bars that enclose open and close; an open that is not given is the close. */
function columns(rows: readonly Row[]): BarColumns {
  const open = rows.map((row) => row.open ?? row.close);
  return {
    time: Float64Array.from(rows, ({ ts }) => ts * MINUTE),
    open: Float64Array.from(open),
    high: Float64Array.from(rows, ({ close }, at) => Math.max(close, open[at]!) * 1.01),
    low: Float64Array.from(rows, ({ close }, at) => Math.min(close, open[at]!) * 0.99),
    close: Float64Array.from(rows, ({ close }) => close),
    volume: Float64Array.from(rows, ({ volume }) => volume ?? 1),
  };
}

const steady = (close: number, minutes: readonly number[]): BarColumns =>
  columns(minutes.map((ts) => ({ ts, close })));
const MINUTES = [0, 1, 2, 3];

function rowsOf(bars: CompositeColumns): CompositeBar[] {
  return Array.from(bars.time, (ts, row) => ({
    ts,
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
    componentCount: bars.componentCount[row]!,
  }));
}

/** The bars of one time, by component. */
function at(components: ComponentBars, ts: number) {
  return Object.entries(components).flatMap(([name, bars]) => {
    const row = bars.time.indexOf(ts);
    if (row < 0) return [];
    const { open, high, low, close, volume } = bars;
    const bar = {
      open: open[row]!,
      high: high[row]!,
      low: low[row]!,
      close: close[row]!,
      volume: volume[row]!,
    };
    return [[name, bar] as const];
  });
}

const timesOf = (components: ComponentBars): number[] =>
  [...new Set(Object.values(components).flatMap(({ time }) => [...time]))].sort((a, b) => a - b);

/** Three to six members over 40 minutes with holes, bad ticks, invalid bars and steps. */
const market = fc
  .array(
    fc.array(
      fc.record({
        present: fc.integer({ min: 0, max: 5 }),
        move: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
        kind: fc.integer({ min: 0, max: 30 }),
      }),
      { minLength: 40, maxLength: 40 },
    ),
    { minLength: 3, maxLength: 6 },
  )
  .map((members): ComponentBars => {
    const named = members.map((minutes, member): [string, BarColumns] => {
      let price = 10 ** (member - 2);
      const rows: Row[] = [];
      minutes.forEach(({ present, move, kind }, ts) => {
        const open = price;
        if (kind === 1) price *= 9;
        price *= Math.exp(move);
        if (present === 0) return;
        if (kind === 2) rows.push({ ts, open, close: price * 8 });
        else if (kind === 3) rows.push({ ts, open, close: 0 });
        else rows.push({ ts, open, close: price, volume: kind === 4 ? Number.NaN : kind });
      });
      return [`coin${member}`, columns(rows)];
    });
    return Object.fromEntries(named);
  });

describe('a chained index', () => {
  it('has no bar with fewer than three components, whatever their number', () => {
    const three = { A: steady(1, MINUTES), B: steady(20, MINUTES), C: steady(300, MINUTES) };
    const names = Object.keys(three) as (keyof typeof three)[];
    for (let count = 0; count < 3; count++) {
      const some = Object.fromEntries(names.slice(0, count).map((name) => [name, three[name]]));
      expect(composeIndex(some, OPTIONS).bars.time).toHaveLength(0);
    }
    expect([...composeIndex(three, OPTIONS).bars.close]).toEqual([100, 100, 100, 100]);
  });

  it('moves by the mean of what members did, whatever they cost', () => {
    const up = (price: number, by: number): BarColumns =>
      columns([
        { ts: 0, close: price },
        { ts: 1, open: price, close: price * by },
      ]);
    const { bars } = composeIndex({ A: up(0.001, 1.3), B: up(50_000, 1), C: up(7, 1.02) }, OPTIONS);
    expect(bars.open[1]).toBeCloseTo(100, 10);
    expect(bars.close[1]).toBeCloseTo(100 * ((1.3 + 1 + 1.02) / 3), 10);
  });

  it('does not move when a member comes or leaves', () => {
    const base = { A: steady(1, MINUTES), B: steady(2, MINUTES), C: steady(3, MINUTES) };
    const { bars } = composeIndex({ ...base, D: steady(9_000, [1, 2]) }, OPTIONS);
    expect([...bars.close]).toEqual([100, 100, 100, 100]);
    expect([...bars.componentCount]).toEqual([3, 4, 4, 3]);
  });

  it('keeps a move over a hole of ten minutes, and forgets one over eleven', () => {
    const level = (hole: number): number => {
      const ends = [0, hole];
      const steps = columns([
        { ts: 0, close: 10 },
        { ts: hole, close: 16 },
      ]);
      const { bars } = composeIndex({ A: steps, B: steady(1, ends), C: steady(1, ends) }, OPTIONS);
      return bars.close[1]!;
    };
    expect(level(10)).toBeCloseTo(120, 9);
    expect(level(11)).toBeCloseTo(100, 9);
  });

  it('drops a bad tick for its bar and takes over a step that lasts', () => {
    const minutes = Array.from({ length: 14 }, (_, ts) => ts);
    const stepped = columns(minutes.map((ts) => ({ ts, close: ts === 0 ? 1 : 9 })));
    const others = { B: steady(1, minutes), C: steady(1, minutes), D: steady(1, minutes) };
    const { bars, dropped } = composeIndex({ A: stepped, ...others }, OPTIONS);
    expect(dropped.map(({ ts, reason }) => [ts / MINUTE, reason])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((ts) => [ts, 'outlier']),
    );
    expect([...bars.componentCount].slice(10)).toEqual([3, 4, 4, 4]);
    for (const close of bars.close) expect(close).toBeCloseTo(100, 10);
  });

  it('counts a component once even when two sources name it', () => {
    const index = new ChainedIndex(OPTIONS);
    const bar = { open: 1, high: 1, low: 1, close: 1, volume: 5 };
    const other = { ...bar, high: 4, close: 4 };
    const made = index.step(0, [
      ['A', bar],
      ['B', bar],
      ['A', other],
    ]);
    expect(made).toBeNull();
    expect(
      index.step(0, [
        ['A', bar],
        ['A', other],
        ['B', bar],
        ['C', bar],
      ]),
    ).toMatchObject({ close: 100, componentCount: 3, volume: 15 });
  });

  it('refuses a time that is not later', () => {
    const index = new ChainedIndex({ timeframe: '1h', minComponents: 1 });
    const bar = { open: 1, high: 1, low: 1, close: 1, volume: 5 };
    index.step(60 * MINUTE, [['A', bar]]);
    expect(() => index.step(60 * MINUTE, [['A', bar]])).toThrow(/does not come after/);
  });

  it('gives the same bars in one piece, bar by bar, and restarted from JSON at any time', () => {
    fc.assert(
      fc.property(market, fc.nat(39), (components, stop) => {
        const whole = rowsOf(composeIndex(components, OPTIONS).bars);
        let index = new ChainedIndex(OPTIONS);
        const stepped: CompositeBar[] = [];
        for (const ts of timesOf(components)) {
          if (ts === stop * MINUTE) {
            index = new ChainedIndex(OPTIONS, JSON.parse(JSON.stringify(index.snapshot())) as CompositeState);
          }
          const bar = index.step(ts, at(components, ts).reverse());
          if (bar !== null) stepped.push(bar);
        }
        expect(stepped).toEqual(whole);
      }),
      { numRuns: process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 2000 : 200 },
    );
  });

  it('owes nothing to what comes later', () => {
    fc.assert(
      fc.property(market, fc.integer({ min: 1, max: 39 }), (components, stop) => {
        const cut = Object.fromEntries(
          Object.entries(components).map(([name, bars]) => {
            const rows = bars.time.filter((ts) => ts < stop * MINUTE).length;
            const { time, open, high, low, close, volume } = bars;
            const part = { time, open, high, low, close, volume };
            for (const key of Object.keys(part) as (keyof typeof part)[])
              part[key] = part[key].subarray(0, rows);
            return [name, part];
          }),
        );
        const whole = rowsOf(composeIndex(components, OPTIONS).bars);
        expect(rowsOf(composeIndex(cut, OPTIONS).bars)).toEqual(whole.filter(({ ts }) => ts < stop * MINUTE));
      }),
      { numRuns: process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 1000 : 100 },
    );
  });

  it('stays a bar whose high and low enclose open and close', () => {
    fc.assert(
      fc.property(market, (components) => {
        for (const { open, high, low, close } of rowsOf(composeIndex(components, OPTIONS).bars)) {
          expect(low).toBeLessThanOrEqual(Math.min(open, close));
          expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
          expect(low).toBeGreaterThan(0);
        }
      }),
      { numRuns: 100 },
    );
  });
});
