/** What every feature set keeps: stream = batch, causality by truncation and poison, availability, segments, restart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { emptyBars, makeSeries, type Series, slice } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { featureDefinitionsSchema } from './column-definition.js';
import type { FeatureBar, FeatureRow, FeatureSet } from './feature-set.js';
import { FeatureRegistry, featureSet } from './feature-sets.js';
import type { FeatureTable } from './feature-table.js';

const HOUR = TIMEFRAME_MS['1h'];
const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 100 : 15;

/** Hourly bars with gaps of one to nine missing hours. */
function market(seed: number, length: number): Series {
  const random = new Random(seed);
  const columns = emptyBars(length);
  let time = 1_600_000_000_000;
  let close = 100;
  for (let bar = 0; bar < length; bar++) {
    columns.time[bar] = time;
    time += HOUR * (random.below(40) === 0 ? 2 + random.below(9) : 1);
    const open = close;
    close *= Math.exp(0.01 * random.normal());
    columns.open[bar] = open;
    columns.close[bar] = close;
    columns.high[bar] = Math.max(open, close) * (1 + 0.004 * random.uniform());
    columns.low[bar] = Math.min(open, close) * (1 - 0.004 * random.uniform());
    columns.volume[bar] = random.below(20) === 0 ? 0 : Math.exp(random.normal());
  }
  return makeSeries('binance:spot:BTCUSDT', '1h', columns);
}

const barOf = (series: Series, bar: number): FeatureBar => ({
  time: series.time[bar]!,
  open: series.open[bar]!,
  high: series.high[bar]!,
  low: series.low[bar]!,
  close: series.close[bar]!,
  volume: series.volume[bar]!,
});

function expectRow(row: FeatureRow, table: FeatureTable, index: number, starts: ReadonlySet<number>): void {
  expect(row.time).toBe(table.time[index]);
  expect(row.availableAt).toBe(table.availableAt[index]);
  expect(row.startsSegment).toBe(starts.has(index));
  row.values.forEach((value, column) => {
    if (value !== table.columns[column]![index]) {
      expect.fail(`${table.names[column]} of row ${index}: ${value} for ${table.columns[column]![index]}`);
    }
  });
}

function segmentStarts(table: FeatureTable): Set<number> {
  let row = 0;
  const starts = new Set<number>();
  for (const length of table.lengths) {
    starts.add(row);
    row += length;
  }
  return starts;
}

const DEFINED = new FeatureRegistry(
  featureDefinitionsSchema.parse({
    mine: [
      { name: 'momentum', indicator: 'return', params: { bars: 3 } },
      { name: 'trend_4h', indicator: 'ema', params: { span: 5 }, timeframe: '4h', hidden: true },
      { name: 'slope_4h', indicator: 'log_return', input: 'trend_4h', timeframe: '4h' },
      { name: 'surprise', indicator: 'volume_surprise', params: { window: 40 }, input: 'volume' },
      {
        name: 'reach',
        indicator: 'atr',
        params: { period: 7 },
        steps: [{ op: 'ratio', with: 'close' }, { op: 'log' }],
      },
      {
        name: 'late',
        input: 'reach',
        steps: [
          { op: 'z_score', length: 20 },
          { op: 'lag', bars: 2 },
        ],
      },
    ],
  }),
);

const SETS: readonly FeatureSet[] = [
  ...['hmm', 'hmm:ewm_adjusted', 'hmm:ewm_recursive', 'ta', 'uptrend', 'hmm@1h+4h'].map((name) =>
    featureSet(name),
  ),
  DEFINED.get('mine', { timeframe: '1h' }),
];

