/**
 * The bars of one driver and timeframe as they are stored (regime spec §2.1), in memory, with the one rule by which they
 * change: what should be there is compared with what is there by value, and only differences are written. So a second
 * run writes nothing, late and corrected data heal what they touch, and whoever steps an engine over the bars learns the
 * earliest one that changed.
 */
import { crc32 } from 'node:zlib';
import type { Driver, RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { type BarColumns, lowerBound } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Batch } from '../lake/batch.js';

/** One bar of a driver; `count` is NaN where the driver is no composite. */
export interface RegimeBar {
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Quote volume, USD. */
  readonly volume: number;
  readonly source: string;
  readonly count: number;
  readonly partial: boolean;
  /** Percent. */
  readonly coverage: number;
  readonly used: number;
  readonly expected: number;
}

const NUMBERS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'count',
  'partial',
  'coverage',
  'used',
  'expected',
] as const;
const NOTHING_SUMMED: readonly number[] = [0, 0, 0, 0, 0, 0];
export type NumberColumn = (typeof NUMBERS)[number];

/** A bar that came whole from its source. */
export const WHOLE = { count: Number.NaN, partial: false, coverage: 100, used: 1, expected: 1 } as const;

export class RegimeSeries {
  length = 0;
  /** Counts up when a bar changes or comes that is not after all others. */
  rewrites = 0;
  private time: Float64Array = new Float64Array(0);
  private columns: Readonly<Record<NumberColumn, Float64Array>> = columnsOf(0);
  private sources: string[] = [];
  /** Of the columns that an engine reads, up to a row; goes on from there. */
  private summed = { rows: 0, sums: NOTHING_SUMMED };

  constructor(
    readonly driver: Driver,
    readonly timeframe: RegimeTimeframe,
  ) {}

  get firstTime(): number | null {
    return this.length === 0 ? null : this.time[0]!;
  }

  get lastTime(): number | null {
    return this.length === 0 ? null : this.time[this.length - 1]!;
  }

  get lastClose(): number | null {
    return this.length === 0 ? null : this.columns.close[this.length - 1]!;
  }

  /** Close of the bar that opened at a time; undefined without one. */
  closeAt(time: number): number | undefined {
    const row = this.position(time);
    return row < this.length && this.time[row] === time ? this.columns.close[row] : undefined;
  }

  /** Closed bars as the engine takes them; views, valid until the next change. */
  bars(from = 0, to = this.length): BarColumns {
    const end = Math.min(to, this.length);
    const cut = (column: Float64Array): Float64Array => column.subarray(from, end);
    const { open, high, low, close, volume } = this.columns;
    return {
      time: cut(this.time),
      open: cut(open),
      high: cut(high),
      low: cut(low),
      close: cut(close),
      volume: cut(volume),
    };
  }

