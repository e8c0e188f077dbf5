/** What the venue of the live benches trades: every candle a function of market and minute, so that anybody can check it. */

const MINUTE = 60_000;

/** Stable noise in [0, 1). */
export function noise(a: number, b: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ 0xc2b2ae35, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

export const symbolOf = (market: number): string => `C${String(market).padStart(3, '0')}USDT`;
export const marketOf = (symbol: string): number => Number(symbol.slice(1, 4));

export interface Candle {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** The candle of a minute after a share of it: every extreme and the volume only grow. */
export function candleAt(market: number, minute: number, share: number): Candle {
  const level = (at: number): number => 100 + market + 10 * noise(market, at / MINUTE);
  const [open, close] = [level(minute), level(minute + MINUTE)];
  const reach = 1 + noise(market + 1000, minute / MINUTE);
  const text = (value: number): string => value.toFixed(2);
  const at = open + (close - open) * share;
  return {
    open: text(open),
    high: text(Math.max(open, open + reach * share, at)),
    low: text(Math.min(open, open - reach * share, at)),
    close: text(at),
    volume: (1000 * share * noise(market + 2000, minute / MINUTE)).toFixed(3),
  };
}
