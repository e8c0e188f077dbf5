/** The contract that every indicator keeps; a new file in this folder fails the first test until it is listed here. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { UptrendTa } from '../uptrend/ta.js';
import { Adx } from './adx.js';
import { Atr } from './atr.js';
import { Avwap } from './avwap.js';
import { Bollinger } from './bollinger.js';
import { CutlerRsi } from './cutler-rsi.js';
import { DelayLine } from './delay-line.js';
import { Ema } from './ema.js';
import { EmaBank } from './ema-bank.js';
import { type BarIndicator, type BarInputColumns, Indicator, ValueIndicator } from './indicator.js';
import type { IndicatorSnapshot } from './indicator-snapshot.js';
import { Macd } from './macd.js';
import { Mfi } from './mfi.js';
import { Natr } from './natr.js';
import { NormalisedSlope } from './normalised-slope.js';
import { Obv } from './obv.js';
import { OlsSlope } from './ols-slope.js';
import { Rma } from './rma.js';
import { RollingMoments } from './rolling-moments.js';
import { RollingSum } from './rolling-sum.js';
import { RollingVwap } from './rolling-vwap.js';
import { Rsi } from './rsi.js';
import { TrueRange } from './true-range.js';
import { VolumeSurprise } from './volume-surprise.js';
import { ZScore } from './z-score.js';

type AnyIndicator = ValueIndicator<string> | BarIndicator<string>;

const SUBJECTS: Readonly<Record<string, () => AnyIndicator>> = {
  'Ema 1': () => new Ema(1),
  'Ema 20 from the first value': () => new Ema(20),
  'Ema 20 from the mean': () => new Ema(20, 'sma'),
  'Ema 333': () => new Ema(333),
  EmaBank: () => new EmaBank([5, 20, 60, 144, 9]),
  'Rma 14': () => new Rma(14),
  'TrueRange from the second bar': () => new TrueRange(),
  'TrueRange from the first bar': () => new TrueRange('range'),
  'Atr wilder': () => new Atr(14),
  'Atr ewm_adjusted': () => new Atr(14, 'ewm_adjusted'),
  'Atr ewm_recursive': () => new Atr(14, 'ewm_recursive'),
  'Atr partial': () => new Atr(14, 'partial'),
  Natr: () => new Natr(14),
  'Adx wilder': () => new Adx(14),
  'Adx ewm_adjusted': () => new Adx(14, 'ewm_adjusted'),
  'Adx ewm_recursive': () => new Adx(14, 'ewm_recursive'),
  'Adx first_dx': () => new Adx(14, 'first_dx'),
  'Rsi wilder': () => new Rsi(14),
  'Rsi ewm_adjusted': () => new Rsi(14, 'ewm_adjusted'),
  'Rsi ewm_recursive': () => new Rsi(14, 'ewm_recursive'),
  CutlerRsi: () => new CutlerRsi(14),
  'RollingMoments 1': () => new RollingMoments(1),
  'RollingMoments 14': () => new RollingMoments(14, 1),
  RollingSum: () => new RollingSum(9),
  'ZScore population': () => new ZScore(20),
  'ZScore sample with floor': () => new ZScore(28, { degreesOfFreedom: 1, floor: 1e-8 }),
  'OlsSlope full window': () => new OlsSlope(10),
  'OlsSlope partial': () => new OlsSlope(10, 3),
  NormalisedSlope: () => new NormalisedSlope(10),
  Avwap: () => new Avwap(),
  'Avwap typical': () => new Avwap('typical'),
  RollingVwap: () => new RollingVwap(30),
  'Macd sma': () => new Macd(),
  'Macd first': () => new Macd(12, 26, 9, 'first'),
  Bollinger: () => new Bollinger(),
  Obv: () => new Obv(),
  Mfi: () => new Mfi(),
  DelayLine: () => new DelayLine(7),
  'VolumeSurprise 1000': () => new VolumeSurprise(),
  'VolumeSurprise 40': () => new VolumeSurprise({ window: 40 }),
  'VolumeSurprise all': () => new VolumeSurprise({ window: Number.POSITIVE_INFINITY }),
  'VolumeSurprise as it is': () => new VolumeSurprise({ winsorise: false }),
  'UptrendTa 1000': () => new UptrendTa('4h'),
  'UptrendTa 333': () => new UptrendTa('4h', { window: 333 }),
  'UptrendTa all': () => new UptrendTa('1h', { window: Number.POSITIVE_INFINITY }),
};

/** Values that depend on the first bar for ever. */
const NEVER_FORGETS = ['Avwap', 'Avwap typical', 'Obv', 'UptrendTa all', 'VolumeSurprise all'];

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 200 : 20;