  /** Tells whether the first `rows` bars are the same as when it was taken: times, prices and volumes, bit for bit. */
  checksum(rows: number): string {
    let { rows: from, sums } = this.summed;
    if (from > rows) [from, sums] = [0, NOTHING_SUMMED];
    const { open, high, low, close, volume } = this.columns;
    const added = [this.time, open, high, low, close, volume].map((column, at) => {
      const part = column.subarray(from, rows);
      return crc32(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), sums[at]!);
    });
    this.summed = { rows, sums: added };
    return added.map((sum) => sum.toString(16)).join('-');
  }

  /** Position of the first bar at or after a time. */
  position(time: number): number {
    return lowerBound(this.time.subarray(0, this.length), time);
  }

  at(row: number): RegimeBar {
    const { columns } = this;
    return {
      ts: this.time[row]!,
      open: columns.open[row]!,
      high: columns.high[row]!,
      low: columns.low[row]!,
      close: columns.close[row]!,
      volume: columns.volume[row]!,
      source: this.sources[row]!,
      count: columns.count[row]!,
      partial: columns.partial[row] === 1,
      coverage: columns.coverage[row]!,
      used: columns.used[row]!,
      expected: columns.expected[row]!,
    };
  }

  /** Bars from the source first said to last, counted. */
  countsBySource(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const source of this.sources) counts[source] = (counts[source] ?? 0) + 1;
    return counts;
  }

  partialBars(): number {
    let partial = 0;
    for (let row = 0; row < this.length; row += 1) partial += this.columns.partial[row]!;
    return partial;
  }

  /** Steps between bars longer than 1.1 timeframes, and the bars that they lack. */
  gaps(): { readonly gaps: number; readonly missing: number } {
    const step = TIMEFRAME_MS[this.timeframe];
    let gaps = 0;
    let missing = 0;
    for (let row = 1; row < this.length; row += 1) {
      const apart = this.time[row]! - this.time[row - 1]!;
      if (apart <= 1.1 * step) continue;
      gaps += 1;
      missing += Math.floor(apart / step) - 1;
    }
    return { gaps, missing };
  }

  /** Bars that are not there like that. */
  differences(wanted: readonly RegimeBar[]): readonly RegimeBar[] {
    return wanted.filter((bar) => {
      const row = this.position(bar.ts);
      if (row === this.length || this.time[row] !== bar.ts || this.sources[row] !== bar.source) return true;
      return NUMBERS.some((name) => !Object.is(this.columns[name][row], numberOf(bar, name)));
    });
  }

  /** Puts bars in their places. */
  put(bars: readonly RegimeBar[]): void {
    for (const bar of bars) {
      const row = this.position(bar.ts);
      const isNew = row === this.length || this.time[row] !== bar.ts;
      if (row < this.length) this.rewrites += 1;
      if (row < this.summed.rows) this.summed = { rows: 0, sums: NOTHING_SUMMED };
      if (isNew) this.makeRoom(row);
      this.time[row] = bar.ts;
      for (const name of NUMBERS) this.columns[name][row] = numberOf(bar, name);
      this.sources[row] = bar.source;
    }
  }

  /** All stored bars at once, ascending; whatever was there before is gone. */
  load(
    time: Float64Array,
    columns: Readonly<Record<NumberColumn, Float64Array>>,
    sources: readonly string[],
  ): void {
    this.length = time.length;
    this.time = time;
    this.columns = columns;
    this.sources = [...sources];
    this.rewrites += 1;
    this.summed = { rows: 0, sums: NOTHING_SUMMED };
  }

  private makeRoom(row: number): void {
    if (this.length === this.time.length) {
      const capacity = Math.max(1024, 2 * this.length);
      const grown = columnsOf(capacity);
      for (const name of NUMBERS) grown[name].set(this.columns[name]);
      const time = new Float64Array(capacity);
      time.set(this.time);
      this.columns = grown;
      this.time = time;
    }
    if (row < this.length) {
      this.time.copyWithin(row + 1, row, this.length);
      for (const name of NUMBERS) this.columns[name].copyWithin(row + 1, row, this.length);
      this.sources.splice(row, 0, '');
    }
    this.length += 1;
  }
}

function columnsOf(length: number): Record<NumberColumn, Float64Array> {
  return Object.fromEntries(NUMBERS.map((name) => [name, new Float64Array(length)])) as Record<
    NumberColumn,
    Float64Array
  >;
}

function numberOf(bar: RegimeBar, name: NumberColumn): number {
  return name === 'partial' ? Number(bar.partial) : bar[name];
}

export interface DriverBars {
  readonly driver: Driver;
  readonly timeframe: RegimeTimeframe;
  readonly bars: readonly RegimeBar[];
}

/** Bars of several drivers as one batch of the dataset. */
export function regimeBatch(book: string, changed: readonly DriverBars[]): Batch<'regime_bars'> {
  return changed.flatMap(({ driver, timeframe, bars }) =>
    bars.map((bar) => ({
      driver,
      book_id: book,
      timeframe,
      ts: bar.ts,
      open: bar.open,
      high: bar.high,
      low: bar.low,
      close: bar.close,
      volume: bar.volume,
      component_count: Number.isNaN(bar.count) ? null : bar.count,
      partial: bar.partial,
      coverage_pct: bar.coverage,
      bars_used: bar.used,
      expected_bars: bar.expected,
      source: bar.source,
    })),
  );
}
