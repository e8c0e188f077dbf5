/**
 * The plain average of prices (regime spec §6, method `raw_average`), kept for parity with earlier series: mean of the
 * opens and closes, greatest high, least low, volumes added. Members of unlike scale make its high and low meaningless
 * and its level jump when one comes or goes; `chained-index.ts` is what the product publishes.
 */
import { type ComponentBars, type CompositeBar, MIN_COMPONENTS } from './chained-index.js';
import { CompositeBuilder, type CompositeColumns } from './composite-columns.js';
import type { PriceBar } from './valid-bar.js';

/** One bar from the bars that members have at a time; null when there are too few. */
export function averageBar(
  ts: number,
  bars: readonly Omit<PriceBar, 'ts'>[],
  minComponents: number = MIN_COMPONENTS,
): CompositeBar | null {
  const componentCount = bars.length;
  if (componentCount < Math.max(1, minComponents)) return null;
  let open = 0;
  let close = 0;
  let volume = 0;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  for (const bar of bars) {
    open += bar.open;
    close += bar.close;
    high = Math.max(high, bar.high);
    low = Math.min(low, bar.low);
    if (bar.volume > 0) volume += bar.volume;
  }
  return {
    ts,
    open: open / componentCount,
    high,
    low,
    close: close / componentCount,
    volume,
    componentCount,
  };
}

/** All times of the members, in alphabetical order of the members. */
export function composeAverage(
  components: ComponentBars,
  minComponents: number = MIN_COMPONENTS,
): CompositeColumns {
  const byTime = new Map<number, Omit<PriceBar, 'ts'>[]>();
  for (const name of Object.keys(components).sort()) {
    const { time, open, high, low, close, volume } = components[name]!;
    time.forEach((ts, row) => {
      const bar = {
        open: open[row]!,
        high: high[row]!,
        low: low[row]!,
        close: close[row]!,
        volume: volume[row]!,
      };
      const bars = byTime.get(ts);
      if (bars === undefined) byTime.set(ts, [bar]);
      else bars.push(bar);
    });
  }
  const out = new CompositeBuilder();
  for (const [ts, bars] of [...byTime].sort(([a], [b]) => a - b)) {
    const bar = averageBar(ts, bars, minComponents);
    if (bar === null) continue;
    out.push(ts, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.componentCount);
  }
  return out.columns();
}
