/**
 * The bars of a dominance driver from its samples (regime spec §8): minutes with the last value carried on while the
 * provider's time is young, hours from minutes, days from hours.
 *
 * Imported samples may be coarser than minutes. One whose neighbours are farther than half an hour is no minute and
 * makes none; as the value of its hour (neighbours within three hours) or of its day it makes that bar alone, partial,
 * where the finer bars make none. It counts from its own time on, in the bar that opened at or before it.
 */
import { type DominanceSample, dominanceMinutes } from '../../analysis/drivers/dominance.js';
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { rollUpRegimeBars } from '../../analysis/drivers/regime-roll-up.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { type RegimeBar, type RegimeSeries, WHOLE } from './regime-series.js';

const HALF_HOUR = 30 * 60_000;
const THREE_HOURS = 3 * TIMEFRAME_MS['1h'];

/** The finest bar that a sample can stand for. */
function grainOf(samples: readonly DominanceSample[], row: number): RegimeTimeframe {
  const sample = samples[row]!;
  if (sample.provider_updated_at != null) return '1m';
  const before = samples[row - 1]?.ts ?? Number.NEGATIVE_INFINITY;
  const after = samples[row + 1]?.ts ?? Number.POSITIVE_INFINITY;
  const apart = Math.min(sample.ts - before, after - sample.ts);
  if (apart <= HALF_HOUR) return '1m';
  return apart <= THREE_HOURS ? '1h' : '1d';
}

/**
 * @param samples ascending
 * @param finer the series one timeframe below, up to date; not looked at for minutes
 * @param span half-open range of open times, UTC ms; `to` has passed
 */
export function dominanceBars(
  timeframe: RegimeTimeframe,
  samples: readonly DominanceSample[],
  finer: RegimeSeries | undefined,
  span: { readonly from: number; readonly to: number },
): readonly RegimeBar[] {
  const grains = samples.map((_, row) => grainOf(samples, row));
  if (timeframe === '1m') {
    const minutes = samples.filter((_, row) => grains[row] === '1m');
    const first = minutes[0]?.ts;
    if (first === undefined) return [];
    const from = Math.max(span.from, bucketOpen(first, '1m'));
    return dominanceMinutes(minutes, from, span.to).map(({ ts, open, high, low, close }) => ({
      ts,
      open,
      high,
      low,
      close,
      volume: 0,
      source: 'coingecko',
      ...WHOLE,
    }));
  }
  const bars = finer === undefined ? [] : rolledUp(timeframe, finer, span);
  const made = new Set(bars.map(({ ts }) => ts));
  const alone = new Map<number, number[]>();
  for (const [row, { ts, value }] of samples.entries()) {
    const open = bucketOpen(ts, timeframe);
    const isOwn = grains[row] === timeframe || (timeframe === '1d' && grains[row] === '1h');
    if (!isOwn || value === null || made.has(open) || open < span.from || open >= span.to) continue;
    const values = alone.get(open);
    if (values) values.push(value);
    else alone.set(open, [value]);
  }
  const expected = timeframe === '1h' ? 60 : 1440;
  for (const [ts, values] of alone) {
    bars.push({
      ts,
      open: values[0]!,
      high: Math.max(...values),
      low: Math.min(...values),
      close: values.at(-1)!,
      volume: 0,
      source: 'rollup',
      count: Number.NaN,
      partial: true,
      coverage: (100 * values.length) / expected,
      used: values.length,
      expected,
    });
  }
  return bars.sort((a, b) => a.ts - b.ts);
}

function rolledUp(
  timeframe: '1h' | '1d',
  finer: RegimeSeries,
  { from, to }: { readonly from: number; readonly to: number },
): RegimeBar[] {
  const first = finer.position(bucketOpen(from, timeframe));
  const end = finer.position(to);
  const source = finer.bars(first);
  const cut = (column: Float64Array): Float64Array => column.subarray(0, end - first);
  const bars = {
    time: cut(source.time),
    open: cut(source.open),
    high: cut(source.high),
    low: cut(source.low),
    close: cut(source.close),
    volume: cut(source.volume),
  };
  const options = { from: finer.timeframe, to: timeframe, horizon: to };
  const coveragePct = Float64Array.from({ length: end - first }, (_, row) => finer.at(first + row).coverage);
  const rolled = rollUpRegimeBars(bars, timeframe === '1d' ? { ...options, coveragePct } : options);
  return Array.from(rolled.bars.time, (ts, row) => ({
    ts,
    open: rolled.bars.open[row]!,
    high: rolled.bars.high[row]!,
    low: rolled.bars.low[row]!,
    close: rolled.bars.close[row]!,
    volume: 0,
    source: 'rollup',
    count: Number.NaN,
    partial: rolled.partial[row] === 1,
    coverage: rolled.coveragePct[row]!,
    used: rolled.barsUsed[row]!,
    expected: rolled.expectedBars,
  }));
}
