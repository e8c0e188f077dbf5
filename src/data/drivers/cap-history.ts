/**
 * Market caps of low-cap tokens by the full hour from which they are known: who belongs to a bucket then (regime spec
 * §7.2), as if tags had been made at every full hour. Before the first known cap of a token, that first one stands for it:
 * history fetched afterwards carries none. At 1d listed coins count too (coin-days.ts), by their capitalisation at the end of
 * each day.
 */
import { isTaggable, type TokenCap } from '../../analysis/drivers/bucket-members.js';
import { bucketOf } from '../../analysis/drivers/market-cap-labels.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Lake } from '../lake/lake.js';
import type { LakeFile } from '../lake/lake-file.js';
import type { CoinDays } from './coin-days.js';
import { LakeChanges } from './lake-changes.js';

const HOUR = TIMEFRAME_MS['1h'];
/** A cap older than this makes no new tag. */
const CAP_MS = 24 * HOUR;

interface Caps {
  readonly times: number[];
  readonly caps: number[];
  /** Open of the minute that tells the newest of them. */
  newest: number;
}

export class CapHistory {
  private readonly hours = new Map<string, Caps>();
  private readonly changes: LakeChanges;
  /** From when on caps are others than at the last look, by who looks. */
  private readonly news = new Map<string, number>();

  /** @param coins whose capitalisations count too */
  constructor(
    private readonly lake: Lake,
    private readonly coins?: CoinDays,
  ) {
    this.changes = new LakeChanges(lake, 'bars', { venue: 'dex', timeframe: '1m' });
  }

  /** @returns the hour from which members may be others than `reader` knows them; Infinity when all stay */
  async refresh(reader: string): Promise<number> {
    const since = await this.changes.since();
    if (since < Number.POSITIVE_INFINITY) await this.load(since);
    if (this.coins !== undefined) this.loadCoins(this.coins, await this.coins.changedSince('caps'));
    const earliest = this.news.get(reader) ?? Number.NEGATIVE_INFINITY;
    this.news.set(reader, Number.POSITIVE_INFINITY);
    return earliest;
  }

  /** Minutes that the caller has written into these files. */
  wrote(
    minutes: Iterable<{
      readonly instrument_id: string;
      readonly ts: number;
      readonly market_cap: number | null;
    }>,
    files: readonly LakeFile[],
  ): void {
    for (const { instrument_id, ts, market_cap } of minutes) {
      if (market_cap !== null) this.put(instrument_id, ts, market_cap);
    }
    this.changes.saw(files);
  }

  private async load(since: number): Promise<void> {
    const from = Math.floor(since / HOUR) * HOUR;
    const rows = await this.lake.query('bars', { venue: 'dex', timeframe: '1m', from }, (relation, run) =>
      run(
        `SELECT instrument_id, max(ts) AS ts, arg_max(market_cap, ts) AS cap
           FROM ${relation} WHERE ts >= ${from} AND market_cap IS NOT NULL
          GROUP BY instrument_id, ts // ${HOUR} ORDER BY ts`,
      ),
    );
    for (const row of rows) this.put(row.instrument_id as string, row.ts as number, row.cap as number);
  }

  private loadCoins({ coins }: CoinDays, since: number): void {
    if (since === Number.POSITIVE_INFINITY) return;
    for (const [coin, days] of coins) {
      for (const [ts, { cap }] of days) {
        // known when the day has ended
        if (ts >= since && cap !== null) this.put(coin, ts + TIMEFRAME_MS['1d'] - HOUR, cap);
      }
    }
  }

  private put(instrument: string, ts: number, cap: number): void {
    const hour = (Math.floor(ts / HOUR) + 1) * HOUR;
    let known = this.hours.get(instrument);
    if (known === undefined) {
      known = { times: [], caps: [], newest: Number.NEGATIVE_INFINITY };
      this.hours.set(instrument, known);
      // the first cap of a token also stands for the time before it
      this.changed(Number.NEGATIVE_INFINITY);
    }
    const at = known.times.lastIndexOf(hour);
    // a minute that came late, of the newest hour
    if (at >= 0 && at === known.times.length - 1 && ts < known.newest) return;
    known.newest = Math.max(known.newest, ts);
    if (at >= 0 && known.caps[at] === cap) return;
    if (at >= 0) known.caps[at] = cap;
    else {
      let place = known.times.length;
      while (place > 0 && known.times[place - 1]! > hour) place -= 1;
      known.times.splice(place, 0, hour);
      known.caps.splice(place, 0, cap);
      if (place === 0) this.changed(Number.NEGATIVE_INFINITY);
    }
    this.changed(hour);
  }

  private changed(hour: number): void {
    for (const [reader, earliest] of this.news) this.news.set(reader, Math.min(earliest, hour));
  }

  /** Tags as they stood at a time. */
  at(time: number): readonly TokenCap[] {
    const tags: TokenCap[] = [];
    for (const [instrument_id, { times, caps }] of this.hours) {
      let row = lastAtOrBefore(times, time);
      const isBefore = row < 0;
      // a coin's days come with their capitalisations: before the first one it was not known
      if (isBefore && this.coins?.coins.has(instrument_id)) continue;
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
