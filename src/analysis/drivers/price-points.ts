/**
 * Minutes of a low-cap token from its collected price points (regime spec §5): open is the close of its minute before,
 * high and low enclose open and prices, volume is what the provider says of a minute, else a fifth of five. A minute
 * without a point is no bar.
 */
import { bucketOpen } from '../../market/timeframe.js';
import type { PriceBar } from './valid-bar.js';

export interface PricePoint {
  /** UTC ms. */
  readonly ts: number;
  /** USD; a point without a positive price is left out. */
  readonly price: number;
  /** USD of the last minute, as the provider estimates it. */
  readonly volume_1m?: number | null;
  /** USD of the last five minutes. */
  readonly volume_5m?: number | null;
}

interface Minute {
  bar: PriceBar;
  volume1: number;
  volume5: number;
  hasVolume1: boolean;
}

const known = (volume: number | null | undefined): volume is number =>
  volume != null && Number.isFinite(volume) && volume >= 0;

/**
 * @param points of one token, in any order
 * @param previousClose close of its last minute before them; left out: the first price opens the first minute
 */
export function pointsToMinutes(points: readonly PricePoint[], previousClose?: number): PriceBar[] {
  const sorted = points
    .filter(({ price }) => Number.isFinite(price) && price > 0)
    .sort((a, b) => a.ts - b.ts);
  const minutes: Minute[] = [];
  let before = previousClose;
  for (const { ts, price, volume_1m, volume_5m } of sorted) {
    const open = bucketOpen(ts, '1m');
    let minute = minutes.at(-1);
    if (minute?.bar.ts !== open) {
      const first = before ?? price;
      const bar = { ts: open, open: first, high: first, low: first, close: first, volume: 0 };
      minute = { bar, volume1: 0, volume5: 0, hasVolume1: false };
      minutes.push(minute);
    }
    const { bar } = minute;
    minute.bar = {
      ...bar,
      high: Math.max(bar.high, price),
      low: Math.min(bar.low, price),
      close: price,
    };
    if (known(volume_1m)) {
      minute.volume1 += volume_1m;
      minute.hasVolume1 = true;
    }
    if (known(volume_5m)) minute.volume5 += volume_5m;
    before = price;
  }
  return minutes.map(({ bar, volume1, volume5, hasVolume1 }) => ({
    ...bar,
    volume: hasVolume1 ? volume1 : volume5 / 5,
  }));
}
