/** Small hand-made markets for tests of the simulator that need no real bars. */
import type { SimulatedBars } from '../../src/data/venues/simulator/simulated-market.js';
import { Random } from '../../src/market/random.js';
import { makeSeries } from '../../src/market/series.js';

/** 2025-05-04T16:00:00Z. */
export const START = Date.UTC(2025, 4, 4, 16);

/** Minutes of a seeded walk on a 0.1 price grid, from START. */
export function walkBars(
  base: string,
  minutes: number,
  options: { readonly kind?: 'perp' | 'spot'; readonly price?: number; readonly start?: number } = {},
): SimulatedBars {
  const { kind = 'perp', price = 1000, start = START } = options;
  const random = new Random(base.charCodeAt(0) * 256 + base.charCodeAt(1));
  const time = new Float64Array(minutes);
  const open = new Float64Array(minutes);
  const high = new Float64Array(minutes);
  const low = new Float64Array(minutes);
  const close = new Float64Array(minutes);
  const volume = new Float64Array(minutes);
  let tenths = price * 10;
  for (let i = 0; i < minutes; i++) {
    const moves = [random.below(21) - 10, random.below(10) + 1, random.below(10) + 1];
    time[i] = start + i * 60_000;
    open[i] = tenths / 10;
    const next = Math.max(100, tenths + moves[0]!);
    high[i] = (Math.max(tenths, next) + moves[1]!) / 10;
    low[i] = (Math.min(tenths, next) - moves[2]!) / 10;
    close[i] = next / 10;
    volume[i] = (100 + random.below(9000)) / 1000;
    tenths = next;
  }
  const instrument = kind === 'perp' ? `binanceusdm:-:${base}USDT` : `binance:spot:${base}USDT`;
  return { base, kind, series: makeSeries(instrument, '1m', { time, open, high, low, close, volume }) };
}