/** A market with calm and wild stretches, hours without trades and, unless it always moves, flat prices. */
function market(seed: number, length: number, moving = false): BarInputColumns {
  const random = new Random(seed);
  const columns = {
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  };
  let close = 10 ** (random.below(9) - 4);
  let step = 0.01;
  let traded = true;
  for (let row = 0; row < length; row++) {
    if (random.below(25) === 0) step = [moving ? 1e-3 : 0, 1e-4, 0.01, 0.08][random.below(4)]!;
    if (random.below(30) === 0) traded = !traded;
    const open = close;
    close *= Math.exp(step * random.normal());
    columns.high[row] = Math.max(open, close) * (1 + step * random.uniform());
    columns.low[row] = Math.min(open, close) * (1 - step * random.uniform() * 0.5);
    columns.close[row] = close;
    columns.volume[row] = traded ? Math.exp(random.normal() * 1.5) * 100 : 0;
  }
  return columns;
}

const COLUMNS = ['high', 'low', 'close', 'volume'] as const;

const cut = (bars: BarInputColumns, from: number, to: number): BarInputColumns => ({
  high: bars.high.subarray(from, to),
  low: bars.low.subarray(from, to),
  close: bars.close.subarray(from, to),
  volume: bars.volume.subarray(from, to),
});

const rowOf = (bars: BarInputColumns, row: number) => ({
  high: bars.high[row]!,
  low: bars.low[row]!,
  close: bars.close[row]!,
  volume: bars.volume[row]!,
});

/** The one column that a value indicator reads here. */
const valuesFor = (indicator: AnyIndicator, bars: BarInputColumns): Float64Array =>
  indicator instanceof VolumeSurprise ? bars.volume : bars.close;

function batch(indicator: AnyIndicator, bars: BarInputColumns): Float64Array[] {
  const columns =
    indicator instanceof ValueIndicator ? indicator.batch(valuesFor(indicator, bars)) : indicator.batch(bars);
  return indicator.lines.map((line) => columns[line]!);
}

function feed(
  indicator: AnyIndicator,
  bars: BarInputColumns,
  row: number,
  action: 'next' | 'replaceLast',
): number[] {
  const main =
    indicator instanceof ValueIndicator
      ? indicator[action](valuesFor(indicator, bars)[row]!)
      : indicator[action](rowOf(bars, row));
  const values = indicator.lines.map((line) => indicator.line(line));
  expect(values[0], 'next returns the first line').toBe(main);
  return values;
}

const throughJson = (snapshot: IndicatorSnapshot): IndicatorSnapshot => JSON.parse(JSON.stringify(snapshot));

/** Bit equality, the sign of zero aside. */
function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let row = 0; row < expected.length; row++) {
    const [a, b] = [actual[row]!, expected[row]!];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) expect.fail(`${what}, row ${row}: ${a} for ${b}`);
  }
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const lengths = fc.integer({ min: 1, max: 420 });

it('every indicator of the folder is held to the contract', async () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'indicator.ts',
  );
  const made = new Set(Object.values(SUBJECTS).map((make) => make().constructor));
  const classes = (
    await Promise.all(files.map((name) => import(/* @vite-ignore */ new URL(name, import.meta.url).href)))
  ).flatMap((module) => Object.values(module as Record<string, unknown>));
  const indicators = classes.filter(
    (value): value is typeof Ema => typeof value === 'function' && value.prototype instanceof Indicator,
  );
  expect(indicators.length).toBeGreaterThan(20);
  expect(indicators.filter((indicator) => !made.has(indicator)).map(({ name }) => name)).toEqual([]);
});

