/**
 * Minutes made from the trades of a stream (regime-data spec §4): open is the first trade by time, close the last, volume
 * Σ size. Trades may come 75 s late; a minute is handed on when that time is over, so that it is never a part of one.
 * Minutes without a trade have no bar. After a break of the stream a new maker begins: what was open is not whole. A trade counts once, by its id: venues repeat the last ones after a reconnect.
 *
 * Sums are kept to eight decimals, the finest that the venues print: binary dust would differ from their own candles.
 */
import type { StreamTrade } from '../../venues/streams/stream-dialect.js';
import { MINUTE } from './live-series.js';

/** After the end of a minute. */
const LATE_WINDOW_MS = 75_000;
const UNIT = 1e8;

/** A bar while its trades come in; `ts` is its open, UTC ms, volumes in base and quote units. */
export interface TickBar {
  readonly ts: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  quoteVolume: number;
  trades: number;
}

interface OpenMinute extends TickBar {
  firstAt: number;
  lastAt: number;
  readonly ids: Set<string>;
}

export class TickBars {
  /** Trades that came after the late window of their minute. */
  tooLate = 0;
  private readonly minutes = new Map<number, OpenMinute>();
  /** Minutes before this are handed on, or were not seen whole. */
  private from: number;

  /** @param servedAt the venue's clock when its trades began to come; the minute under way is not whole */
  constructor(servedAt: number) {
    this.from = Math.ceil(servedAt / MINUTE) * MINUTE;
  }

  /** @returns the minute as it stands; undefined when the trade does not count */
  add({ id, ts, price, size }: StreamTrade): TickBar | undefined {
    const open = Math.floor(ts / MINUTE) * MINUTE;
    if (!(price > 0 && price < Number.POSITIVE_INFINITY && size >= 0 && size < Number.POSITIVE_INFINITY))
      return;
    if (open < this.from) {
      this.tooLate += 1;
      return;
    }
    const minute = this.minutes.get(open);
    if (minute === undefined) {
      const begun: OpenMinute = {
        ts: open,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: size,
        quoteVolume: rounded(price * size),
        trades: 1,
        firstAt: ts,
        lastAt: ts,
        ids: new Set([id]),
      };
      this.minutes.set(open, begun);
      return begun;
    }
    if (minute.ids.has(id)) return;
    minute.ids.add(id);
    if (ts < minute.firstAt) {
      minute.open = price;
      minute.firstAt = ts;
    }
    if (ts >= minute.lastAt) {
      minute.close = price;
      minute.lastAt = ts;
    }
    minute.high = Math.max(minute.high, price);
    minute.low = Math.min(minute.low, price);
    minute.volume = rounded(minute.volume + size);
    minute.quoteVolume = rounded(minute.quoteVolume + price * size);
    minute.trades += 1;
    return minute;
  }

  /** Minutes whose late window is over by the venue's clock, ascending. */
  due(venueNow: number): TickBar[] {
    const over = venueNow - LATE_WINDOW_MS - MINUTE;
    const due: TickBar[] = [];
    for (const [ts, minute] of this.minutes) {
      if (ts > over) continue;
      this.minutes.delete(ts);
      due.push(minute);
    }
    const end = Math.floor(over / MINUTE) * MINUTE + MINUTE;
    this.from = Math.max(this.from, end);
    return due.sort((a, b) => a.ts - b.ts);
  }
}

function rounded(value: number): number {
  return Math.round(value * UNIT) / UNIT;
}
