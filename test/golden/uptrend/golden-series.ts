/** Bars of the golden uptrend folder as our series, and the cases that its file names stand for. */

import type { UptrendProfile } from '../../../src/analysis/uptrend/profile.js';
import { makeSeries, type Series } from '../../../src/market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { goldenCsv, goldenFiles } from '../golden-files.js';

const ALL_HISTORY = '.allhistory';

export interface GoldenCase {
  /** Name of the files, `.allhistory` included. */
  readonly name: string;
  /** Name of the series whose bars and geometry it uses. */
  readonly base: string;
  readonly timeframe: Timeframe;
  readonly profile: UptrendProfile;
  readonly window: number;
}

export function goldenTimeframe(name: string): Timeframe {
  const timeframe = name.replace(ALL_HISTORY, '').split('_').at(-1)!;
  if (!(timeframe in TIMEFRAME_MS)) throw new Error(`no timeframe in the name ${name}`);
  return timeframe as Timeframe;
}

export function goldenCases(): GoldenCase[] {
  return goldenFiles('uptrend', /\.engine\.\w+\.csv$/).map((file) => {
    const [, name, profile] = /^(.+)\.engine\.(\w+)\.csv$/.exec(file)!;
    return {
      name: name!,
      base: name!.replace(ALL_HISTORY, ''),
      timeframe: goldenTimeframe(name!),
      profile: profile as UptrendProfile,
      window: name!.endsWith(ALL_HISTORY) ? Number.POSITIVE_INFINITY : 1000,
    };
  });
}

const read = new Map<string, Series>();

export function goldenSeries(base: string): Series {
  const known = read.get(base);
  if (known) return known;
  const table = goldenCsv('uptrend', `${base}.ohlcv.csv`);
  const series = makeSeries('golden:spot:ANY', goldenTimeframe(base), {
    time: Float64Array.from(table.text('timestamp'), (text) => Date.parse(text)),
    open: table.numbers('open'),
    high: table.numbers('high'),
    low: table.numbers('low'),
    close: table.numbers('close'),
    volume: table.numbers('volume'),
  });
  read.set(base, series);
  return series;
}
