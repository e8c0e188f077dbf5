/**
 * One instrument as every simulated venue sees it: its bars at any length, the forming bar, funding settlements, open
 * interest, marks and liquidations, all as functions of the virtual time.
 *
 * Bars and (where given) funding are real observations. What the sample data do not hold is a function of seed, symbol
 * and time: open interest and liquidations, and the funding of a market without one. Coarser bars are grouped by
 * open time from the Unix epoch; 3d, 1w and 1M are not offered.
 */
import { TidewatchError } from '../../../errors.js';
import { lowerBound, type Series } from '../../../market/series.js';
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import type { Bar, Funding, Liquidation, OpenInterest, Trade } from './bar.js';
import { formingBar, TICKS_PER_BAR, ticksOf } from './bar-ticks.js';
import { decimalsOf } from './decimals.js';
import { noise } from './stable-noise.js';

const HOUR = 3_600_000;
export const OPEN_INTEREST_GRID = 5 * 60_000;
/** A liquidation may happen at each of these steps, at most one per symbol and step. */
export const LIQUIDATION_GRID = 15_000;

/** What to replay: the bars of one instrument, and its funding where it is known. */
export interface SimulatedBars {
  /** Common spelling: BTC, not XBT. */
  readonly base: string;
  readonly kind: 'perp' | 'spot';
  /** Shortest bars; coarser ones are made from them. */
  readonly series: Series;
  /** Settlements in time order: UTC ms and fraction per interval. */
  readonly funding?: { readonly time: Float64Array; readonly rate: Float64Array };
}

/** All bars of one length, known and still to come. */
export interface BarTable {
  readonly interval: number;
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Shortest bars inside each. */
  readonly bars: Uint32Array;
}

export class SimulatedMarket {
  readonly base: string;
  readonly quote = 'USDT';
  readonly kind: 'perp' | 'spot';
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** Open time of the first bar. */
  readonly listed: number;
  /** Close time of the last bar. */
  readonly ends: number;
  private readonly shortest: BarTable;
  private readonly tables = new Map<number, BarTable>();
  private readonly intervalChanges: { readonly from: number; readonly hours: number }[] = [];

  /** @throws TidewatchError `empty_series` */
  constructor(
    private readonly source: SimulatedBars,
    private readonly seed: number,
  ) {
    const { series } = source;
    if (series.length === 0) {
      throw new TidewatchError('empty_series', `there are no bars of ${source.base} to replay`, {
        hint: 'give the simulator at least one bar per market',
        details: { base: source.base },
      });
    }
    this.base = source.base;
    this.kind = source.kind;
    this.priceDecimals = Math.max(1, decimalsOf(series.close));
    this.sizeDecimals = decimalsOf(series.volume);
    const interval = TIMEFRAME_MS[series.timeframe];
    this.shortest = { ...series, interval, bars: new Uint32Array(series.length).fill(1) };
    this.tables.set(interval, this.shortest);
    this.listed = series.time[0]!;
    this.ends = series.time[series.length - 1]! + interval;
  }

  /** Bars of this length; undefined when they cannot be made from the shortest ones. */
  table(interval: number): BarTable | undefined {
    const known = this.tables.get(interval);
    if (known) return known;
    if (interval % this.shortest.interval !== 0 || interval < this.shortest.interval) return undefined;
    const made = grouped(this.shortest, interval);
    this.tables.set(interval, made);
    return made;
  }

  /** Position after the last bar that had closed at `now`. */
  closedCount(table: BarTable, now: number): number {
    return lowerBound(table.time, now - table.interval + 1);
  }

  bar(table: BarTable, at: number, final = true): Bar {
    return {
      time: table.time[at]!,
      open: table.open[at]!,
      high: table.high[at]!,
      low: table.low[at]!,
      close: table.close[at]!,
      volume: table.volume[at]!,
      trades: table.volume[at] === 0 ? 0 : table.bars[at]! * TICKS_PER_BAR,
      final,
    };
  }

  /** The bar that was open at `now`, as it stood then; undefined while nothing has traded in it. */
  forming(table: BarTable, now: number): Bar | undefined {
    const open = Math.floor(now / table.interval) * table.interval;
    const { shortest } = this;
    let bar: Bar | undefined;
    const end = this.closedCount(shortest, now);
    for (let i = lowerBound(shortest.time, open); i < end; i++) bar = joined(bar, this.bar(shortest, i));
    if (end < shortest.time.length && shortest.time[end]! >= open) {
      const last = formingBar(this.bar(shortest, end), shortest.interval, now);
      if (last) bar = joined(bar, last);
    }
    return bar && { ...bar, time: open, final: false };
  }

  /** Trades in (from, to]. */
  trades(from: number, to: number): readonly Trade[] {
    const { shortest } = this;
    const found: Trade[] = [];
    let at = Math.max(0, lowerBound(shortest.time, from - shortest.interval));
    for (; at < shortest.time.length && shortest.time[at]! <= to; at++) {
      for (const tick of ticksOf(this.bar(shortest, at), shortest.interval, at)) {
        if (tick.time > from && tick.time <= to) found.push(tick);
      }
    }
    return found;
  }

  /** Price of the last trade at or before `now`; the first open before any trade. */
  price(now: number): number {
    const { shortest } = this;
    const end = this.closedCount(shortest, now);
    if (end < shortest.time.length) {
      const forming = formingBar(this.bar(shortest, end), shortest.interval, now);
      if (forming) return forming.close;
    }
    return end === 0 ? shortest.open[0]! : shortest.close[end - 1]!;
  }

  mark(now: number): number {
    const drift = noise(this.seed, `${this.base} mark ${Math.floor(now / 1000)}`) - 0.5;
    return rounded(this.price(now) * (1 + drift * 2e-4), this.priceDecimals);
  }

