import { afterAll, describe, expect, it } from 'vitest';
import { UptrendTa } from '../../../src/analysis/uptrend/ta.js';
import { TA_LINES, type TaLine } from '../../../src/analysis/uptrend/ta-record.js';
import { makeSeries, type Series } from '../../../src/market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { Deviation, goldenCsv, goldenFiles } from '../golden-files.js';

const ALL_HISTORY = '.allhistory';

function readSeries(name: string, timeframe: Timeframe): Series {
  const table = goldenCsv('uptrend', `${name.replace(ALL_HISTORY, '')}.ohlcv.csv`);
  const time = Float64Array.from(table.text('timestamp'), (text) => Date.parse(text));
  const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map((column) =>
    table.numbers(column),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  return makeSeries('golden:spot:ANY', timeframe, { time, open, high, low, close, volume });
}

const names = goldenFiles('uptrend', /\.ta\.csv$/).map((file) => file.replace(/\.ta\.csv$/, ''));

describe.runIf(names.length > 0)('golden TA files of the uptrend folder', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const name of names) {
    it(`${name}.ta: every column equals ours`, () => {
      const timeframe = name.replace(ALL_HISTORY, '').split('_').at(-1)! as Timeframe;
      expect(TIMEFRAME_MS, `timeframe of ${name}`).toHaveProperty(timeframe);
      const golden = goldenCsv('uptrend', `${name}.ta.csv`);
      const series = readSeries(name, timeframe);
      const window = name.endsWith(ALL_HISTORY) ? Number.POSITIVE_INFINITY : 1000;
      const ta = new UptrendTa(timeframe, { window });
      const ours = ta.batch(series);
      const bars = golden.numbers('idx');
      const whole = new Deviation();
      for (const column of golden.names) {
        if (column === 'idx' || column === 'timestamp') continue;
        expect(TA_LINES, 'a column of the golden file').toContain(column);
        const mine = ours[column as TaLine];
        const expected = golden.numbers(column);
        const absolute = /slope|dsep/.test(column) ? 1e-11 : 0;
        const here = new Deviation();
        bars.forEach((bar, row) => {
          here.compare(`${column} bar ${bar}`, mine[bar]!, expected[row]!, 1e-8, absolute);
        });
        expect(here.worst, here.where).toBeLessThanOrEqual(1);
        whole.add(here);
      }
      expect(whole.compared).toBeGreaterThan(0);
      expect(ours.ema20.findIndex(Number.isFinite), 'first bar with TA').toBe(ta.firstRow);
      summaries.push(whole.summary(`${name}.ta`));
    });
  }
});
