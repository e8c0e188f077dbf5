/**
 * Days of listed coins whose capitalisation is known: the members that a bucket has at 1d beside its on-chain tokens
 * (regime spec §7). Two things of a home hold them: stored daily bars with a market cap (an imported panel), and the daily
 * facts of `fetch panel --caps`, whose row of day d is the value at 00:00 of d. Of one coin and day a stored bar counts
 * before facts, of several markets the first by name; coins that are drivers themselves and stablecoins are no members.
 *
 * A day made of facts has two prices, the one it began and the one it ended with: its range is too small, as that of a
 * minute made of price points is (§5). Everything is read anew when a file has changed; a day is news when its values are
 * others, so reading again changes nothing.
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

export class CoinDays {
  /** By coin, then by open of the day, UTC ms. */
  readonly coins = new Map<string, ReadonlyMap<number, CoinDay>>();
  private readonly changes: LakeChanges;
  private readonly folder: string;
  private facts = '';
  /** From when on days are others than at the last look, by who looks. */
  private readonly news = new Map<string, number>();

  constructor(private readonly lake: Lake) {
    this.changes = new LakeChanges(lake, 'bars', { timeframe: '1d' });
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
    const facts = this.factsNow();
    const since = await this.changes.since();
    if (facts === this.facts && since === Number.POSITIVE_INFINITY) return;
    this.facts = facts;
    const found = new Map<string, Map<number, CoinDay>>();
    for (const { coin, ts, ...day } of [...(await this.storedDays()), ...(await this.factDays())]) {
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

  private async storedDays(): Promise<(CoinDay & { coin: string; ts: number })[]> {
    const rows = await this.lake.query('bars', { timeframe: '1d' }, (relation, run) =>
      run(
        `SELECT instrument_id, ts, open, high, low, close, coalesce(quote_volume, volume * close) AS volume, market_cap
           FROM ${relation}
          WHERE NOT starts_with(instrument_id, 'dex:') AND NOT partial AND instrument_id IN (
                SELECT DISTINCT instrument_id FROM ${relation} WHERE market_cap IS NOT NULL)
          ORDER BY instrument_id, ts`,
      ),
    );
    return rows.map((row) => ({
      coin: parseInstrument(row.instrument_id as string).base.toUpperCase(),
      ts: row.ts as number,
      open: row.open as number,
      high: row.high as number,
      low: row.low as number,
      close: row.close as number,
      volume: row.volume as number,
      cap: row.market_cap as number | null,
      origin: row.instrument_id as string,
    }));
  }

  private async factDays(): Promise<(CoinDay & { coin: string; ts: number })[]> {
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
    const days: (CoinDay & { coin: string; ts: number })[] = [];
    let before: { readonly coin: string; readonly known: number; readonly close: number } | undefined;
    for (const row of rows) {
      const [coin, known, close] = [String(row.coin).toUpperCase(), Number(row.known), Number(row.close)];
      if (!(Number.isFinite(close) && close > 0) || (before?.coin === coin && before.known === known))
        continue;
      const open = before?.coin === coin && before.known === known - DAY ? before.close : close;
      const [high, low] = [Math.max(open, close), Math.min(open, close)];
      const cap = row.cap === null ? null : Number(row.cap);
      const volume = Number.isFinite(row.volume) ? Math.max(0, row.volume as number) : 0;
      days.push({ coin, ts: known - DAY, open, high, low, close, volume, cap, origin: 'panel' });
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
    if (ts < earliest && JSON.stringify(before.get(ts)) !== JSON.stringify(now.get(ts))) earliest = ts;
  }
  return earliest;
}
