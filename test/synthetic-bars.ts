/** Seeded bars that calm down and turn wild in turn: enough for a model to find two regimes. */
import { writeFileSync } from 'node:fs';
import { Random } from '../src/market/random.js';
import { emptyBars, makeSeries, type Series } from '../src/market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../src/market/timeframe.js';

export function syntheticSeries(
  instrument: string,
  timeframe: Timeframe,
  length: number,
  seed: number,
  start = Date.UTC(2024, 0, 1),
): Series {
  const random = new Random(seed);
  const bars = emptyBars(length);
  let price = 100;
  let wild = false;
  for (let bar = 0; bar < length; bar += 1) {
    if (random.uniform() < 0.03) wild = !wild;
    const size = wild ? 0.012 : 0.003;
    const next = price * Math.exp((wild ? -0.0006 : 0.0004) + size * random.normal());
    bars.time[bar] = start + bar * TIMEFRAME_MS[timeframe];
    bars.open[bar] = price;
    bars.close[bar] = next;
    bars.high[bar] = Math.max(price, next) * (1 + 0.3 * size * random.uniform());
    bars.low[bar] = Math.min(price, next) * (1 - 0.3 * size * random.uniform());
    bars.volume[bar] = (wild ? 200 : 80) * (0.5 + random.uniform());
    price = next;
  }
  return makeSeries(instrument, timeframe, bars);
}

/** Writes the bars as `timestamp,open,high,low,close,volume` with times in epoch milliseconds. */
export function writeCsv(path: string, series: Series): void {
  const lines = Array.from({ length: series.length }, (_, bar) =>
    [series.time, series.open, series.high, series.low, series.close, series.volume]
      .map((column) => column[bar])
      .join(','),
  );
  writeFileSync(path, `timestamp,open,high,low,close,volume\n${lines.join('\n')}\n`);
}