  index(now: number): number {
    const drift = noise(this.seed, `${this.base} index ${Math.floor(now / 1000)}`) - 0.5;
    return rounded(this.price(now) * (1 + drift * 1e-4), this.priceDecimals);
  }

  /** From the first settlement after `from` on, funding is paid every `hours`. */
  changeFundingInterval(from: number, hours: number): void {
    this.intervalChanges.push({ from, hours });
  }

  /** Hours between settlements in force at `time`. */
  fundingInterval(time: number, usual: number): number {
    let hours = usual;
    for (const change of this.intervalChanges) if (time > change.from) hours = change.hours;
    return hours;
  }

  /** Settlements with from ≤ time ≤ to. `usual` is the venue's own interval in hours (8; Hyperliquid and Kraken 1). */
  funding(from: number, to: number, usual: number): readonly Funding[] {
    const found: Funding[] = [];
    const last = Math.min(to, this.ends);
    for (let time = Math.ceil(Math.max(from, this.listed) / HOUR) * HOUR; time <= last; time += HOUR) {
      const hours = this.fundingInterval(time, usual);
      if (time % (hours * HOUR) !== 0) continue;
      found.push({ time, rate: rounded((this.rateOf8Hours(time) * hours) / 8, 10), intervalHours: hours });
    }
    return found;
  }

  nextFunding(now: number, usual: number): number {
    for (let time = (Math.floor(now / HOUR) + 1) * HOUR; ; time += HOUR) {
      if (time % (this.fundingInterval(time, usual) * HOUR) === 0) return time;
    }
  }

  /** The settlement in force: the last at or before `now`. */
  lastFunding(now: number, usual: number): Funding {
    const day = 24 * HOUR;
    return (
      this.funding(now - day, now, usual).at(-1) ?? {
        time: now,
        rate: rounded((this.rateOf8Hours(now) * usual) / 8, 10),
        intervalHours: usual,
      }
    );
  }

  openInterest(time: number): OpenInterest {
    const at = Math.floor(time / OPEN_INTEREST_GRID) * OPEN_INTEREST_GRID;
    const level = 20_000 + 80_000 * noise(this.seed, `${this.base} open interest`);
    const swing = 1 + 0.1 * Math.sin(at / (3.1 * 24 * HOUR)) + 0.01 * noise(this.seed, `${this.base} ${at}`);
    const amount = rounded(level * swing, 3);
    return { time: at, amount, value: rounded(amount * this.price(at), 4) };
  }

  /** Liquidations in (from, to]: about one step in eight has one. */
  liquidations(from: number, to: number): readonly Liquidation[] {
    const found: Liquidation[] = [];
    let time = (Math.floor(from / LIQUIDATION_GRID) + 1) * LIQUIDATION_GRID;
    for (; time <= Math.min(to, this.ends); time += LIQUIDATION_GRID) {
      const draw = noise(this.seed, `${this.base} liquidation ${time}`);
      if (draw >= 0.125 || time < this.listed) continue;
      found.push({
        time,
        price: this.mark(time),
        size: rounded(0.01 + draw * 8, 3),
        side: draw < 0.0625 ? 'long' : 'short',
      });
    }
    return found;
  }

  private rateOf8Hours(time: number): number {
    const { funding } = this.source;
    if (funding) {
      // the settlement that this moment leads to, where it was recorded
      const at = lowerBound(funding.time, time);
      if (at < funding.time.length && funding.time[at]! < time + 8 * HOUR) return funding.rate[at]!;
    }
    const settlement = Math.ceil(time / (8 * HOUR)) * 8 * HOUR;
    return rounded((noise(this.seed, `${this.base} funding ${settlement}`) - 0.4) * 3e-4, 8);
  }
}

function joined(left: Bar | undefined, right: Bar): Bar {
  if (!left) return right;
  return {
    time: left.time,
    open: left.open,
    high: Math.max(left.high, right.high),
    low: Math.min(left.low, right.low),
    close: right.close,
    volume: rounded(left.volume + right.volume, 8),
    trades: left.trades + right.trades,
    final: false,
  };
}

function grouped(fine: BarTable, interval: number): BarTable {
  const most = fine.time.length;
  const table = {
    time: new Float64Array(most),
    open: new Float64Array(most),
    high: new Float64Array(most),
    low: new Float64Array(most),
    close: new Float64Array(most),
    volume: new Float64Array(most),
    bars: new Uint32Array(most),
  };
  let at = -1;
  for (let i = 0; i < most; i++) {
    const open = Math.floor(fine.time[i]! / interval) * interval;
    if (at < 0 || table.time[at] !== open) {
      at += 1;
      table.time[at] = open;
      table.open[at] = fine.open[i]!;
      table.high[at] = fine.high[i]!;
      table.low[at] = fine.low[i]!;
    }
    table.high[at] = Math.max(table.high[at]!, fine.high[i]!);
    table.low[at] = Math.min(table.low[at]!, fine.low[i]!);
    table.close[at] = fine.close[i]!;
    table.volume[at]! += fine.volume[i]!;
    table.bars[at]! += 1;
  }
  const length = at + 1;
  // sums of decimals carry binary dust that no venue would print
  for (let i = 0; i < length; i++) table.volume[i] = rounded(table.volume[i]!, 8);
  return {
    interval,
    time: table.time.slice(0, length),
    open: table.open.slice(0, length),
    high: table.high.slice(0, length),
    low: table.low.slice(0, length),
    close: table.close.slice(0, length),
    volume: table.volume.slice(0, length),
    bars: table.bars.slice(0, length),
  };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
