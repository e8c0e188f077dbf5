/**
 * Bars of all low-cap tokens at one timeframe, and their market caps, in memory: what the four bucket composites are made
 * of. Read from the lake when first asked for, then only what is new.
 *
 * Who belongs to a bucket at an hour follows from the market caps on minutes known by then, as if tags had been made at
 * every full hour (regime spec §7.2): so composites built live and built anew from stored bars are the same. Before the
 * first known cap of a token, that first one stands for it: history fetched afterwards carries none.
 */
import { bucketMembers, isTaggable, type TokenCap } from '../../analysis/drivers/bucket-members.js';
import type { Bucket, RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { bucketOf } from '../../analysis/drivers/market-cap-labels.js';
import type { PriceBar } from '../../analysis/drivers/valid-bar.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Lake } from '../lake/lake.js';
import { LakeChanges } from './lake-changes.js';
import { SortedTimes } from './sorted-times.js';

const HOUR = TIMEFRAME_MS['1h'];
/** A cap older than this makes no new tag. */
const CAP_MS = 24 * HOUR;

/** Market caps by the full hour from which they are known. */
class CapHistory {
  private readonly hours = new Map<string, { readonly times: number[]; readonly caps: number[] }>();
  private readonly changes: LakeChanges;

  constructor(private readonly lake: Lake) {
    this.changes = new LakeChanges(lake, 'bars', { venue: 'dex', timeframe: '1m' });
  }

  /** @returns the hour from which members may be others than before; Infinity when all stay */
  async refresh(): Promise<number> {
    const since = await this.changes.since();
    if (since === Number.POSITIVE_INFINITY) return since;
    const from = Math.floor(since / HOUR) * HOUR;
    const rows = await this.lake.query('bars', { venue: 'dex', timeframe: '1m', from }, (relation, run) =>
      run(
        `SELECT instrument_id, (ts // ${HOUR} + 1) * ${HOUR} AS hour, arg_max(market_cap, ts) AS cap
           FROM ${relation} WHERE ts >= ${from} AND market_cap IS NOT NULL
          GROUP BY ALL ORDER BY hour`,
      ),
    );
    let earliest = Number.POSITIVE_INFINITY;
    for (const row of rows) {
      const instrument = row.instrument_id as string;
      const [hour, cap] = [row.hour as number, row.cap as number];
      let known = this.hours.get(instrument);
      if (known === undefined) {
        known = { times: [], caps: [] };
        this.hours.set(instrument, known);
        // the first cap of a token also stands for the time before it
        earliest = Number.NEGATIVE_INFINITY;
      }
      const at = known.times.indexOf(hour);
      if (at >= 0 && known.caps[at] === cap) continue;
      if (at >= 0) known.caps[at] = cap;
      else {
        known.times.push(hour);
        known.caps.push(cap);
      }
      earliest = Math.min(earliest, hour);
    }
    return earliest;
  }

  /** Tags as they stood at a time. */
  at(time: number): readonly TokenCap[] {
    const tags: TokenCap[] = [];
    for (const [instrument_id, { times, caps }] of this.hours) {
      let row = lastAtOrBefore(times, time);
      const isBefore = row < 0;
      if (isBefore) row = 0;
      const market_cap_usd = caps[row]!;
      if (!isTaggable(market_cap_usd)) continue;
      tags.push({
        instrument_id,
        token_contract: instrument_id.slice(instrument_id.lastIndexOf(':') + 1),
        bucket: bucketOf(market_cap_usd),
        market_cap_usd,
        updated_at: isBefore ? time : Math.min(time, times[row]! + CAP_MS),
      });
    }
    return tags;
  }
}

function lastAtOrBefore(times: readonly number[], time: number): number {
  let row = times.length - 1;
  while (row >= 0 && times[row]! > time) row -= 1;
  return row;
}

export class TokenBars {
  private readonly caps: CapHistory;
  private readonly changes: LakeChanges;
  /** Bars of one time by instrument. */
  private readonly byTime = new Map<number, Map<string, Omit<PriceBar, 'ts'>>>();
  private readonly times = new SortedTimes();
  private members = new Map<number, Readonly<Record<Bucket, readonly string[]>>>();

  constructor(
    private readonly lake: Lake,
    private readonly timeframe: RegimeTimeframe,
    private readonly maxMembers: number,
  ) {
    this.caps = new CapHistory(lake);
    this.changes = new LakeChanges(lake, 'bars', { venue: 'dex', timeframe });
  }

  /** @returns the earliest time at which bars or members may be others than before; Infinity when all stay */
  async refresh(): Promise<number> {
    const capsSince = await this.caps.refresh();
    if (capsSince < Number.POSITIVE_INFINITY) {
      for (const hour of this.members.keys()) if (hour >= capsSince) this.members.delete(hour);
    }
    const since = await this.changes.since();
    if (since < Number.POSITIVE_INFINITY) await this.load(since);
    return Math.min(capsSince, since);
  }

  /** Times with a bar of any token after `after` and before `to`, ascending. */
  timesBetween(after: number, to: number): readonly number[] {
    return this.times.between(after, to);
  }

  /** Bars of the members of a bucket at a time. */
  *at(bucket: Bucket, time: number): Generator<readonly [string, Omit<PriceBar, 'ts'>]> {
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
        `SELECT instrument_id, ts, open, high, low, close, coalesce(quote_volume, volume * close) AS volume
           FROM ${relation} WHERE ts >= ${from} ORDER BY ts, instrument_id`,
      ),
    );
    for (const row of rows) {
      const ts = row.ts as number;
      let timed = this.byTime.get(ts);
      if (timed === undefined) {
        timed = new Map();
        this.byTime.set(ts, timed);
        this.times.add(ts);
      }
      timed.set(row.instrument_id as string, {
        open: row.open as number,
        high: row.high as number,
        low: row.low as number,
        close: row.close as number,
        volume: row.volume as number,
      });
    }
  }
}