describe.each(SETS)('feature set $name', (set) => {
  const properties = { numRuns: RUNS };
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const lengths = fc.integer({ min: 0, max: 260 });

  it('gives the batch rows bar by bar, through replacements and restarts', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, length) => {
        const series = market(seed, length);
        const table = set.build(series);
        const starts = segmentStarts(table);
        const choice = new Random(seed);
        let stream = set.stream(series);
        let row = 0;
        for (let bar = 0; bar < length; bar++) {
          const right = barOf(series, bar);
          let result: FeatureRow | null;
          if (choice.below(3) === 0) {
            stream.next({ ...right, close: right.close * 1.5, high: right.high * 2, volume: Number.NaN });
            result = stream.replaceLast(right);
          } else result = stream.next(right);
          if (choice.below(20) === 0)
            stream = set.restoreStream(JSON.parse(JSON.stringify(stream.snapshot())));
          expect(result !== null).toBe(table.bar[row] === bar);
          if (result !== null) expectRow(result, table, row++, starts);
        }
        expect(row).toBe(table.bar.length);
      }),
      properties,
    );
  });

  it('knows nothing of later bars: cutting and poisoning them changes no earlier row', () => {
    fc.assert(
      fc.property(seeds, lengths, fc.double({ min: 0, max: 1, noNaN: true }), (seed, length, share) => {
        const series = market(seed, length);
        const cut = Math.floor(length * share);
        const poisoned = market(seed, length);
        for (const column of [poisoned.high, poisoned.close, poisoned.volume]) column.fill(1e9, cut);
        const table = set.build(series);
        const rows = table.bar.filter((bar) => bar < cut).length;
        for (const other of [set.build(slice(series, 0, cut)), set.build(poisoned)]) {
          expect(other.bar.subarray(0, rows)).toEqual(table.bar.subarray(0, rows));
          table.columns.forEach((column, index) => {
            expect(other.columns[index]!.subarray(0, rows)).toEqual(column.subarray(0, rows));
          });
        }
      }),
      properties,
    );
  });

  it('stamps every row with the close of its bar and counts what it dropped', () => {
    const series = market(7, 240);
    const table = set.build(series);
    expect(table.names).toEqual(set.columns);
    expect(table.warmUp).toBe(set.warmUp);
    expect(table.dropped + table.bar.length).toBe(series.length);
    expect(table.bar.length).toBeGreaterThan(100);
    table.bar.forEach((bar, row) => {
      expect(table.time[row]).toBe(series.time[bar]);
      expect(table.availableAt[row]).toBe(series.time[bar]! + HOUR);
    });
  });

  it('starts a segment at every gap and nowhere else', () => {
    const table = set.build(market(9, 260));
    const starts = segmentStarts(table);
    expect(table.lengths.length).toBeGreaterThan(2);
    expect(table.lengths.every((length) => length > 0)).toBe(true);
    for (let row = 1; row < table.time.length; row++) {
      const apart = table.time[row]! - table.time[row - 1]! > HOUR;
      expect(starts.has(row), `row ${row}`).toBe(apart);
    }
  });

  it('refuses bars out of order, the replacement of another bar, and foreign snapshots', () => {
    const series = market(3, 3);
    const stream = set.stream(series);
    expect(() => stream.replaceLast(barOf(series, 0))).toThrow(/not the last/);
    stream.next(barOf(series, 1));
    expect(() => stream.next(barOf(series, 1))).toThrow(/does not follow/);
    expect(() => stream.next(barOf(series, 0))).toThrow(/does not follow/);
    expect(() => stream.replaceLast(barOf(series, 2))).toThrow(/not the last/);
    expect(() => set.restoreStream({ schema_version: 2 })).toThrow(/not of this feature stream/);
  });
});

it('drops the row after a gap from the regime features: its return spans more than one bar', () => {
  const series = market(9, 260);
  const kept = new Set(featureSet('hmm').build(series).bar);
  for (let bar = 28; bar < series.length; bar++) {
    const gap = series.time[bar]! - series.time[bar - 1]! > HOUR;
    expect(kept.has(bar), `bar ${bar}`).toBe(!gap);
  }
});

it('says which feature sets there are when one is unknown', () => {
  expect(() => featureSet('toString')).toThrow(/no feature set toString/);
});
