/**
 * Bars of all low-cap tokens at one timeframe in memory, and at 1d of listed coins: what the four bucket composites are
 * made of. Read from the lake when first asked for, then only what is new; what this process wrote itself is put in
 * without reading.
 *
 * Members at a time follow from the market caps known by then (cap-history.ts), so composites built live and built anew
 * from stored bars are the same.
 */
import { bucketMembers } from '../../analysis/drivers/bucket-members.js';
import type { Bucket, RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { PriceBar } from '../../analysis/drivers/valid-bar.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Lake } from '../lake/lake.js';
import type { LakeFile } from '../lake/lake-file.js';
import type { CapHistory } from './cap-history.js';
import type { CoinDays } from './coin-days.js';
import { LakeChanges } from './lake-changes.js';
import { SortedTimes } from './sorted-times.js';

const HOUR = TIMEFRAME_MS['1h'];

/** Volume in USD. */
export interface TokenBar extends Omit<PriceBar, 'ts'> {
  /** Made of finer bars. */
  readonly isRolled: boolean;
  /** Finer bars that it was made of, and the share of those expected, percent; NaN where it was not. */
  readonly used: number;
  readonly coverage: number;
}

export class TokenBars {
  private readonly changes: LakeChanges;
  /** Bars of one time by instrument. */
  private readonly byTime = new Map<number, Map<string, TokenBar>>();
  private readonly times = new SortedTimes();
  private members = new Map<number, Readonly<Record<Bucket, readonly string[]>>>();
  /** From when on bars are others than at the last look, by who looks. */
  private readonly news = new Map<string, number>();
  private membersSince = Number.POSITIVE_INFINITY;
  private readonly known = new Set<string>();

  constructor(
    private readonly lake: Lake,
    private readonly timeframe: RegimeTimeframe,
    private readonly maxMembers: number,
    private readonly caps: CapHistory,
    private readonly coins?: CoinDays,
  ) {
    this.changes = new LakeChanges(lake, 'bars', { venue: 'dex', timeframe });
  }

  /** Looks whether others have written. */
  async refresh(): Promise<void> {
    const capsSince = await this.caps.refresh(this.timeframe);
    if (capsSince < Number.POSITIVE_INFINITY) {
      for (const hour of this.members.keys()) if (hour >= capsSince) this.members.delete(hour);
      this.membersSince = Math.min(this.membersSince, capsSince);
    }
    const since = await this.changes.since();
    if (since < Number.POSITIVE_INFINITY) await this.load(since);
    if (this.coins !== undefined) this.takeCoins(this.coins, await this.coins.changedSince('bars'));
  }

  private takeCoins({ coins }: CoinDays, since: number): void {
    if (since === Number.POSITIVE_INFINITY) return;
    for (const [coin, days] of coins) {
      for (const [ts, { open, high, low, close, volume }] of days) {
        if (ts < since) continue;
        const bar = { open, high, low, close, volume, isRolled: false };
        this.put(coin, ts, { ...bar, used: Number.NaN, coverage: Number.NaN });
      }
    }
  }

  /** How many tokens have bars. */
  get tokens(): number {
    return this.known.size;
  }

  /** The earliest time at which members may be others than at the last call; Infinity when all stay. */
  membersChangedSince(): number {
    const earliest = this.membersSince;
    this.membersSince = Number.POSITIVE_INFINITY;
    return earliest;
  }

  /** What `reader` took from `changedSince` was not used after all. */
  giveBack(reader: string, since: number): void {
    this.news.set(reader, Math.min(since, this.news.get(reader) ?? since));
  }

  /**
   * The earliest time at which bars may be others than `reader` knows them; it knows them then.
   * @returns −Infinity at the first call, Infinity when all are as they were
   */
  changedSince(reader: string): number {
    const earliest = this.news.get(reader) ?? Number.NEGATIVE_INFINITY;
    this.news.set(reader, Number.POSITIVE_INFINITY);
    return earliest;
  }

  /** Bars that the caller has written into these files. */
  wrote(
    bars: Iterable<readonly [instrument: string, ts: number, bar: TokenBar]>,
    files: readonly LakeFile[],
  ): void {
    for (const [instrument, ts, bar] of bars) this.put(instrument, ts, bar);
    this.changes.saw(files);
  }

  /** Times with a bar of any token after `after` and before `to`, ascending. */
  timesBetween(after: number, to: number): readonly number[] {
    return this.times.between(after, to);
  }

  /** All bars of a time, by instrument. */
  barsAt(time: number): ReadonlyMap<string, TokenBar> {
    return this.byTime.get(time) ?? NONE;
  }

  /** Bars of the members of a bucket at a time. */
  *at(bucket: Bucket, time: number): Generator<readonly [string, TokenBar]> {
    const bars = this.byTime.get(time);
    if (bars === undefined) return;
    for (const instrument of this.membersAt(time)[bucket]) {
      const bar = bars.get(instrument);
      if (bar !== undefined) yield [instrument, bar];
    }
  }

  /** Members of every bucket at a time. */
  membersAt(time: number): Readonly<Record<Bucket, readonly string[]>> {
    const hour = Math.floor(time / HOUR) * HOUR;
    let members = this.members.get(hour);
    if (members === undefined) {
      members = bucketMembers(this.caps.at(hour), hour, this.maxMembers);
      this.members.set(hour, members);
    }
    return members;
  }

  private async load(from: number): Promise<void> {
    const { timeframe } = this;
    const rows = await this.lake.query('bars', { venue: 'dex', timeframe, from }, (relation, run) =>
      run(
        `SELECT instrument_id, ts, open, high, low, close, coalesce(quote_volume, volume * close) AS volume,
                source = 'rollup' AS is_rolled, bars_used, coverage_pct
           FROM ${relation} WHERE ts >= ${from} ORDER BY ts, instrument_id`,
      ),
    );
    for (const row of rows) {
      this.put(row.instrument_id as string, row.ts as number, {
        open: row.open as number,
        high: row.high as number,
        low: row.low as number,
        close: row.close as number,
        volume: row.volume as number,
        isRolled: row.is_rolled === true,
        used: (row.bars_used as number | null) ?? Number.NaN,
        coverage: (row.coverage_pct as number | null) ?? Number.NaN,
      });
    }
    this.changed(from);
  }

  private put(instrument: string, ts: number, bar: TokenBar): void {
    let timed = this.byTime.get(ts);
    if (timed === undefined) {
      timed = new Map();
      this.byTime.set(ts, timed);
      this.times.add(ts);
    }
    timed.set(instrument, bar);
    this.known.add(instrument);
    this.changed(ts);
  }

  private changed(from: number): void {
    for (const [reader, earliest] of this.news) if (from < earliest) this.news.set(reader, from);
  }
}

const NONE: ReadonlyMap<string, TokenBar> = new Map();
