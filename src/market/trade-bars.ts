/**
 * Minutes from trades (regime spec §4): open the first by time, close the last, high and low the extremes, volume the
 * sum; a minute without a trade is no bar. Trades of one time keep the order in which they were given.
 */
import { bucketOpen } from './timeframe.js';

export interface TradeTick {
  /** UTC ms. */
  readonly ts: number;
  /** Quote currency. */
  readonly price: number;
  /** Base units. */
  readonly size: number;
}

/** One minute made of trades; prices in quote currency, `trades` is a count. */
export interface TradeBar {
  /** Open of the minute, UTC ms. */
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base units. */
  readonly volume: number;
  /** Σ price × size, quote currency. */
  readonly quoteVolume: number;
  readonly trades: number;
}

/** Minutes in order; trades may come in any, those without a positive price are left out. */
export function tradesToMinutes(trades: readonly TradeTick[]): TradeBar[] {
  const sorted = trades
    .filter(({ price, size }) => price > 0 && Number.isFinite(price) && size >= 0 && Number.isFinite(size))
    .sort((a, b) => a.ts - b.ts);
  const bars: TradeBar[] = [];
  for (const { ts, price, size } of sorted) {
    const open = bucketOpen(ts, '1m');
    const last = bars.at(-1);
    if (last?.ts !== open) {
      bars.push({
        ts: open,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: size,
        quoteVolume: price * size,
        trades: 1,
      });
      continue;
    }
    bars[bars.length - 1] = {
      ...last,
      high: Math.max(last.high, price),
      low: Math.min(last.low, price),
      close: price,
      volume: last.volume + size,
      quoteVolume: last.quoteVolume + price * size,
      trades: last.trades + 1,
    };
  }
  return bars;
}