describe.each(Object.entries(SUBJECTS))('%s', (name, make) => {
  const indicator = make();

  it('gives the same bits in one batch, in chunks and bar by bar', () => {
    fc.assert(
      fc.property(seeds, lengths, seeds, (seed, length, splitSeed) => {
        const bars = market(seed, length);
        const whole = batch(make(), bars);
        const split = new Random(splitSeed);
        const stream = make();
        const pieces = whole.map(() => new Float64Array(length));
        for (let row = 0; row < length; ) {
          const size = Math.min(length - row, split.below(3) === 0 ? 1 + split.below(90) : 1);
          if (size > 1 || split.below(4) === 0) {
            batch(stream, cut(bars, row, row + size)).forEach((column, line) => {
              pieces[line]!.set(column, row);
            });
          } else {
            feed(stream, bars, row, 'next').forEach((value, line) => {
              pieces[line]![row] = value;
            });
          }
          row += size;
        }
        for (const [line, column] of whole.entries()) {
          expectSame(pieces[line]!, column, `${indicator.lines[line]} seed ${seed}`);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('does not change a value when later bars are cut off or poisoned', () => {
    fc.assert(
      fc.property(seeds, lengths, fc.double({ min: 0, max: 1, noNaN: true }), (seed, length, share) => {
        const bars = market(seed, length);
        const whole = batch(make(), bars);
        const until = Math.max(1, Math.floor(length * share));
        const poisoned = cut(market(seed, length), 0, length);
        for (const column of COLUMNS) poisoned[column].fill(column === 'low' ? 1e-9 : 1e9, until);
        const prefix = batch(make(), cut(bars, 0, until));
        const other = batch(make(), poisoned);
        for (const [line, column] of whole.entries()) {
          expectSame(prefix[line]!, column.subarray(0, until), `${indicator.lines[line]} of the prefix`);
          expectSame(
            other[line]!.subarray(0, until),
            column.subarray(0, until),
            `${indicator.lines[line]} poisoned`,
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('has its first value at the declared row', () => {
    const bars = market(11, indicator.firstRow + 50);
    const [main] = batch(make(), bars);
    expect(main!.findIndex(Number.isFinite)).toBe(indicator.firstRow);
  });

  if (NEVER_FORGETS.includes(name)) {
    it('declares that it depends on its first bar for ever', () => {
      expect(indicator.warmUp).toBe(Number.POSITIVE_INFINITY);
    });
  } else {
    it('forgets where it started after the declared warm-up, to 1e-6', () => {
      expect(indicator.warmUp).toBeGreaterThan(indicator.firstRow);
      for (const seed of [1, 2, 3]) {
        const extra = 400;
        const start = 800;
        const bars = market(seed, start + indicator.warmUp + extra, true);
        const long = batch(make(), bars);
        const late = batch(make(), cut(bars, start, bars.close.length));
        for (const [line, column] of long.entries()) {
          for (let row = indicator.warmUp - 1; row < indicator.warmUp + extra; row++) {
            const expected = column[start + row]!;
            const actual = late[line]![row]!;
            if (Number.isNaN(expected) && Number.isNaN(actual)) continue;
            const off = Math.abs(actual - expected);
            // Differences of large averages (slopes, MACD) cannot be better than the rounding of what they are made of.
            const rounding =
              1e-11 * (/slope|sep/.test(indicator.lines[line]!) ? 1 : Math.abs(bars.close[start + row]!));
            if (!(off <= 1e-6 * Math.abs(expected) + rounding)) {
              expect.fail(`${indicator.lines[line]} seed ${seed} row ${row}: ${actual} for ${expected}`);
            }
          }
        }
      }
    });
  }

  it('gives NaN for a bar that is not finite and goes on as if it had not been', () => {
    fc.assert(
      fc.property(seeds, lengths, seeds, (seed, length, holeSeed) => {
        const bars = market(seed, length);
        const holes = new Random(holeSeed);
        const kept: number[] = [];
        for (let row = 0; row < length; row++) if (holes.below(6) > 0) kept.push(row);
        const damaged = cut(market(seed, length), 0, length);
        const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][holes.below(3)]!;
        const without = cut(market(seed, kept.length), 0, kept.length);
        for (const column of COLUMNS) {
          damaged[column].fill(bad);
          kept.forEach((row, index) => {
            damaged[column][row] = bars[column][row]!;
            without[column][index] = bars[column][row]!;
          });
        }
        const actual = batch(make(), damaged);
        const expected = batch(make(), without);
        for (const [line, column] of expected.entries()) {
          const wanted = new Float64Array(length).fill(Number.NaN);
          kept.forEach((row, index) => {
            wanted[row] = column[index]!;
          });
          expectSame(actual[line]!, wanted, `${indicator.lines[line]} with holes`);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('ends in the state of add-only when last bars were replaced, however often', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 120 }), seeds, (seed, length, wrongSeed) => {
        const bars = market(seed, length);
        const wrong = market(wrongSeed, length);
        const choice = new Random(wrongSeed);
        if (choice.below(3) === 0) wrong.close[choice.below(length)] = Number.NaN;
        const [plain, corrected] = [make(), make()];
        for (let row = 0; row < length; row++) {
          const expected = feed(plain, bars, row, 'next');
          if (choice.below(2) === 0) feed(corrected, bars, row, 'next');
          else {
            feed(corrected, wrong, row, 'next');
            if (choice.below(2) === 0) feed(corrected, wrong, choice.below(length), 'replaceLast');
            expectSame(feed(corrected, bars, row, 'replaceLast'), expected, `row ${row} after replacing`);
          }
        }
        expect(throughJson(corrected.snapshot())).toEqual(throughJson(plain.snapshot()));
        const before = throughJson(plain.snapshot());
        feed(plain, bars, length - 1, 'replaceLast');
        expect(throughJson(plain.snapshot()), 'replacing a bar by itself').toEqual(before);
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
  });

  it('can replace the last bar of a batch', () => {
    const bars = market(5, 300);
    const [plain, corrected] = [make(), make()];
    batch(plain, bars);
    const wrong = cut(market(5, 300), 0, 300);
    for (const column of COLUMNS) wrong[column][299] = wrong[column][299]! * 3;
    batch(corrected, wrong);
    feed(corrected, bars, 299, 'replaceLast');
    expect(throughJson(corrected.snapshot())).toEqual(throughJson(plain.snapshot()));
  });

  it('continues bit for bit from a snapshot that went through JSON', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 300 }), (seed, length) => {
        const bars = market(seed, length);
        const cutAt = 1 + (seed % (length - 1));
        const [first, second] = [make(), make()];
        batch(first, cut(bars, 0, cutAt));
        second.restore(throughJson(first.snapshot()));
        expect(throughJson(second.snapshot())).toEqual(throughJson(first.snapshot()));
        for (let row = cutAt; row < length; row++) {
          const action = (seed + row) % 5 === 0 ? 'replaceLast' : 'next';
          expectSame(feed(second, bars, row, action), feed(first, bars, row, action), `row ${row}`);
        }
        expect(throughJson(second.snapshot())).toEqual(throughJson(first.snapshot()));
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
  });

  it('refuses a snapshot of another kind and a replacement before the first bar', () => {
    const other = new EmaBank([2, 3, 4, 5, 6, 7]).snapshot();
    const before = throughJson(make().snapshot());
    const fresh = make();
    for (const wrong of [other, {}, null, { ...before, rows: -1 }, { ...before, state: ['x'] }]) {
      expect(() => fresh.restore(wrong)).toThrow(/not of this indicator/);
    }
    expect(throughJson(fresh.snapshot()), 'a refused snapshot leaves no trace').toEqual(before);
    expect(() => feed(fresh, market(1, 1), 0, 'replaceLast')).toThrow(/no row to replace/);
  });

  it('is undefined before its first bar', () => {
    expect(make().line(indicator.lines[0]!)).toBeNaN();
    expect(batch(make(), market(1, 0)).map((column) => column.length)).toEqual(indicator.lines.map(() => 0));
  });
});
