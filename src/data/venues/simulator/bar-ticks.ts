/**
 * The four trades inside a bar, so that everything a venue shows of it agrees: trades, the forming bar, the stream's
 * updates and the final bar. The path runs open, nearer extreme, other extreme, close (low first in a rising bar). The
 * sizes are the bar's volume in quarters, cut at eight decimals, the rest in the last trade. A bar without volume has
 * no trades and stands flat from its open.
 *
 * Limit: real bars hold thousands of trades; four are enough to tell a forming bar from a final one.
 */
import type { Bar, Trade } from './bar.js';

export const TICKS_PER_BAR = 4;
/** Moments of the trades, as a share of the bar. */
const MOMENTS = [1 / 60, 16 / 60, 31 / 60, 46 / 60];
const SIZE_UNIT = 1e8;

/**
 * @param interval length of the bar in ms
 * @param number position of the bar in its history: ids go on from trade to trade
 */
export function ticksOf(bar: Bar, interval: number, number = 0): readonly Trade[] {
  if (bar.volume === 0) return [];
  const rises = bar.close >= bar.open;
  const prices = [bar.open, rises ? bar.low : bar.high, rises ? bar.high : bar.low, bar.close];
  const units = Math.round(bar.volume * SIZE_UNIT);
  const quarter = Math.floor(units / TICKS_PER_BAR);
  return prices.map((price, tick) => ({
    time: bar.time + Math.floor(MOMENTS[tick]! * interval),
    id: number * TICKS_PER_BAR + tick + 1,
    price,
    size: (tick === 3 ? units - 3 * quarter : quarter) / SIZE_UNIT,
    buy: tick === 0 ? rises : price >= prices[tick - 1]!,
  }));
}

/** The bar as it stood at `now`; undefined before its first trade. */
export function formingBar(bar: Bar, interval: number, now: number): Bar | undefined {
  if (now < bar.time) return undefined;
  if (bar.volume === 0) return { ...bar, close: bar.open, high: bar.open, low: bar.open, final: false };
  const seen = ticksOf(bar, interval).filter(({ time }) => time <= now);
  if (seen.length === 0) return undefined;
  const prices = seen.map(({ price }) => price);
  return {
    time: bar.time,
    open: prices[0]!,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1)!,
    volume: Math.round(seen.reduce((sum, { size }) => sum + size, 0) * SIZE_UNIT) / SIZE_UNIT,
    trades: seen.length,
    final: false,
  };
}
