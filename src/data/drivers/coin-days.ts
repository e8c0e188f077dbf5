/**
 * Days of listed coins whose capitalisation is known: the members that a bucket has at 1d beside its on-chain tokens
 * (regime spec §7). Two things of a home hold them: stored daily bars with a market cap (an imported panel), and the daily
 * facts of `fetch panel --caps`, whose row of day d is the value at 00:00 of d. Of one coin and day a stored bar counts
 * before facts, of several markets the first by name; coins that are drivers themselves and stablecoins are no members.
 *
 * A day made of facts has two prices, the one it began and the one it ended with: its range is too small, as that of a
 * minute made of price points is (§5). Of stored bars only the days from a change on are read again, of a market whose
 * first cap was just stored all; facts are read anew when one of their files has changed. A day is news when its values are
 * others, so reading again changes nothing. A stored bar that is deleted, not replaced, goes with the next start.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ALT_COMPONENTS } from '../../analysis/drivers/driver.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Lake } from '../lake/lake.js';
import { quote } from '../lake/session.js';
import { LakeChanges } from './lake-changes.js';

const DAY = TIMEFRAME_MS['1d'];
const NO_MEMBERS: ReadonlySet<string> = new Set(['BTC', ...ALT_COMPONENTS]);
const TABLES = ['fact_price', 'fact_marketcap', 'fact_volume', 'dim_asset'] as const;

/** One UTC day of one coin; prices in USD. */
export interface CoinDay {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** USD. */
  readonly volume: number;
  /** USD at the close; null where it is not known. */
  readonly cap: number | null;
  /** The stored instrument, or `panel`. */
  readonly origin: string;
}

/** A day of `coin` that opens at `ts`, UTC ms. */
interface DayOf {
  readonly coin: string;
  readonly ts: number;
  readonly day: CoinDay;
}

interface StoredDay extends DayOf {
  readonly isPartial: boolean;
}

/** Daily bars but those of on-chain tokens, which are no coins and most of all there are. */
const COIN_BARS = { timeframe: '1d', exceptVenue: 'dex' } as const;

export class CoinDays {
  /** By coin, then by open of the day, UTC ms. */
  readonly coins = new Map<string, ReadonlyMap<number, CoinDay>>();
  private readonly changes: LakeChanges;
  private readonly folder: string;
  /** Stored bars of every market that knows a cap, by instrument, then by open. */
  private readonly stored = new Map<string, Map<number, StoredDay>>();
  /** From when on stored bars must be read still, because reading them failed. */
  private unread = Number.POSITIVE_INFINITY;
  private facts = '';
  private factDays: readonly DayOf[] = [];
  /** From when on days are others than at the last look, by who looks. */
  private readonly news = new Map<string, number>();

  constructor(private readonly lake: Lake) {
    this.changes = new LakeChanges(lake, 'bars', COIN_BARS);
    this.folder = join(lake.root, 'panel', 'curated', 'data_lake');
  }

  /**
   * @returns open of the earliest day that is other than at the last call of `reader`, UTC ms; −Infinity at the first,
   *   Infinity when all are the same
   */
  async changedSince(reader: string): Promise<number> {
    await this.refresh();
    const earliest = this.news.get(reader) ?? Number.NEGATIVE_INFINITY;
    this.news.set(reader, Number.POSITIVE_INFINITY);
    return earliest;
  }

  private async refresh(): Promise<void> {
    const storedAreNew = await this.readStored();
    const facts = this.factsNow();
    if (facts !== this.facts) {
      this.factDays = await this.readFacts();
      this.facts = facts;
    } else if (!storedAreNew) return;
    const found = new Map<string, Map<number, CoinDay>>();
    for (const { coin, ts, day } of this.daysByPrecedence()) {
      if (NO_MEMBERS.has(coin)) continue;
      const own = found.get(coin) ?? new Map<number, CoinDay>();
      found.set(coin, own);
      if (!own.has(ts)) own.set(ts, day);
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const coin of new Set([...found.keys(), ...this.coins.keys()])) {
      earliest = Math.min(earliest, firstDifference(this.coins.get(coin), found.get(coin)));
    }
    this.coins.clear();
    for (const [coin, days] of found) this.coins.set(coin, days);
    for (const [reader, known] of this.news) this.news.set(reader, Math.min(known, earliest));
  }

  private *daysByPrecedence(): Generator<DayOf> {
    for (const instrument of [...this.stored.keys()].sort()) {
      for (const day of this.stored.get(instrument)!.values()) if (!day.isPartial) yield day;
    }
    yield* this.factDays;
  }

  /** What tells that the facts are others: size and time of their files, which are written whole. */
  private factsNow(): string {
    return TABLES.map((name) => {
      const found = statSync(this.path(name), { throwIfNoEntry: false });
      return found === undefined ? '' : `${found.size} ${found.mtimeMs}`;
    }).join();
  }

  private path(table: (typeof TABLES)[number]): string {
    return join(this.folder, `${table}.parquet`);
  }

