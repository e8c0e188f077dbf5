import { afterAll, describe, expect, it } from 'vitest';
import { buildRegimeFeatures, REGIME_FEATURES } from '../../../src/analysis/features/regime-features.js';
import { mergePartialCandles } from '../../../src/market/merge-partial-candles.js';
import { resample } from '../../../src/market/resample.js';
import { BAR_COLUMNS, type BarColumns, makeSeries, type Series } from '../../../src/market/series.js';
import { parseTimeframe, TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../../src/market/timeframe.js';
import { Deviation, goldenCsv, goldenFiles, goldenJson, hasGoldenFile } from '../golden-files.js';
import { FOLDER } from './golden-hmm.js';

interface Summary {
  readonly gaps: readonly { readonly after: number; readonly before: number; readonly missing: number }[];
  readonly gap_minutes: number;
  readonly resample: Readonly<
    Record<
      string,
      {
        readonly rows: number;
        readonly first_ts: number;
        readonly last_ts: number;
        readonly complete: number;
        readonly sum_volume: number;
        readonly sum_close: number;
      }
    >
  >;
}

const MINUTES = 'ohlcv_1m.csv';

function readBars(file: string): BarColumns {
  const table = goldenCsv(FOLDER, file);
  const columns = BAR_COLUMNS.map((name) => [name, table.numbers(name === 'time' ? 'ts' : name)] as const);
  return Object.fromEntries(columns) as BarColumns;
}

const readSeries = (file: string, timeframe: Timeframe): Series =>
  makeSeries('file:spot:GOLDEN', timeframe, readBars(file));

const minutes = hasGoldenFile(FOLDER, MINUTES) ? readSeries(MINUTES, '1m') : undefined;
/** The bucket that is still forming at the end is part of the golden files. */
const coarse = (timeframe: Timeframe) => resample(minutes!, timeframe, { horizon: Number.POSITIVE_INFINITY });

/** The bars a feature matrix was made from: its own file, or the minutes; undefined when neither is there. */
function sourceOf(name: string): Series | undefined {
  const own = `ohlcv_${name}.csv`;
  if (hasGoldenFile(FOLDER, own)) {
    const { time } = readBars(own);
    const step = Math.min(...time.slice(1).map((t, row) => t - time[row]!));
    const timeframe = TIMEFRAMES.find((each) => TIMEFRAME_MS[each] === step);
    return timeframe && readSeries(own, timeframe);
  }
  const timeframe = TIMEFRAMES.find((each) => each === name);
  return timeframe && minutes ? coarse(timeframe).series : undefined;
}

describe('golden data', () => {
  const total = new Deviation();
  afterAll(() => console.info(total.summary('hmm data')));

  const accept = (deviation: Deviation): void => {
    total.add(deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
  };

  const resampled = minutes ? goldenFiles(FOLDER, /^resampled_.+\.csv$/) : [];
  it.each(resampled)('%s is made from the minutes', (file) => {
    const timeframe = parseTimeframe(/^resampled_(.+)\.csv$/.exec(file)![1]!);
    const { series, bars } = coarse(timeframe);
    const expected = readBars(file);
    expect(series.length).toBe(expected.time.length);
    expect(series.time).toEqual(expected.time);
    expect([...bars]).toEqual([...goldenCsv(FOLDER, file).numbers('n')]);
    const deviation = new Deviation();
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
      series[name].forEach((value, row) => {
        // Volumes are written with eight decimals.
        deviation.compare(`${name} ${row}`, value, expected[name][row]!, 1e-9, name === 'volume' ? 1e-8 : 0);
      });
    }
    accept(deviation);
  });

  const summaries = minutes ? goldenFiles(FOLDER, /^data_summary.*\.json$/) : [];
  it.each(summaries)('%s: gaps, rows, completeness and sums', (file) => {
    const summary = goldenJson<Summary>(FOLDER, file);
    const gaps: Summary['gaps'][number][] = [];
    for (let row = 1; row < minutes!.length; row += 1) {
      const after = minutes!.time[row - 1]!;
      const before = minutes!.time[row]!;
      const missing = (before - after) / TIMEFRAME_MS['1m'] - 1;
      if (missing > 0) gaps.push({ after, before, missing });
    }
    expect(gaps).toEqual(summary.gaps);
    expect(gaps.reduce((sum, { missing }) => sum + missing, 0)).toBe(summary.gap_minutes);
    const deviation = new Deviation();
    for (const [timeframe, expected] of Object.entries(summary.resample)) {
      const { series, complete } = coarse(parseTimeframe(timeframe));
      expect(series.length, timeframe).toBe(expected.rows);
      expect(series.time[0]).toBe(expected.first_ts);
      expect(series.time[series.length - 1]).toBe(expected.last_ts);
      expect(complete.reduce((sum, flag) => sum + flag, 0)).toBe(expected.complete);
      const sum = (column: Float64Array): number => column.reduce((a, b) => a + b, 0);
      deviation.compare(`${timeframe} volume`, sum(series.volume), expected.sum_volume, 1e-9, 0);
      deviation.compare(`${timeframe} close`, sum(series.close), expected.sum_close, 1e-9, 0);
    }
    accept(deviation);
  });

  const partials = goldenFiles(FOLDER, /^merge_partials.*_in\.csv$/);
  it.each(partials)('%s merges as expected', (file) => {
    const merged = mergePartialCandles(readBars(file), goldenCsv(FOLDER, file).numbers('seq'));
    const expected = readBars(file.replace('_in.csv', '_out.csv'));
    expect(merged.time).toEqual(expected.time);
    const deviation = new Deviation();
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
      merged[name].forEach((value, row) => {
        deviation.compare(`${name} ${row}`, value, expected[name][row]!, name === 'volume' ? 1e-9 : 0, 1e-12);
      });
    }
    accept(deviation);
  });

  const matrices = goldenFiles(FOLDER, /^X_.+\.csv$/).flatMap((file) => {
    const series = sourceOf(/^X_(.+)\.csv$/.exec(file)![1]!);
    return series ? [[file, series] as const] : [];
  });
  it.each(matrices)('%s is what the feature set gives', (file, series) => {
    const table = buildRegimeFeatures(series);
    const golden = goldenCsv(FOLDER, file);
    const expectedColumns = REGIME_FEATURES.map((feature) => golden.numbers(feature));
    const rowOf = new Map([...table.time].map((time, row) => [time, row]));
    const deviation = new Deviation();
    golden.numbers('ts').forEach((time, at) => {
      const row = rowOf.get(time);
      // A log return over a gap is dropped by us and kept by the golden matrix.
      if (row === undefined) return;
      REGIME_FEATURES.forEach((feature, d) => {
        const absolute = { vol_z: 1e-7, adx: 1e-7, rsi: 1e-7, log_ret: 1e-9, volatility: 1e-9 }[feature];
        const expected = expectedColumns[d]![at]!;
        deviation.compare(`${feature} ${time}`, table.columns[d]![row]!, expected, 1e-8, absolute);
      });
    });
    expect(deviation.compared).toBeGreaterThan(0.5 * golden.length * REGIME_FEATURES.length);
    accept(deviation);
  });

  it('has data to judge, or the folder holds none', () => {
    const known = resampled.length + summaries.length + partials.length + matrices.length;
    expect(known > 0 || minutes === undefined).toBe(true);
  });
});