  /** @returns whether a bar of a market that knows a cap may be another */
  private async readStored(): Promise<boolean> {
    const from = Math.min(this.unread, await this.changes.since());
    if (from === Number.POSITIVE_INFINITY) return false;
    this.unread = from;
    const capped = await this.lake.query('bars', { ...COIN_BARS, from }, (relation, run) =>
      run(`SELECT DISTINCT instrument_id FROM ${relation} WHERE market_cap IS NOT NULL AND ts >= ${from}`),
    );
    const known = [...this.stored.keys()];
    const added = capped
      .map((row) => row.instrument_id as string)
      .filter((instrument) => !this.stored.has(instrument));
    const rows = [
      ...(await this.storedRows(known, from)),
      ...(await this.storedRows(added, Number.NEGATIVE_INFINITY)),
    ];
    for (const days of this.stored.values()) {
      for (const ts of days.keys()) if (ts >= from) days.delete(ts);
    }
    for (const row of rows) {
      const instrument = row.day.origin;
      const days = this.stored.get(instrument) ?? new Map<number, StoredDay>();
      this.stored.set(instrument, days);
      days.set(row.ts, row);
    }
    for (const [instrument, days] of this.stored) {
      if (![...days.values()].some(({ day }) => day.cap !== null)) this.stored.delete(instrument);
    }
    this.unread = Number.POSITIVE_INFINITY;
    return known.length > 0 || added.length > 0;
  }

  private async storedRows(instruments: readonly string[], from: number): Promise<readonly StoredDay[]> {
    if (instruments.length === 0) return [];
    const since = from === Number.NEGATIVE_INFINITY ? '' : `AND ts >= ${from}`;
    const rows = await this.lake.query('bars', { ...COIN_BARS, from }, (relation, run) =>
      run(
        `SELECT instrument_id, ts, open, high, low, close, coalesce(quote_volume, volume * close) AS volume, market_cap,
                partial
           FROM ${relation} WHERE instrument_id IN (${instruments.map(quote).join(', ')}) ${since}
          ORDER BY instrument_id, ts`,
      ),
    );
    return rows.map((row) => ({
      coin: parseInstrument(row.instrument_id as string).base.toUpperCase(),
      ts: row.ts as number,
      isPartial: row.partial !== false,
      day: {
        open: row.open as number,
        high: row.high as number,
        low: row.low as number,
        close: row.close as number,
        volume: row.volume as number,
        cap: row.market_cap as number | null,
        origin: row.instrument_id as string,
      },
    }));
  }

  private async readFacts(): Promise<readonly DayOf[]> {
    if (!existsSync(this.path('fact_price')) || !existsSync(this.path('fact_marketcap'))) return [];
    const read = (table: (typeof TABLES)[number]): string => `read_parquet(${quote(this.path(table))})`;
    const volume = existsSync(this.path('fact_volume'))
      ? `LEFT JOIN ${read('fact_volume')} v ON v.asset_id = p.asset_id AND v.date::DATE = p.date::DATE`
      : 'LEFT JOIN (SELECT NULL::DOUBLE AS volume) v ON true';
    const stable = existsSync(this.path('dim_asset'))
      ? `WHERE p.asset_id NOT IN (SELECT asset_id FROM ${read('dim_asset')}
           WHERE coalesce(is_stable, false) OR coalesce(is_wrapped_stable, false))`
      : '';
    const rows = await this.lake.rows(
      `SELECT p.asset_id::VARCHAR AS coin, epoch_ms(p.date::DATE::TIMESTAMP)::DOUBLE AS known, p.close AS close,
              c.marketcap AS cap, v.volume AS volume
         FROM ${read('fact_price')} p
         LEFT JOIN ${read('fact_marketcap')} c ON c.asset_id = p.asset_id AND c.date::DATE = p.date::DATE
         ${volume} ${stable} ORDER BY coin, known`,
    );
    const days: DayOf[] = [];
    let before: { readonly coin: string; readonly known: number; readonly close: number } | undefined;
    for (const row of rows) {
      const [coin, known, close] = [String(row.coin).toUpperCase(), Number(row.known), Number(row.close)];
      if (!(Number.isFinite(close) && close > 0) || (before?.coin === coin && before.known === known))
        continue;
      const open = before?.coin === coin && before.known === known - DAY ? before.close : close;
      const [high, low] = [Math.max(open, close), Math.min(open, close)];
      const cap = row.cap === null ? null : Number(row.cap);
      const volume = Number.isFinite(row.volume) ? Math.max(0, row.volume as number) : 0;
      const day = { open, high, low, close, volume, cap, origin: 'panel' };
      days.push({ coin, ts: known - DAY, day });
      before = { coin, known, close };
    }
    return days;
  }
}

function firstDifference(
  before: ReadonlyMap<number, CoinDay> = new Map(),
  now: ReadonlyMap<number, CoinDay> = new Map(),
): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const ts of new Set([...before.keys(), ...now.keys()])) {
    const [known, found] = [before.get(ts), now.get(ts)];
    // a day that was not read again is the same object
    if (ts < earliest && known !== found && JSON.stringify(known) !== JSON.stringify(found)) earliest = ts;
  }
  return earliest;
}
